"""Sequences that are drawn: how they begin, what they hold, how they are shortened, what they visited."""
