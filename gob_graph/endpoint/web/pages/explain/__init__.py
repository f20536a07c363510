"""Evidence and rules behind a statement, explained."""
