"""Answers: from the bytes that come to one that is whole, read at a glance or by h11."""
