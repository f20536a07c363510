"""A worker process: it evaluates one query at a time and may be killed at any moment.

The zygote forks it with the dataset already loaded. It can open nothing (but a connection, where another engine is
asked), and ends when its parent does. The SPARQL of clients is parsed and evaluated here and nowhere else.
"""

from __future__ import annotations

import json
import os
import time
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NoReturn

from gob_graph.endpoint.engine.confinement import allow_processor_time, confine, peak_memory
from gob_graph.endpoint.engine.dataset import Dataset
from gob_graph.endpoint.engine.evaluation import answer, answered
from gob_graph.endpoint.engine.faults import provoke
from gob_graph.endpoint.engine.job import Job
from gob_graph.endpoint.engine.messages import Message, receive, send
from gob_graph.parent_death import die_with_parent

if TYPE_CHECKING:
    import socket
    from collections.abc import Mapping

    from gob_graph.endpoint.engine.job import Limits
    from gob_graph.endpoint.engine.remote.evaluation import Remote

STACK = 256 * 2**20
"""Bytes of stack for an evaluation: no 64 kB query that was tried overflows it."""
GROWTH = 32 * 2**20
"""A query that took so many bytes leaves them taken (a deep one its stack); the process ends after its answer."""
DESCRIPTORS = 64
"""Files and sockets that a worker may have open which asks another engine."""
RECYCLE_ABOVE = 8 * 2**20
"""A result of so many bytes leaves the process large; it ends after its answer."""


def run(
    connection: socket.socket, dataset: Dataset | Remote, prefixes: Mapping[str, str], limits: Limits, parent: int
) -> NoReturn:
    """Answer jobs until the dispatcher closes the connection, or an answer leaves the process large."""
    die_with_parent(parent)
    outside = not isinstance(dataset, Dataset)
    confine(limits.memory * 2**20, DESCRIPTORS if outside else 0)
    # Where another process evaluates, its time is charged.
    clock = time.monotonic if outside else time.process_time
    most = peak_memory() + GROWTH
    stream = connection.makefile("rb")
    last = False
    while not last:
        try:
            message = receive(stream)
        except EOFError:
            break
        began = clock()
        allow_processor_time(limits.seconds)
        job = Job.decode(message.head, message.body)
        serial = message.serial + (provoke(job.query) if limits.faults else 0)
        said, body = _answer(dataset, job, prefixes, limits)
        last = len(body) > RECYCLE_ABOVE or peak_memory() > most
        usual = "code" not in said and "differs" not in said
        head = _usual(said["kind"], said["format"], last) if usual else json.dumps(said | {"last": last})
        send(connection, Message(serial, head.encode(), body, clock() - began, time.process_time()))
    os._exit(0)


def _answer(
    dataset: Dataset | Remote, job: Job, prefixes: Mapping[str, str], limits: Limits
) -> tuple[dict[str, Any], bytes]:
    if not isinstance(dataset, Dataset):
        return answered(lambda: dataset.evaluate(job, prefixes, limits), job, prefixes, limits)
    return answer(dataset, job, prefixes, limits)


@lru_cache(maxsize=64)
def _usual(kind: str, form: str, last: bool) -> str:  # noqa: FBT001 - a key of the memory
    return json.dumps({"kind": kind, "format": form, "last": last})
