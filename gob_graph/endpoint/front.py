"""Starts the front (`server_process`), tied to the main process before the imports that take long.

Arguments: as `server_process.main`.
"""

from __future__ import annotations

import runpy
import sys

from gob_graph.parent_death import die_with_parent

if __name__ == "__main__":
    die_with_parent(int(sys.argv[3]))
    runpy.run_module("gob_graph.endpoint.server_process", run_name="__main__")
