"""Commands that read files of others end in exit 2 and one sentence, whatever happens to the process that reads.

No file here is hostile: the fault hook has the effects of such files (dying by a signal, as after an overflow of the native
stack; filling the memory; burning the processor; hanging; overflowing Python's stack).
"""

import gzip
import os
import resource
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from benchmarks.machine import children
from gob_graph.sandbox import FAULT, FAULTS, Limits, run
from tests.parts import ROOT

SAID = {
    "signal": "ended by SIGSEGV",
    "memory": "needs more memory than it may take; raise GOB_GRAPH_COMMAND_MEMORY",
    "processor": "stopped after 1 s; raise GOB_GRAPH_COMMAND_SECONDS",
    "hang": "stopped after 1 s; raise GOB_GRAPH_COMMAND_SECONDS",
    "nesting": "is nested too deeply",
    "error": "unexpected IndexError",
}
LIMITS = {"GOB_GRAPH_COMMAND_MEMORY": "96", "GOB_GRAPH_COMMAND_SECONDS": "1"}
DATA = "<urn:a:a> a <urn:a:C> .\n"
SHAPES = """@prefix sh: <http://www.w3.org/ns/shacl#> .
<urn:a:S> a sh:NodeShape ; sh:targetClass <urn:a:C> ; sh:nodeKind sh:IRI .
"""


def command(name: str, folder: Path) -> list[str]:
    data, shapes, question = folder / "data.ttl", folder / "shapes.ttl", folder / "question.rq"
    data.write_text(DATA, encoding="utf-8")
    shapes.write_text(SHAPES, encoding="utf-8")
    question.write_text("ASK {}", encoding="utf-8")
    return {
        "validate": ["validate", str(data), "--shapes", str(shapes)],
        "verify": ["verify", str(data)],
        "patch": ["patch", str(data), "--apply-to", str(data)],
        "query": ["query", str(question)],
    }[name]


def gob_graph(arguments: list[str], **variables: str) -> tuple[subprocess.CompletedProcess[str], int]:
    """The finished command, and the most memory (MiB) that it and its children ever had."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    done = subprocess.run(
        [sys.executable, "-m", "gob_graph", *arguments],
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return done, max(before, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) >> 10


@pytest.mark.parametrize("name", ["validate", "verify", "patch", "query"])
@pytest.mark.parametrize("fault", SAID)
def test_whatever_happens_is_one_sentence_and_exit_2(tmp_path: Path, name: str, fault: str) -> None:
    done, _ = gob_graph(command(name, tmp_path), **LIMITS, **{FAULT: fault})
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("gob-graph: ")
    assert SAID[fault] in done.stderr


def test_every_fault_of_the_hook_is_tested() -> None:
    assert SAID.keys() == FAULTS.keys()


def test_an_unknown_fault_is_none_and_no_setting_reaches_the_hook(tmp_path: Path) -> None:
    done, _ = gob_graph(command("validate", tmp_path), **{FAULT: "no such fault"})
    assert done.returncode == 0
    listed, _ = gob_graph(["settings"])
    assert FAULT not in listed.stdout
    assert FAULT not in (ROOT / "README.md").read_text(encoding="utf-8")


def test_memory_is_held_at_the_limit(tmp_path: Path) -> None:
    _, largest = gob_graph(command("validate", tmp_path), **LIMITS, **{FAULT: "memory"})
    assert largest < 1024


def test_a_native_library_that_aborts_leaves_no_words_of_its_own(capfd: pytest.CaptureFixture[str]) -> None:
    def abort() -> None:
        os.write(2, b"memory allocation of 123 bytes failed\n")
        os.abort()

    assert run(abort, Limits(64, 10)) == 2
    assert capfd.readouterr().err.startswith("gob-graph: the reading process was ended by SIGABRT")


def test_streams_and_exit_codes_are_those_of_the_work(capfd: pytest.CaptureFixture[str]) -> None:
    def work() -> None:
        sys.stdout.write("an answer\n")
        sys.stderr.write("a note\n")
        sys.exit(1)

    assert run(work, Limits(64, 10)) == 1
    assert capfd.readouterr() == ("an answer\n", "a note\n")
    assert run(lambda: None, Limits(64, 10)) == 0


def test_the_child_ends_with_its_parent(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "gob_graph", *command("validate", tmp_path)], env=os.environ | {FAULT: "hang"}
    )
    deadline = time.monotonic() + 30
    while not (found := children(process.pid)):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    child = os.pidfd_open(found[0])
    try:
        process.send_signal(signal.SIGKILL)
        process.wait(10)
        assert ended(child)
    finally:
        os.close(child)


def ended(child: int) -> bool:
    poll = select.poll()
    poll.register(child, select.POLLIN)
    return bool(poll.poll(10_000))


def test_a_packed_file_is_not_unpacked_beyond_the_limit(tmp_path: Path) -> None:
    data = tmp_path / "data.ttl.gz"
    data.write_bytes(gzip.compress(b"#" * (3 << 20)))
    arguments = ["validate", str(data), "--shapes", command("validate", tmp_path)[3]]
    done, _ = gob_graph(arguments, GOB_GRAPH_FILE_LIMIT="1")
    assert done.returncode == 2
    assert "is larger than 1 MiB unpacked" in done.stderr
    assert gob_graph(arguments)[0].returncode == 0
