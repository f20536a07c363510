"""What changed, for machines: LDES, Atom and the list of releases."""
