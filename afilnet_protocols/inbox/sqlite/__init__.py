"""An inbox in an SQLite file: its tables and its transactions."""
