"""`python -m gob_graph` is `gob-graph`."""

from gob_graph.cli import main

main()
