"""The zygote: one single-threaded process that loads the release once and forks a worker whenever it is asked.

It is started by exec, so that nothing ever forks with threads; speaks with the front over a SEQPACKET socket, and ends
when that socket does. Requests are JSON: ``{"fork": {limits}}`` gives a pid with a socket for answers, both ends of one
for jobs, and a pidfd (SCM_RIGHTS), ``{"reap": pid}`` tells what ended a worker.
"""

from __future__ import annotations

import array
import gc
import json
import os
import re
import signal
import socket
import sys
from pathlib import Path
from typing import NoReturn

import pyoxigraph as ox

from gob_graph.endpoint.engine import worker
from gob_graph.endpoint.engine.kernel import far, keep_to
from gob_graph.release import open_release

MESSAGE = 65536
JOBS = 2**18
"""Bytes of jobs that may wait for a process to take them."""
_GRAPH = re.compile(rb" <[^<>\s]*> \.\n")


def load(dataset: Path) -> worker.Stores:
    """The stores of a release: each quad in its named graph, and its triple in the default graph as well.

    So the default graph is the union of the layers without the engine's union flag, which would ignore FROM and count a
    triple twice that stands in two graphs.
    """
    whole, union = ox.Store(), ox.Store()
    quads = dataset.read_bytes()
    # As text: objects for the terms take longer, and memory that never comes back. A line ends with its graph.
    triples = _GRAPH.sub(b" .\n", quads)
    union.bulk_load(input=triples, format=ox.RdfFormat.N_TRIPLES)
    whole.bulk_load(input=quads, format=ox.RdfFormat.N_QUADS)
    whole.bulk_load(input=triples, format=ox.RdfFormat.N_TRIPLES)
    return worker.Stores(whole, union)


def main() -> NoReturn:
    """Arguments: the descriptor of the socket, the folder of the release."""
    # Ctrl-C reaches the whole group; the front decides, and this process ends with it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    control = socket.socket(fileno=int(sys.argv[1]))
    release = open_release(Path(sys.argv[2]), verify=False)
    stores = load(release.dataset)
    prefixes = dict(release.manifest["prefixes"])
    _warm(stores, prefixes)
    # A worker shares these pages as long as nobody writes to them, and a collection writes to all that it looks at.
    gc.collect()
    gc.freeze()
    everywhere = os.sched_getaffinity(0)
    keep_to(far(everywhere), 0)
    control.send(json.dumps({"ready": len(stores.union)}).encode())
    while True:
        try:
            message = control.recv(MESSAGE)
        except ConnectionResetError:
            break
        if not message:
            break
        request = json.loads(message)
        if "reap" in request:
            control.send(json.dumps(_reap(int(request["reap"]))).encode())
        else:
            _fork(control, everywhere, stores, prefixes, worker.Limits(**request["fork"]))
    os._exit(0)


def _warm(stores: worker.Stores, prefixes: dict[str, str]) -> None:
    """Import and initialise all that an evaluation needs: a worker can open no file."""
    for query, kind in (
        ("SELECT * { ?s ?p ?o } LIMIT 1", "bindings"),
        ("CONSTRUCT WHERE { ?s ?p ?o } LIMIT 1", "graph"),
        ("ASK {}", "boolean"),
        ("ASK { GRAPH ?g {} }", "boolean"),
    ):
        job = worker.Job(query, worker.Manner(None, None, worker.Formats("json", "json", "turtle")))
        meta, _ = worker.evaluate(stores, job, prefixes, 2**20)
        assert meta["kind"] == kind  # noqa: S101


def _fork(
    control: socket.socket,
    processors: set[int],
    stores: worker.Stores,
    prefixes: dict[str, str],
    limits: worker.Limits,
) -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    give, take = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    give.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, JOBS)
    parent = os.getpid()
    pid = os.fork()
    if pid == 0:
        for end in (ours, give, control):
            end.close()
        worker.run(theirs, take, processors, stores, prefixes, limits, parent)
    theirs.close()
    handle = os.pidfd_open(pid)
    rights = array.array("i", [ours.fileno(), give.fileno(), take.fileno(), handle])
    control.sendmsg([json.dumps({"pid": pid}).encode()], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])
    for end in (ours, give, take):
        end.close()
    os.close(handle)


def _reap(pid: int) -> dict[str, int]:
    """What ended a worker: the number of a signal, or its exit code; waits, as the front saw it end or killed it."""
    try:
        _, status = os.waitpid(pid, 0)
    except ChildProcessError:
        return {"signal": 0, "exit": 0}
    if os.WIFSIGNALED(status):
        return {"signal": os.WTERMSIG(status), "exit": 0}
    return {"signal": 0, "exit": os.WEXITSTATUS(status)}


if __name__ == "__main__":
    main()
