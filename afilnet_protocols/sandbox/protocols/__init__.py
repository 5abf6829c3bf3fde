"""The five protocols as the service speaks them: each reads a request into a call and writes the outcome."""
