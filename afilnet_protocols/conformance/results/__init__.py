"""How cases end: outcomes, findings, failures of one cause, and what a whole run means."""
