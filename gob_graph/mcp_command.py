"""The command `mcp`: the graph for agents, by stdio or streamable HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gob_graph.errors import GobGraphError

if TYPE_CHECKING:
    from gob_graph.settings import Settings


@click.command()
@click.option("--source", default=None, help="Server (http://…) or folder of a release; default: the current release.")
@click.option("--http", "by_http", is_flag=True, help="Streamable HTTP at /mcp instead of stdio.")
@click.option("--host", default="127.0.0.1", help="With --http: address to listen on.")
@click.option("--port", default=8001, type=click.IntRange(1, 65535), help="With --http: port to listen on.")
@click.pass_obj
def mcp(settings: Settings, *, source: str | None, by_http: bool, host: str, port: int) -> None:
    """Offer the graph to agents by the Model Context Protocol.

    With --http requests are answered for the host of GOB_GRAPH_SERVICE_URL and for loopback only, and those of a web
    page only from these origins.
    """
    try:
        from gob_graph.agents.server import http_app, make_server
        from gob_graph.client.graph import Graph
    except ImportError as error:
        raise GobGraphError(f"{error.name} is not installed; pip install 'gob-graph[mcp]'") from error
    with Graph(source or settings.release_dir) as graph:
        server = make_server(graph)
        if not by_http:
            server.run("stdio")
            return
        import uvicorn

        uvicorn.run(http_app(server, settings.service_url, host, port), host=host, port=port, log_level="warning")
