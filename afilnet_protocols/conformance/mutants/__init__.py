"""Backends with one plausible mistake each, and the cases that are to catch them."""
