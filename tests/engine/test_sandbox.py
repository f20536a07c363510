"""Commands that read files of others end in exit 2 and one sentence, whatever happens to the process that reads.

No file here is hostile: the fault hook has the effects of such files (dying by a signal, as after an overflow of the native
stack; filling the memory; burning the processor; hanging; overflowing Python's stack).
"""

import gzip
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gob_graph.sandbox import FAULT, FAULTS, Limits, run
from tests.conftest import LONG, until, workers
from tests.parts import ROOT

SAID = {
    "signal": "ended by SIGSEGV",
    "memory": "needs more memory than it may take; raise GOB_GRAPH_COMMAND_MEMORY",
    "processor": "stopped after 1 s; raise GOB_GRAPH_COMMAND_SECONDS",
    "hang": "stopped after 1 s; raise GOB_GRAPH_COMMAND_SECONDS",
    "nesting": "is nested too deeply",
    "error": "unexpected IndexError",
}
STOPPED = {"processor", "hang"}
"""Faults that only the limit of time ends; the others may take their time on a busy machine."""
LIMITS = {"GOB_GRAPH_COMMAND_MEMORY": "96"}
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


def gob_graph(arguments: list[str], **variables: str) -> subprocess.CompletedProcess[str]:
    """The finished command."""
    return subprocess.run(
        [sys.executable, "-m", "gob_graph", *arguments],
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=False,
        timeout=LONG,
    )


@pytest.mark.parametrize("name", ["validate", "verify", "patch", "query"])
@pytest.mark.parametrize("fault", SAID)
def test_whatever_happens_is_one_sentence_and_exit_2(tmp_path: Path, name: str, fault: str) -> None:
    seconds = "1" if fault in STOPPED else "100"
    done = gob_graph(command(name, tmp_path), **LIMITS, GOB_GRAPH_COMMAND_SECONDS=seconds, **{FAULT: fault})
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("gob-graph: ")
    assert SAID[fault] in done.stderr


def test_every_fault_of_the_hook_is_tested() -> None:
    assert SAID.keys() == FAULTS.keys()


def test_an_unknown_fault_is_none_and_no_setting_reaches_the_hook(tmp_path: Path) -> None:
    done = gob_graph(command("validate", tmp_path), **{FAULT: "no such fault"})
    assert done.returncode == 0
    listed = gob_graph(["settings"])
    assert FAULT not in listed.stdout
    assert FAULT not in (ROOT / "README.md").read_text(encoding="utf-8")


def test_memory_is_held_at_the_limit(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "gob_graph", *command("validate", tmp_path)],
        env=os.environ | LIMITS | {FAULT: "memory"},
        stderr=subprocess.DEVNULL,
    )
    # What this process and those that it waited for had at most; no other test counts.
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 2
    assert used.ru_maxrss >> 10 < 1024


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
    child = os.pidfd_open(until(lambda: workers(process.pid))[0])
    try:
        process.send_signal(signal.SIGKILL)
        process.wait(LONG)
        assert ended(child)
    finally:
        os.close(child)


def ended(child: int) -> bool:
    poll = select.poll()
    poll.register(child, select.POLLIN)
    return bool(poll.poll(LONG * 1000))


def test_a_packed_file_is_not_unpacked_beyond_the_limit(tmp_path: Path) -> None:
    data = tmp_path / "data.ttl.gz"
    data.write_bytes(gzip.compress(b"#" * (3 << 20)))
    arguments = ["validate", str(data), "--shapes", command("validate", tmp_path)[3]]
    done = gob_graph(arguments, GOB_GRAPH_FILE_LIMIT="1")
    assert done.returncode == 2
    assert "is larger than 1 MiB unpacked" in done.stderr
    assert gob_graph(arguments).returncode == 0
