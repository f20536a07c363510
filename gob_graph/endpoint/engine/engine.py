"""What a server process holds: the release, its query processes in two lanes, and who asks."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from gob_graph.endpoint.engine.admission import Turns
from gob_graph.endpoint.engine.dispatcher import Lane
from gob_graph.endpoint.engine.worker import Formats, Job, Limits, Manner
from gob_graph.endpoint.engine.worker_handle import Zygote

if TYPE_CHECKING:
    from gob_graph.endpoint.engine.dispatcher import Answer
    from gob_graph.release import Release
    from gob_graph.settings import Settings

CANARY = """ASK {
    { SELECT * { ?s ?p ?o } LIMIT 1 }
    FILTER EXISTS { ?s ?p ?o }
    FILTER NOT EXISTS { ?s ?p <urn:uuid:00000000-0000-0000-0000-000000000000> }
}"""
"""A query over one row that is true of any graph: an engine that holds nothing, or says yes to everything, fails it."""
OURSELVES = "page"
"""The client that our own pages are: in its own lane, with every process of it."""


@dataclass(frozen=True, slots=True, eq=False)
class Engine:
    """Query processes over one release; equal to none but itself, so that what is read once can be kept by it."""

    release: Release
    zygote: Zygote
    public: Lane
    page: Lane

    def ready(self) -> bool:
        """Whether a query is answered now, and rightly.

        Raises:
            RequestError: it is not answered.
        """
        manner = Manner(None, None, Formats("json", "json", "turtle"))
        return self.ask_page(Job(CANARY, manner)).body == b'{"head":{},"boolean":true}'

    def ask_page(self, job: Job) -> Answer:
        """Answer a query of our own."""
        return self.page.answer(job, OURSELVES)

    def close(self) -> None:
        """End every process."""
        self.public.close()
        self.page.close()
        self.zygote.close()


def start_engine(release: Release, settings: Settings) -> Engine:
    """Load the release into a zygote and fork the workers of both lanes.

    Raises:
        EngineError: the processes do not start.
    """
    zygote = Zygote(release.path)
    limits = Limits(settings.query_memory, settings.result_limit, settings.query_timeout)
    turns = Turns(settings.query_workers, settings.queue_wait, settings.client_running, settings.client_waiting)
    public = Lane(zygote, limits, turns)
    # A page may wait for another page, as long as it would take itself.
    own = Limits(settings.query_memory, settings.result_limit, settings.page_timeout)
    page = Lane(zygote, own, Turns(settings.page_workers, settings.page_timeout, settings.page_workers, 1000))
    public.start()
    page.start()
    return Engine(release, zygote, public, page)


@lru_cache(maxsize=4096)
def client_of(remote: str, forwarded: str, trusted: int) -> str:
    """Who asks: the address that the outermost trusted proxy saw; an IPv6 client is its /64 network.

    What a client writes into X-Forwarded-For itself stands left of what the proxies add, and is not believed.
    """
    hops = [hop.strip() for hop in forwarded.split(",") if hop.strip()]
    address = hops[-trusted] if 0 < trusted <= len(hops) else remote
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return remote
    if known.version == 6:
        return str(ipaddress.ip_network(f"{known}/64", strict=False))
    return str(known)
