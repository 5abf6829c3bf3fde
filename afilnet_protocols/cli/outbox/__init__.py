"""`afilnet outbox`, and what else goes through an outbox: rows of a file."""
