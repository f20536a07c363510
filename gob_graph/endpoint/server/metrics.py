"""The metrics of one server process, in the words of Prometheus: requests, latencies, cache, queue, query processes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from gob_graph import __version__

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from prometheus_client.metrics_core import Metric

    from gob_graph.endpoint.engine.engine import Engine

disable_created_metrics()  # type: ignore[no-untyped-call]
CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
"""Seconds; from an answer of the cache to a query at its limit."""
OTHER = "other"
"""The route of a path that no route begins with; a path is never a label, as clients could make any number of them."""


class Metrics:
    """One registry per application. Requests are noted in the event loop, by one at a time."""

    def __init__(self, engine: Engine, routes: Iterable[str]) -> None:
        """`routes` are the first segments of the paths that are served."""
        self.registry = registry = CollectorRegistry()
        self.unread = 0
        """Bytes of long answers that clients have not read yet."""
        self._routes = frozenset(routes)
        self._known: dict[tuple[str, int], tuple[Counter, Histogram]] = {}
        unread = Gauge("gob_graph_unread_bytes", "Bytes of answers that wait to be read.", registry=registry)
        unread.set_function(lambda: self.unread)
        self._answered = Counter(
            "gob_graph_requests", "Requests answered.", labelnames=("route", "status"), registry=registry
        )
        self._seconds = Histogram(
            "gob_graph_request_seconds", "Time to answer.", labelnames=("route",), buckets=BUCKETS, registry=registry
        )
        cached = Counter(
            "gob_graph_cache",
            "Answers from memory (hit) and from the application (miss).",
            labelnames=("outcome",),
            registry=registry,
        )
        self._hits, self._misses = cached.labels("hit"), cached.labels("miss")
        ProcessCollector(registry=registry)
        registry.register(_Processes(engine))

    def note(self, path: str, status: int, seconds: float, *, fresh: bool) -> str:
        """Count one request; says which route it is counted under."""
        route = path.split("/", 2)[1] if path.startswith("/") else OTHER
        if route not in self._routes:
            route = OTHER
        answered, durations = self._of(route, status)
        answered.inc()
        durations.observe(seconds)
        (self._misses if fresh else self._hits).inc()
        return route

    def _of(self, route: str, status: int) -> tuple[Counter, Histogram]:
        """The metrics of a route and status, looked up once."""
        found = self._known.get((route, status))
        if found is None:
            found = self._answered.labels(route, status), self._seconds.labels(route)
            self._known[route, status] = found
        return found

    def text(self) -> bytes:
        """The exposition."""
        return generate_latest(self.registry)


class _Processes(Collector):
    """The state of the query processes at the moment of asking."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def collect(self) -> Iterator[Metric]:
        """Read what the lanes count anyhow."""
        workers = GaugeMetricFamily("gob_graph_workers", "Query processes.", labels=("lane", "state"))
        waiting = GaugeMetricFamily("gob_graph_queue", "Queries that wait for a process.", labels=("lane",))
        ended = CounterMetricFamily(
            "gob_graph_workers_ended", "Query processes that ended, by reason.", labels=("lane", "reason")
        )
        differences = CounterMetricFamily(
            "gob_graph_normaliser_differences", "Queries whose two forms had different answers.", labels=("lane",)
        )
        for name, lane in (("public", self._engine.public), ("page", self._engine.page)):
            busy = lane.admission.busy
            workers.add_metric((name, "busy"), busy)
            workers.add_metric((name, "idle"), lane.admission.free)
            waiting.add_metric((name,), lane.admission.queued)
            differences.add_metric((name,), lane.differences)
            for reason, count in lane.pool.ended.copy().items():
                ended.add_metric((name, reason), count)
        release = GaugeMetricFamily("gob_graph_release", "The release that is served.", labels=("release", "software"))
        release.add_metric((self._engine.release.id, __version__), 1)
        yield from (workers, waiting, ended, differences, release)
