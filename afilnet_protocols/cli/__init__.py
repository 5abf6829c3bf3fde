"""The command line: `afilnet`."""
