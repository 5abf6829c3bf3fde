"""How a command ends: its exit code, signals, an interruption, and code of others that would end it."""
