"""Reads RDF files from elsewhere; an error names file and line."""
