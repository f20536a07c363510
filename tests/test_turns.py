"""Whose query runs next."""

import threading
import time

import pytest

from gob_graph.endpoint.turns import Turns
from gob_graph.errors import RequestError


def test_no_more_run_than_there_are_turns_and_nothing_is_lost() -> None:
    turns = Turns(size=3, wait=20, running_each=2, waiting_each=160)
    now, most, done = [], [0, 0], []
    lock = threading.Lock()

    def work(client: str) -> None:
        turns.enter(client)
        with lock:
            now.append(client)
            most[0] = max(most[0], len(now))
            most[1] = max(most[1], now.count(client))
        time.sleep(0.003)
        with lock:
            now.remove(client)
            done.append(client)
        turns.leave(client)

    threads = [threading.Thread(target=work, args=(f"client {n % 2}",)) for n in range(160)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) == 160
    assert most == [3, 2]
    assert (turns.lent, dict(turns.running), dict(turns.waiting)) == (0, {}, {})


def test_who_waits_too_long_is_told_whose_fault_it_is() -> None:
    turns = Turns(size=2, wait=0.05, running_each=1, waiting_each=1)
    turns.enter("a")
    with pytest.raises(RequestError) as mine:
        turns.enter("a")
    turns.enter("b")
    with pytest.raises(RequestError) as all_busy:
        turns.enter("c")
    assert (mine.value.code, all_busy.value.code) == ("client-busy", "engine-busy")
    assert mine.value.headers["Retry-After"] == all_busy.value.headers["Retry-After"] == "1"
    turns.leave("a")
    turns.leave("b")
    assert (turns.lent, dict(turns.running), dict(turns.waiting)) == (0, {}, {})


def test_a_full_queue_of_one_client_refuses_at_once_and_leaves_others_alone() -> None:
    turns = Turns(size=4, wait=5, running_each=1, waiting_each=0)
    turns.enter("a")
    began = time.monotonic()
    with pytest.raises(RequestError, match="client-busy"):
        turns.enter("a")
    assert time.monotonic() - began < 1
    turns.enter("b")
    assert turns.lent == 2


def test_turns_are_given_in_the_order_of_asking() -> None:
    turns = Turns(size=1, wait=5, running_each=1, waiting_each=5)
    turns.enter("first")
    order: list[str] = []

    def work(client: str) -> None:
        turns.enter(client)
        order.append(client)
        turns.leave(client)

    threads = []
    for client in ("b", "c", "d"):
        threads.append(threading.Thread(target=work, args=(client,)))
        threads[-1].start()
        while not turns.waiting[client]:
            time.sleep(0.001)
    turns.leave("first")
    for thread in threads:
        thread.join()
    assert order == ["b", "c", "d"]
