"""What is printed, and where to: tables that fit, colours, progress."""
