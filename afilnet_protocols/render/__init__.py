"""Catalogue to documents: pure functions that return text."""
