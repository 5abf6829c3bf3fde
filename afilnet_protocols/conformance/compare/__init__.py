"""Whether an application would notice a change of protocol: the same calls on two sides, and what differs."""
