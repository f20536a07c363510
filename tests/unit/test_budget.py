"""What each client may use, and who is served first when it is used up."""

import asyncio

import pytest

from gob_graph.endpoint.engine import budget
from gob_graph.endpoint.engine.admission import Admission, Pending
from gob_graph.endpoint.engine.budget import Budget
from gob_graph.errors import RequestError
from tests.loops import go_timeless


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_what_is_used_is_refilled_at_the_share() -> None:
    clock = Clock()
    found = Budget(burst=10, share=0.5, clock=clock)
    found.charge("a", 8)
    assert found.wait("a") == 0
    found.charge("a", 3)
    assert found.wait("a") == 2, "1 second too much, at half a processor"
    assert found.wait("b") == 0
    clock.now += 1
    assert found.wait("a") == 1
    clock.now += 1
    assert found.wait("a") == 0
    clock.now += 1000
    found.charge("a", 10)
    assert found.wait("a") == 0, "nobody saves more than the burst"
    found.charge("a", 0.5)
    assert found.wait("a") == 1


def test_a_refusal_says_when_to_come_back() -> None:
    found = Budget(burst=1, share=0.5, clock=Clock())
    found.charge("a", 2.2)
    refusal = found.refusal("a")
    assert (refusal.status, refusal.code, refusal.headers["Retry-After"]) == (429, "client-budget", "3")


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "REMEMBERED", 10)
    found = Budget(burst=1, share=0.5, clock=Clock())
    for number in range(1000):
        found.charge(f"client {number}", 5)
    assert len(found._used) == 10
    assert found.wait("client 999") > 0


def places(admission: Admission) -> list[asyncio.Future[Pending | None]]:
    return [admission.take() for _ in range(admission.size)]


def entered(admission: Admission, client: str) -> Pending:
    pending = Pending(b"", b"", client, asyncio.get_running_loop().create_future(), client)
    admission.enter(pending)
    return pending


def served(offered: list[asyncio.Future[Pending | None]]) -> list[str]:
    return sorted(pending.client for place in offered if place.done() and (pending := place.result()))


def over_budget(*clients: str) -> Budget:
    found = Budget(burst=1, share=0.001, clock=Clock())
    for client in clients:
        found.charge(client, 100)
    return found


def test_a_client_over_its_budget_has_every_worker_when_it_is_alone() -> None:
    async def alone() -> list[str]:
        admission = Admission(3, 1, 3, 3, over_budget("a"))
        offered = places(admission)
        for _ in range(3):
            entered(admission, "a")
        return served(offered)

    assert go_timeless(alone()) == ["a", "a", "a"]


def test_clients_over_their_budgets_leave_a_worker_to_others() -> None:
    async def several() -> tuple[list[str], list[str], str]:
        admission = Admission(3, 1, 3, 3, over_budget("a", "b"))
        offered = places(admission)
        waiting = [entered(admission, client) for client in "ab" for _ in range(2)]
        before = served(offered)
        entered(admission, "new")
        after = served(offered)
        with pytest.raises(RequestError) as refused:
            await waiting[-1].reply
        await asyncio.wait([pending.reply for pending in waiting[2:]], timeout=2)
        assert all(pending.reply.exception() for pending in waiting[2:])
        return before, after, refused.value.code

    before, after, code = go_timeless(several())
    assert before == ["a", "a"]
    assert after == ["a", "a", "new"]
    assert code == "client-budget"


def test_others_come_first_in_the_queue() -> None:
    async def queue() -> list[str]:
        admission = Admission(1, 1, 2, 2, over_budget("a"))
        (first,) = places(admission)
        running = entered(admission, "z")
        assert first.done()
        entered(admission, "a")
        entered(admission, "b")
        admission.finish(running)
        return served(places(admission))

    assert go_timeless(queue()) == ["b"]
