"""What the graph says of one IRI."""
