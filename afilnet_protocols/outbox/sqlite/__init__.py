"""An outbox in an SQLite file: its tables, its transactions, and how its workers know of one another."""
