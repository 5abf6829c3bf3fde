"""`Malformed`: an answer that arrived whole and is not what it must be."""

from __future__ import annotations


class Malformed(ValueError):
    """Something in an answer is not what it must be. The text says what and where, without quoting the answer."""
