"""Polling: what is asked of the service, when, and what of its answers is new."""
