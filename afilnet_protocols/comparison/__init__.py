"""What a call did, as plain data that can be compared: shared by migration and by the conformance suite."""
