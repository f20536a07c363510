"""Search: the texts of a release in an index, and what a search means by them."""
