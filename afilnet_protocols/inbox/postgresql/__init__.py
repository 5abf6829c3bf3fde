"""An inbox in PostgreSQL, for processes on several machines."""
