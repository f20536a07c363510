"""The engine of a server process: a release, and its workers in two lanes."""

from __future__ import annotations

import logging
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gob_graph.endpoint.engine import disk_store
from gob_graph.endpoint.engine.admission import Admission
from gob_graph.endpoint.engine.budget import Budget
from gob_graph.endpoint.engine.dispatcher import Lane
from gob_graph.endpoint.engine.job import Formats, Job, Limits, Manner
from gob_graph.endpoint.engine.remote.verdict import cuts, refuse_unchecked
from gob_graph.endpoint.engine.zygote_client import Zygote
from gob_graph.errors import EngineError
from gob_graph.settings import DISK, MEMORY

if TYPE_CHECKING:
    from gob_graph.endpoint.engine.dispatcher import Answer
    from gob_graph.release import Release
    from gob_graph.settings import Settings

LOG = logging.getLogger("gob_graph")
CANARY = """ASK {
    { SELECT * { ?s ?p ?o } LIMIT 1 }
    FILTER EXISTS { ?s ?p ?o }
    FILTER NOT EXISTS { ?s ?p <urn:uuid:00000000-0000-0000-0000-000000000000> }
}"""
"""A query over one row that is true of any graph: an engine that holds nothing, or says yes to everything, fails it."""
HOLDS = 'ASK { GRAPH <%s> { ?edition <http://purl.org/dc/terms/identifier> "%s" } }'
"""The same for an engine that others run: it may be filled anew under way."""
OURSELVES = "page"
"""The client of all page queries in the page lane, of which it may use every worker."""
PAGE_QUEUE = 1000
"""Page queries that may wait."""
CHARGED: ContextVar[str] = ContextVar("charged", default=OURSELVES)
"""The client that the page queries of the current request are charged to; set by the web application."""


@dataclass(frozen=True, slots=True, eq=False)
class Engine:
    """The workers of one release; equal only to itself, so that it can be a key."""

    release: Release
    zygote: Zygote
    public: Lane
    page: Lane
    store: str
    """Where queries are evaluated (the setting)."""
    budget: Budget
    """What each client may use of this server process, older releases included."""

    def ready(self) -> bool:
        """Whether a query is answered now, and rightly.

        Raises:
            RequestError: it is not answered.
        """
        manner = Manner(None, None, Formats("json", "json", "turtle"))
        query = (
            CANARY
            if self.store in {MEMORY, DISK}
            else HOLDS % (self.release.manifest["graphs"]["meta"], self.release.id)
        )
        return self.ask_page(Job(query, manner)).body == b'{"head":{},"boolean":true}'

    def ask_page(self, job: Job, charged: str | None = None) -> Answer:
        """Answer a query of a page; `charged` is the client that its processor time is charged to (None: `CHARGED`).

        Raises:
            RequestError: the engine has no time or room for it now.
        """
        return self.page.answer(job, OURSELVES, charged or CHARGED.get())

    def close(self) -> None:
        """End every process."""
        self.public.close()
        self.page.close()
        self.zygote.close()


def start_engine(
    release: Release, settings: Settings, budget: Budget | None = None, *, make_store: bool = True
) -> Engine:
    """Load the release into a zygote and fork the workers of both lanes.

    With `make_store` its store on disk is made where it is missing and wanted.
    Each job is charged to the budget of its client, however it ended (None: to budgets of this engine alone).

    Raises:
        EngineError: the processes do not start.
    """
    if settings.fault_hook:
        LOG.warning("gob-graph: GOB_GRAPH_FAULT_HOOK=1: queries can end their worker; unset it unless this is a test")
    place = disk_store.place(release, settings.store, make=make_store)
    zygote = Zygote(release.path, place, cuts(settings.release_dir, place))
    try:
        _refuse_other(zygote, release, settings)
    except EngineError:
        zygote.close()
        raise
    limits = Limits(
        settings.query_memory,
        settings.result_limit,
        settings.query_timeout,
        bool(settings.fault_hook),
        settings.normaliser,
    )
    budget = budget or Budget(settings.client_burst, settings.client_share)
    running, waiting = settings.client_running, settings.client_waiting
    admission = Admission(settings.query_workers, settings.queue_wait, running, waiting, budget)
    public = Lane(zygote, limits, admission, budget.charge)
    # A page query waits for others at most as long as it may take itself.
    own = replace(limits, seconds=settings.page_timeout)
    queue = Admission(settings.page_workers, settings.page_timeout, settings.page_workers, PAGE_QUEUE)
    page = Lane(zygote, own, queue, budget.charge)
    public.start()
    page.start()
    return Engine(release, zygote, public, page, place, budget)


def _refuse_other(zygote: Zygote, release: Release, settings: Settings) -> None:
    """Refuse what does not hold the release, or was not checked.

    Raises:
        EngineError: so it is.
    """
    if zygote.loaded != release.id:
        raise EngineError(f"{release.path} holds release {zygote.loaded}, not {release.id}")
    if zygote.engine:
        refuse_unchecked(settings.release_dir, zygote.engine, release.id, settings.accepted_differences)
