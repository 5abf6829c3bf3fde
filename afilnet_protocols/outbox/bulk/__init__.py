"""Files of messages as people have them: CSV and JSON, read and checked as a whole."""
