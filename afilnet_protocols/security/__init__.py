"""What keeps a deployment at its level: secrets that do not show, levels, policy, redaction, file addresses."""
