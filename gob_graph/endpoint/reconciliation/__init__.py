"""Reconciliation: which thing of the graph is meant by a name or a number; plain values, no web framework."""
