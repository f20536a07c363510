"""What the pages know of all things of a release: names, classes, lists in order; read from one file beside it."""
