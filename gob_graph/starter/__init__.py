"""A folder to start a graph of another organisation from: an example, to be replaced."""
