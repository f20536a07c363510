"""The Gewestelijke Overheidsdienst Brussel as a knowledge graph, and the software that serves it."""

__version__ = "0.1.0"
