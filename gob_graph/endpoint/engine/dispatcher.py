"""The front's side of the query processes: hand out a worker, watch the time, kill, replace.

Lanes keep the pages answering while public queries are stuck. Within a lane a client has at most so many queries
running and so many waiting; who waits too long is refused with 429 (own queue) or 503 (all processes busy).

A job waits in the line of a process that is at another one, so that the process finds it there when it has ended that:
otherwise it would sleep between two short jobs, and the front as well (docs/decisions/0010).

A lane lives in one event loop: that of the server, or a loop of its own where there is none (`Lane.answer`).
"""

from __future__ import annotations

import asyncio
import json
import threading
from dataclasses import dataclass, field
from functools import cache, lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from gob_graph.endpoint.engine.admission import Asked
from gob_graph.endpoint.engine.awake import Awake
from gob_graph.endpoint.engine.exit_reason import reason_of, told
from gob_graph.endpoint.engine.kernel import packed
from gob_graph.endpoint.engine.process_pool import Crew
from gob_graph.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gob_graph.endpoint.engine.exit_reason import Reason
    from gob_graph.endpoint.engine.worker import Job
    from gob_graph.endpoint.engine.worker_handle import Worker
    from gob_graph.formats import Kind


POLITE_AFTER = 0.05
"""Seconds after which a job steps back behind the short ones: its thread, not its process."""
ASIDE_AFTER = 0.5
"""Seconds after which a job leaves one processor to short ones; where there are some, it does so when it steps back."""
BRISK = 1.0
"""Seconds for which there are some after one of them."""
WATCH_EVERY = 0.02
"""Seconds between two looks at the processes that have a job."""
LINE = 4
"""Jobs in the line of one worker, the running one included."""
SOON = 0.001
"""Seconds within which most jobs end. Behind one that has run for longer nothing waits that another can do."""
ABANDONED = 0.5
"""Seconds that a job may go on when its client has gone."""
ARRIVAL = 1.0
"""Seconds that the rest of an answer may take when the time is up: all of it is in the worker's memory by then."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole result: its kind, the short name of its format, and the document."""

    kind: Kind
    format: str
    body: bytes


@dataclass(slots=True)
class Lane(Crew):
    """Workers for one kind of work, and who may use them."""

    _watching: asyncio.TimerHandle | None = None
    _awake: Awake = field(default_factory=Awake)
    _brisk: float = -BRISK
    """When a job last ended that had not stepped back."""
    _later: asyncio.TimerHandle | None = None
    """Set while something stands behind a job, to look whether that has ended."""

    def __post_init__(self) -> None:
        """Be the one who is told what has waited too long."""
        self.turns.impatient = self._refuse

    def answer(self, job: Job, client: str) -> Answer:
        """`ask` for whoever is in a thread, not in the loop."""
        if self.loop is None:
            self.loop = background()
        return asyncio.run_coroutine_threadsafe(self.ask(job, client), self.loop).result()

    async def ask(self, job: Job, client: str) -> Answer:
        """Evaluate a job; when its worker dies of someone else's doing, it is tried once more.

        Raises:
            RequestError: the query is wrong, too costly, or there is no room for it now.
        """
        asked = Asked(packed(*job.encode()), client, asyncio.get_running_loop().create_future())
        free = None if self.turns.queue else self._free()
        if free and self._may(client, free):
            self._begin(free, asked)
        else:
            self.turns.enter(asked)
            self._deal()
        try:
            head, body = await asked.reply
        except asyncio.CancelledError:
            self._forget(asked)
            raise
        meta = _read(head)
        if "code" in meta:
            members = {name: value for name, value in meta.items() if name not in {"code", "detail", "last"}}
            raise RequestError(meta["code"], meta["detail"], members=members)
        return Answer(meta["kind"], meta["format"], body)

    # Who does what.

    def _deal(self) -> None:
        """Give what waits to those who have room for it: to the idle, and behind jobs that end soon.

        Nothing stays behind a job that has not ended soon.
        """
        now = _now()
        for worker in tuple(self.busy):
            if len(worker.line) > 1 and now - worker.began > SOON:
                self._take_back(worker)
        while self.turns.queue:
            free = self._free()
            if not (free and self._give(free)):
                break
        for worker in self.busy if self.turns.queue else ():
            while len(worker.line) < LINE and now - worker.began <= SOON and worker.line[0].small:
                if not self._give(worker):
                    break
                if self._later is None:
                    self._later = asyncio.get_running_loop().call_later(SOON, self._reconsider)

    def _reconsider(self) -> None:
        self._later = None
        self._deal()
        if any(len(worker.line) > 1 for worker in self.busy):
            self._later = asyncio.get_running_loop().call_later(SOON, self._reconsider)

    def _give(self, worker: Worker) -> bool:
        """Give a worker the first in the queue who may have it, if there is one."""
        asked = self.turns.first(lambda client: self._may(client, worker))
        # A large one waits until a process has nothing else to do; nobody overtakes it meanwhile.
        if asked is None or (worker.line and not asked.small):
            return False
        self.turns.queue.remove(asked)
        if worker.line:
            worker.give(asked)
        else:
            self._begin(worker, asked)
        return True

    def _begin(self, worker: Worker, asked: Asked) -> None:
        self.idle.remove(worker)
        self.busy.add(worker)
        self.turns.begin(asked)
        if self._watching is None:
            self._watching = asyncio.get_running_loop().call_later(WATCH_EVERY, self._watch)
            for one in self.idle:
                one.listen(self)
        alone = self._awake.possible and len(self.busy) == 1 and not self.turns.queue
        if alone:
            self._awake.stay()
        worker.give(asked, alone=alone)

    def _may(self, client: str, worker: Worker) -> bool:
        """Whether a client may have something in this line: in so many of them as he may have running."""
        if worker.serves(client):
            return True
        lines = sum([one.serves(client) for one in self.busy])
        return max(lines, self.turns.running[client]) < self.turns.running_each

    def _take_back(self, worker: Worker) -> None:
        self.turns.back(worker.take_back())
        if not worker.line:
            self.busy.discard(worker)
            self.idle.append(worker)
        elif not worker.line[0].runs:
            self._next(worker)

    def _next(self, worker: Worker) -> None:
        """What is now the first in its line begins."""
        worker.begin()
        self.turns.begin(worker.line[0])

    # How it ends.

    def answered(self, worker: Worker, message: tuple[bytes, bytes]) -> None:
        """A worker has answered the first in its line."""
        asked = worker.line.popleft()
        if not worker.slow:
            self._brisk = _now()
        self._done(asked, message)
        if _read(message[0])["last"]:
            self._end(worker, "retired")
        elif worker.line:
            self._next(worker)
        else:
            self.busy.discard(worker)
            self.idle.append(worker)
        self._deal()

    def gone(self, worker: Worker) -> None:
        """A worker ended."""
        if worker in self.busy:
            asked = worker.line.popleft()
            self._remove(worker)
            self._detach(self._lose(worker, asked))
        elif worker in self.idle and not self.closed:
            self._end(worker, "outside")

    def _done(self, asked: Asked, reply: tuple[bytes, bytes] | RequestError) -> None:
        self.turns.end(asked)
        if asked.reply.done():
            return
        if isinstance(reply, RequestError):
            asked.reply.set_exception(reply)
        else:
            asked.reply.set_result(reply)

    def _refuse(self, asked: Asked) -> None:
        """It has waited too long."""
        error = self.turns.refusal(asked.client)
        if self._withdraw(asked):
            self._done(asked, error)

    def _give_up(self, error: RequestError) -> None:
        """There is no process, and none can be had: say so to all who wait for one."""
        while self.turns.queue:
            self._done(self.turns.queue.popleft(), error)

    def _forget(self, asked: Asked) -> None:
        """Nobody waits for the answer any more."""
        if self._withdraw(asked):
            self.turns.end(asked)
        else:
            # It goes on for a moment: a process that has looked at much of the graph is worth more than that.
            asked.left = _now()

    def _withdraw(self, asked: Asked) -> bool:
        """Take it out of the queue, or out of the line of a worker that has not begun with it."""
        for worker in self.busy if not asked.runs else ():
            if asked in worker.line:
                self._take_back(worker)
                break
        if asked not in self.turns.queue:
            return False
        self.turns.queue.remove(asked)
        asyncio.get_running_loop().call_soon(self._deal)
        return True

    def _watch(self) -> None:
        """Stop what has used up its time or is not wanted any more, and put what takes long behind the rest."""
        now = _now()
        for worker in tuple(self.busy):
            age, left = now - worker.began, worker.line[0].left
            most = self.limits.seconds + (ARRIVAL if worker.answering else 0)
            if age > most or (left is not None and now - left > ABANDONED):
                self._stop(worker)
                continue
            if age > POLITE_AFTER and not worker.slow:
                worker.step_back()
            if worker.slow and not worker.aside and (age > ASIDE_AFTER or now - self._brisk < BRISK):
                worker.step_aside()
        loop = asyncio.get_running_loop()
        self._watching = loop.call_later(WATCH_EVERY, self._watch) if self.busy else None

    def _stop(self, worker: Worker) -> None:
        """End a worker in the middle of a job that may not go on, or that nobody wants."""
        asked = worker.line.popleft()
        if not asked.reply.done():
            self.ended["timeout"] += 1
        self._remove(worker)
        self._detach(self._replace(worker, asked))

    def _end(self, worker: Worker, reason: Reason) -> None:
        """Put another one in the place of a worker that ended, or is to end, without a job."""
        self.ended[reason] += 1
        self._remove(worker)
        self._detach(self._replace(worker))

    async def _lose(self, worker: Worker, asked: Asked) -> None:
        """A worker ended in the middle of a job: of that, or by someone else's doing; then it is tried once more."""
        age = _now() - worker.began
        reason = reason_of(await self._reap(worker))
        self.ended[reason] += 1
        # The fresh one is the next to be used: it is alive, whatever has befallen the others.
        await self._fill()
        if reason == "outside" and not asked.again and age <= self.limits.seconds / 2 and not asked.reply.done():
            asked.again = True
            self.turns.back([asked])
        else:
            self._done(asked, told(reason, self.limits))
        self._deal()

    async def _replace(self, worker: Worker, stopped: Asked | None = None) -> None:
        """Wait for the end of a worker, and for another one in its place; only then is the place free again."""
        await self._reap(worker)
        await self._fill()
        if stopped:
            self._done(stopped, told("timeout", self.limits))
        self._deal()


@lru_cache(maxsize=64)
def _read(head: bytes) -> Mapping[str, Any]:
    """What a worker says of its answer, most often the same."""
    return MappingProxyType(json.loads(head))


def _now() -> float:
    return asyncio.get_running_loop().time()


@cache
def background() -> asyncio.AbstractEventLoop:
    """A loop in a thread of its own, for lanes that no server drives."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True, name="lanes").start()
    return loop
