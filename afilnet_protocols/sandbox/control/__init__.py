"""The control endpoint, for programs in any language."""
