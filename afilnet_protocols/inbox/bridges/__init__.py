"""Handlers in other programs: a command for each message, or an address that each message is posted to."""
