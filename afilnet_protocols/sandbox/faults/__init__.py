"""Everything that can be made to go wrong, by name, and what is armed."""
