"""What a newcomer meets who points the client at the wrong place, and what the commands say about it."""
