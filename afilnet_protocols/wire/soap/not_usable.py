"""What is raised for a description that cannot be used."""


class NotUsable(ValueError):
    """A description cannot be used. The text says why, in our words."""


class LacksCredentials(NotUsable):
    """A request has no place for user or password, as far as its body goes."""
