"""Serve the current release: `python server.py`; `create` makes the ASGI application."""

import os

from gob_graph.endpoint.server.supervisor import serve
from gob_graph.endpoint.server_process import create
from gob_graph.settings import from_env

__all__ = ["create"]

if __name__ == "__main__":
    serve(from_env(os.environ))
