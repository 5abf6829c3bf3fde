"""Moving from one protocol to another: compare before, shadow meanwhile, and hand over a share at a time."""
