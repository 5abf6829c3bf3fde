"""SOAP and its descriptions: calls are written and answers read, without I/O."""
