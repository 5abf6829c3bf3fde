"""TLS: its context, its handshakes and what they leave for the next one, and the socket that speaks it."""
