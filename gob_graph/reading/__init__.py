"""RDF files that somebody else wrote, read with the place of what is wrong in them."""
