"""What is held to the contract: backends, programs, live services, and the world around each."""
