"""An outbox in PostgreSQL, for workers on any number of machines."""
