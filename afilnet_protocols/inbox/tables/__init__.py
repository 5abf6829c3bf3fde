"""The tables of an inbox, and the statements over them that SQLite and PostgreSQL both know."""
