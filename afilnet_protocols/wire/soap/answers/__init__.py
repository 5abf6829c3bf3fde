"""What a service answered, from the bytes of an envelope to its values."""
