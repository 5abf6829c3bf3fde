"""What is raised for a description that cannot be used."""


class NotUsable(ValueError):
    """A description cannot be used. The text says why, in our words."""
