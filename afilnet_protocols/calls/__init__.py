"""The life of a call, above any protocol: its attempts, the pauses between them, and what became of a lost one."""
