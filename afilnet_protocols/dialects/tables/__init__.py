"""What a service may do where the vendor leaves it open, by what it is about. Sources: see `dimensions`."""
