"""The limits on batches that are matched at once."""

import threading

import pytest

from gob_graph.endpoint.reconciliation.admission import Gate
from gob_graph.errors import RequestError


def test_a_client_has_so_many_and_others_have_room() -> None:
    gate = Gate(size=5, each=1, patience=0)
    with gate.entered("a"):
        with pytest.raises(RequestError) as refused, gate.entered("a"):
            pass
        assert (refused.value.code, refused.value.headers["Retry-After"]) == ("client-busy", "1")
        with gate.entered("b"):
            pass
    with gate.entered("a"):
        pass


def test_without_room_in_time_it_is_busy() -> None:
    gate = Gate(size=1, each=9, patience=0)
    with gate.entered("a"), pytest.raises(RequestError) as refused, gate.entered("b"):
        pass
    assert refused.value.code == "engine-busy"


def test_who_waits_comes_in_when_room_is_made() -> None:
    gate, inside, seen = Gate(size=1, each=9, patience=30), threading.Event(), []

    def wait() -> None:
        inside.set()
        with gate.entered("b"):
            seen.append("b")

    with gate.entered("a"):
        thread = threading.Thread(target=wait)
        thread.start()
        assert inside.wait(10)
        seen.append("a")
    thread.join(30)
    assert seen == ["a", "b"]


def test_a_failure_inside_leaves_the_room() -> None:
    gate = Gate(size=1, each=1, patience=0)
    with pytest.raises(KeyError), gate.entered("a"):
        raise KeyError
    with gate.entered("a"):
        pass
