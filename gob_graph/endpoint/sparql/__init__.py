"""The SPARQL protocol on plain values."""
