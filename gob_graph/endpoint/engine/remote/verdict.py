"""What `check-engine` found of an engine, kept beside the releases: without it no server asks that engine."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

from gob_graph.endpoint.engine.remote.probes import names, table
from gob_graph.errors import EngineError
from gob_graph.settings import without_password

if TYPE_CHECKING:
    from pathlib import Path

    from gob_graph.endpoint.engine.remote.evaluation import Remote

FOLDER: Final = "engines"
"""The folder, in that of the releases, of a file for each engine that was checked."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The engine at an address, the release that it held, the digest of the probes, and the differences found.

    `cut_at` is the number of rows at which it cuts answers; None: it was not seen to.
    """

    engine: str
    release: str
    probes: str
    differences: list[str]
    cut_at: int | None


def keep(folder: Path, remote: Remote, release: str, differences: list[str]) -> None:
    """Write down what was found."""
    url = without_password(remote.url)
    verdict = Verdict(url, release, table().digest, sorted(set(differences)), remote.cut_at)
    file = _file(folder, url)
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_suffix(".draft")
    draft.write_text(json.dumps(asdict(verdict), indent=2) + "\n", encoding="utf-8")
    draft.replace(file)


def cuts(folder: Path, store: str) -> dict[str, int]:
    """The number of rows at which each engine of the setting `store` cuts answers, for those that were seen to."""
    found = {}
    for url in store.split():
        with suppress(OSError, ValueError, TypeError):
            verdict = Verdict(**json.loads(_file(folder, url).read_text(encoding="utf-8")))
            if verdict.cut_at is not None:
                found[url] = verdict.cut_at
    return found


def refuse_unchecked(folder: Path, url: str, release: str, accepted: str) -> None:
    """Refuse an engine that was not checked with this release, or differs in what the setting does not name.

    Raises:
        EngineError: so it is.
    """
    shown, again = without_password(url), f"run 'gob-graph check-engine {without_password(url)}'"
    try:
        verdict = Verdict(**json.loads(_file(folder, url).read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise EngineError(f"the engine {shown} was not checked; {again}") from None
    except (OSError, ValueError, TypeError) as error:
        raise EngineError(f"{_file(folder, url)} cannot be read; {again}") from error
    if (verdict.release, verdict.probes) != (release, table().digest):
        raise EngineError(f"the engine {shown} was checked with another release or by another version; {again}")
    if left := sorted(set(verdict.differences) - names(accepted)):
        raise EngineError(
            f"the engine {shown} answers otherwise: {', '.join(left)}. To serve from it all the same, name them in "
            f"GOB_GRAPH_ACCEPTED_DIFFERENCES; {again} to see them"
        )


def _file(folder: Path, url: str) -> Path:
    return folder / FOLDER / f"{hashlib.sha256(without_password(url).encode()).hexdigest()[:16]}.json"
