"""What the service knows: accounts, conversations, tokens, its clock, and the journal of calls."""
