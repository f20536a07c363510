"""Serve the current release: `python server.py`; for another WSGI server, `create` is the application factory."""

import os

from gob_graph.endpoint.server.supervisor import serve
from gob_graph.endpoint.server_process import create
from gob_graph.settings import from_env

__all__ = ["create"]

if __name__ == "__main__":
    serve(from_env(os.environ))
