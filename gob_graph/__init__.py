"""Organisations as knowledge graphs: the pipeline that builds one, and the server that answers from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gob_graph.client import Graph

__version__ = "0.1.0"
__all__ = ["Graph", "__version__"]


def __getattr__(name: str) -> object:
    """`Graph` is imported when it is asked for: the server needs none of its packages."""
    if name == "Graph":
        from gob_graph.client import Graph

        return Graph
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
