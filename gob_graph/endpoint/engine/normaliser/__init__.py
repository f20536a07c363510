"""Rewrites queries, by laws of the SPARQL algebra, to forms that the engine evaluates rightly and fast.

One module per law, each with its proof, an example and the cases that it leaves alone. What the parser does not know
goes through as it is written.
"""
