"""From Turtle to a release. Start reading at `build`: the way, in the order it happens."""
