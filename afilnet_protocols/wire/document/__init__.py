"""What the document of an answer says, in whatever form it came: its records, and for or against success."""
