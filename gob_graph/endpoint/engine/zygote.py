"""The zygote: one single-threaded process that loads the release once and forks a worker whenever it is asked.

It is started by exec, so that nothing ever forks with threads; it speaks with its client over a SEQPACKET socket, and
ends when that socket is closed. Requests are JSON with a serial number, which the reply repeats: ``{"fork": {limits}}``
gives a pid with a socket and a pidfd, ``{"reap": pid}`` the end of a worker and the processor seconds of its life.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import socket
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from gob_graph.endpoint.engine import worker
from gob_graph.endpoint.engine.confinement import ensure_stack
from gob_graph.endpoint.engine.dataset import Dataset, load
from gob_graph.endpoint.engine.disk_store import opened
from gob_graph.endpoint.engine.evaluation import evaluate
from gob_graph.endpoint.engine.job import Formats, Job, Limits, Manner
from gob_graph.endpoint.engine.normaliser.prepared import PreparedAnswers
from gob_graph.endpoint.engine.prepared import PreparedError
from gob_graph.errors import EngineError
from gob_graph.release import open_release
from gob_graph.settings import DISK, HERE, MEMORY
from gob_graph.statistics import read_statistics

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gob_graph.endpoint.engine.remote.evaluation import Remote
    from gob_graph.release import Release

MESSAGE = 65536
"""Bytes of the largest request or reply."""


def main() -> NoReturn:
    """Arguments: the descriptor of the socket, the folder of the release."""
    ensure_stack(worker.STACK)
    # Ctrl-C reaches the whole process group; the server process decides, and this process ends with it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    control = socket.socket(fileno=int(sys.argv[1]))
    release = open_release(Path(sys.argv[2]), verify=False)
    prefixes = dict(release.manifest["prefixes"])
    # The first message, for no other process is to read the password that may stand in an address.
    asked = _receive(control)
    try:
        dataset, told = _open(asked.get("store", MEMORY), release, prefixes, asked.get("cuts", {}))
    except EngineError as error:
        control.send(json.dumps({"fault": str(error)}).encode())
        os._exit(1)
    # Pages are shared with the workers until they are written to, and a collection writes to every object.
    gc.collect()
    gc.freeze()
    engine = "" if isinstance(dataset, Dataset) else dataset.url
    control.send(json.dumps({"ready": release.id, "told": told, "engine": engine}).encode())
    while request := _receive(control):
        if "reap" in request:
            reply = {"serial": request["serial"], **_reap(int(request["reap"]))}
            control.send(json.dumps(reply).encode())
        else:
            _fork(control, request["serial"], dataset, prefixes, Limits(**request["fork"]))
    os._exit(0)


def _open(
    store: str, release: Release, prefixes: Mapping[str, str], cuts: Mapping[str, int]
) -> tuple[Dataset | Remote, str]:
    """The data of a release, or the engine of the setting that holds it; ready for evaluation in forked processes.

    Returns: with it what is to be told; empty: nothing.

    Raises:
        EngineError: no engine holds it.
    """
    if store not in HERE:
        # Imported here: the client distribution evaluates in its own processes, without the packages that this needs.
        from gob_graph.endpoint.engine.remote.opening import open_remote

        _warm(load(b""), prefixes)
        return open_remote(store, release, cuts), ""
    dataset, told = _from_disk(release) if store == DISK else (load(release.dataset.read_bytes()), "")
    _warm(dataset, prefixes)
    return dataset._replace(prepared=PreparedAnswers(read_statistics(release))), told


def _from_disk(release: Release) -> tuple[Dataset, str]:
    """The dataset of a release from its store on disk, if that can be read; else in memory, and the reason."""
    # The engine starts threads, which have nothing to do for a store that is never written: they hold no lock.
    warnings.filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)
    try:
        return opened(release), ""
    except PreparedError as error:
        return load(release.dataset.read_bytes()), f"{error}; the graph is held in memory until the next start"


def _receive(control: socket.socket) -> dict[str, Any]:
    """The next request; empty when the client is gone."""
    try:
        message = control.recv(MESSAGE)
    except ConnectionResetError:
        return {}
    return dict(json.loads(message)) if message else {}


def _warm(dataset: Dataset, prefixes: Mapping[str, str]) -> None:
    """Import and initialise all that an evaluation needs: a worker can open no file."""
    for query, kind in (
        ("SELECT * { ?s ?p ?o } LIMIT 1", "bindings"),
        ("SELECT ?s { ?s <urn:a>|<urn:b> ?o }", "bindings"),
        ("CONSTRUCT WHERE { ?s ?p ?o } LIMIT 1", "graph"),
        ("ASK {}", "boolean"),
        ("ASK { GRAPH ?g {} }", "boolean"),
    ):
        job = Job(query, Manner(None, None, Formats("json", "json", "turtle")))
        meta, _ = evaluate(dataset, job, prefixes, 2**20)
        assert meta["kind"] == kind  # noqa: S101


def _fork(
    control: socket.socket, serial: int, dataset: Dataset | Remote, prefixes: Mapping[str, str], limits: Limits
) -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    parent = os.getpid()
    pid = os.fork()
    if pid == 0:
        ours.close()
        control.close()
        worker.run(theirs, dataset, prefixes, limits, parent)
    theirs.close()
    handle = os.pidfd_open(pid)
    socket.send_fds(control, [json.dumps({"serial": serial, "pid": pid}).encode()], [ours.fileno(), handle])
    ours.close()
    os.close(handle)


def _reap(pid: int) -> dict[str, float]:
    """Wait for the end of a worker that is known to end: a signal or an exit code, and its processor seconds."""
    try:
        _, status, used = os.wait4(pid, 0)
    except ChildProcessError:
        return {"signal": 0, "exit": 0, "seconds": 0.0}
    seconds = used.ru_utime + used.ru_stime
    if os.WIFSIGNALED(status):
        return {"signal": os.WTERMSIG(status), "exit": 0, "seconds": seconds}
    return {"signal": 0, "exit": os.WEXITSTATUS(status), "seconds": seconds}


if __name__ == "__main__":
    main()
