"""The process that calls are made in: its forks, its interruptions, what it runs short of, and what is around it."""
