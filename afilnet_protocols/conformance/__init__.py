"""The contract that every backend and every service is held to."""
