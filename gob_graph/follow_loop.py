"""A follower that goes on for years: every fault is told in one line and tried again, with pauses that grow.

The status file says, for monitoring, when it last succeeded, what went wrong last, and when it tries again.
"""

from __future__ import annotations

import json
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from gob_graph.download import LONG, DownloadError, Source
from gob_graph.errors import GobGraphError
from gob_graph.follow import follow
from gob_graph.publication import current_id

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

STATUS = "follow-status.json"
LONGEST = 3600.0
"""Seconds: the longest pause after faults, unless the server asks for a longer one."""


@dataclass(slots=True)
class Follower:
    """One folder that follows one server. `told` gets each fault and each step; `pause` gets seconds."""

    url: str
    folder: Path
    told: Callable[[str], None]
    interval: float = 60.0
    status_file: Path | None = None
    source: Source = field(default_factory=Source)
    pause: Callable[[float], object] = time.sleep
    faults: int = 0
    last_success: str | None = None
    last_fault: dict[str, str] | None = None

    def once(self) -> int:
        """Catch up; says how many publications were taken. The status file tells of a fault, too.

        Raises:
            GobGraphError: as `follow.follow`.
        """
        try:
            taken = follow(self.url, self.folder, self.told, self.source)
        except (GobGraphError, OSError) as error:
            self.faults += 1
            text = " ".join(str(error).split())
            self.last_fault = {"at": self._stamp(0), "text": text}
            raise error if isinstance(error, GobGraphError) else GobGraphError(text) from error
        self.faults = 0
        self.last_success = self._stamp(0)
        return taken

    def forever(self, taken: Callable[[int], None], rounds: int | None = None) -> None:
        """Look again and again; `taken` is called with the number of publications when there were some."""
        while rounds is None or rounds > 0:
            asked = 0.0
            try:
                number = self.once()
                if number:
                    taken(number)
            except GobGraphError as error:
                asked = error.retry_after if isinstance(error, DownloadError) else 0.0
            wait = self.next_pause(asked)
            if self.faults and self.last_fault:
                self.told(f"{self.last_fault['text']}; trying again in {wait:.0f} s")
            self.write_status(wait)
            self.pause(wait)
            rounds = None if rounds is None else rounds - 1

    def next_pause(self, asked: float = 0.0) -> float:
        """Seconds until the next look: the interval, doubled with each fault in a row, and by chance a quarter off."""
        if not self.faults:
            return self.interval
        grown = min(self.interval * 2.0 ** min(self.faults - 1, 30), max(LONGEST, self.interval))
        return max(grown * (0.75 + self.source.chance() / 2), min(asked, LONG))

    def write_status(self, wait: float | None = None) -> None:
        """Write the status file, whole or not at all; a disk that is full is told and stops nothing."""
        path = self.status_file or self.folder / STATUS
        body = {
            "url": self.url,
            "release": current_id(self.folder) or None,
            "last_success": self.last_success,
            "last_fault": self.last_fault,
            "faults_in_a_row": self.faults,
            "next_try": None if wait is None else self._stamp(wait),
        }
        draft = path.with_name(f".{path.name}.draft")
        try:
            draft.write_text(json.dumps(body, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
            draft.replace(path)
        except OSError as error:
            with suppress(OSError):
                draft.unlink(missing_ok=True)
            self.told(f"{path} cannot be written: {error.strerror}")

    def _stamp(self, later: float) -> str:
        return datetime.fromtimestamp(self.source.now() + later, UTC).isoformat(timespec="seconds")
