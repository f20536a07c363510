"""SHACL validation with pySHACL, on terms that pyoxigraph parsed."""
