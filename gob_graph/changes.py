"""What turns one release into another: an RDF Patch, counts by layer and class, and the entries of the change log.

The patch (https://afs.github.io/rdf-patch/) covers every graph, so that the N-Quads of the one become exactly those of
the other; both ids and the digest of the file stand in its header, and applying it proves them. Changes are made once
and lie in ``releases/changes/<a>..<b>``.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gob_graph.errors import ReleaseError, SourceError
from gob_graph.news import entries
from gob_graph.rdf_patch import RELEASE
from gob_graph.release import open_release, release_id, write_file
from gob_graph.sorted_lines import differences, subject_of
from gob_graph.state import read_state
from gob_graph.vocab import LAYERS, layer_graph

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from gob_graph.rdf_patch import Patch
    from gob_graph.sorted_lines import Difference
    from gob_graph.state import State

FOLDER = "changes"
PATCH = "patch.rdfp"
SUMMARY = "changes.json"
LAYOUT = 2
Summary = dict[str, Any]
PROOF = ("id", "prev", "base", "sha256")
"""The headers by which a patch of ours is proved."""


def changes(release_dir: Path, old: str, new: str, *, keep: bool = True) -> tuple[bytes, Summary]:
    """The patch between two releases and its summary, from the folder of changes or made now, and then kept there.

    Raises:
        ReleaseError: one of the two is missing or damaged.
    """
    folder = release_dir / FOLDER / f"{old}..{new}"
    try:
        summary = json.loads((folder / SUMMARY).read_text(encoding="utf-8"))
        if (
            summary["layout"] == LAYOUT
            and hashlib.sha256(body := (folder / PATCH).read_bytes()).hexdigest() == (summary["patch"]["sha256"])
        ):
            return body, summary
    except (OSError, ValueError, KeyError, TypeError):
        pass  # not made yet, cut by a crash, or damaged: it can be made again
    before, after = (read_state(open_release(release_dir / i).path) for i in (old, new))
    differing = list(differences(before.release.dataset, after.release.dataset))
    body = make_patch(before, after, differing)
    summary = summarize(before, after, differing)
    summary["patch"] = {"bytes": len(body), "sha256": hashlib.sha256(body).hexdigest()}
    if keep:
        # A server may have no right to write here; then it makes them again.
        with contextlib.suppress(OSError):
            _keep(folder, body, summary)
    return body, summary


def _keep(folder: Path, body: bytes, summary: Summary) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in ((PATCH, body), (SUMMARY, json.dumps(summary, ensure_ascii=False, indent=1).encode())):
        draft = folder / f".{name}.{hashlib.sha256(content).hexdigest()[:8]}"
        draft.unlink(missing_ok=True)
        write_file(draft, content)
        draft.replace(folder / name)


def make_patch(before: State, after: State, differing: Iterable[Difference]) -> bytes:
    """The RDF Patch from one state to the other: what goes, then what comes, each sorted."""
    head = [
        f"H id <{RELEASE}{after.release.id}> .",
        f"H prev <{RELEASE}{before.release.id}> .",
        f"H base <{after.release.base_iri}> .",
        f'H sha256 "{after.release.manifest["files"]["dataset.nq"]["sha256"]}" .',
        "TX .",
    ]
    gone: list[bytes] = []
    come: list[bytes] = []
    for line, came in differing:
        (come if came else gone).append((b"A " if came else b"D ") + line)
    return b"".join(["".join(f"{row}\n" for row in head).encode(), *gone, *come, b"TC .\n"])


@dataclass(frozen=True, slots=True)
class Proof:
    """By what a patch of ours is proved: the ids before and after it, the base, the SHA-256 of the lines after it."""

    old: str
    new: str
    base: str
    sha256: str


def proof_of(patch: Patch, name: Path | str) -> Proof | None:
    """The proof that a patch carries; None for one of another tool, which has no header 'sha256'.

    Raises:
        SourceError: another header that proves it is missing.
    """
    if "sha256" not in patch.head:
        return None
    if missing := [key for key in PROOF if key not in patch.head]:
        raise SourceError(name, f"lacks the header {missing[0]!r}")
    old, new = (patch.head[key].removeprefix(RELEASE) for key in ("prev", "id"))
    return Proof(old, new, patch.head["base"], patch.head["sha256"])


def another_dataset(proof: Proof, name: Path | str) -> ReleaseError:
    """The dataset is not the release that the patch was made for."""
    return ReleaseError(f"{name} was made for release {proof.old}; the dataset is another one")


def not_fitting(number: int, operation: str, name: Path | str) -> SourceError:
    """A row of a patch of ours changes nothing."""
    return SourceError(name, "takes away what is not there" if operation == "D" else "adds what is there", number)


def damaged(proof: Proof, name: Path | str) -> ReleaseError:
    """The result is not the release that the patch promises."""
    return ReleaseError(f"{name} does not give release {proof.new}; it is damaged")


def apply_patch(dataset: Iterable[str], patch: Patch, name: Path | str) -> list[str]:
    """The sorted N-Quads lines that a patch makes of others in memory; `patched` does so with files of any size.

    One of ours is proved by the ids and the digest of its header. Of another tool's nothing is proved: adding what is
    there and deleting what is not changes nothing, as the specification of RDF Patch says.

    Raises:
        SourceError: at its line: it does not fit, or lacks a header that proves it.
        ReleaseError: the dataset is not the one that the patch was made for, or the result is not what it promises.
    """
    proof, lines = proof_of(patch, name), set(dataset)
    if proof and release_id(lines, proof.base) != proof.old:
        raise another_dataset(proof, name)
    for number, operation, line in patch.rows:
        if proof and (operation == "D") != (line in lines):
            raise not_fitting(number, operation, name)
        (lines.discard if operation == "D" else lines.add)(line)
    result = sorted(lines)
    if proof:
        digest = hashlib.sha256("".join(line + "\n" for line in result).encode()).hexdigest()
        if release_id(result, proof.base) != proof.new or digest != proof.sha256:
            raise damaged(proof, name)
    return result


def summarize(before: State, after: State, differing: Iterable[Difference]) -> Summary:
    """Counts by layer and class, and the entries of the change log; no word of any language but the names."""
    endings = {f"{layer_graph(after.release.base_iri, layer)}".encode(): layer for layer in LAYERS}
    quads = {"added": 0, "removed": 0}
    layers = {layer: {"added": 0, "removed": 0} for layer in LAYERS}
    subjects = set()
    for line, came in differing:
        how = "added" if came else "removed"
        quads[how] += 1
        if layer := endings.get(line[line.rindex(b" <") + 1 : -len(b" .\n")]):
            layers[layer][how] += 1
        subjects.add(subject_of(line.decode()))
    return {
        "layout": LAYOUT,
        "from": _edition(before),
        "to": _edition(after),
        "quads": quads,
        "layers": layers,
        "classes": _classes(before, after, subjects),
        "entries": entries(before, after, subjects),
    }


def _edition(state: State) -> dict[str, str]:
    return {"id": state.release.id, "version": state.release.version, "issued": state.release.issued}


def _classes(before: State, after: State, subjects: Iterable[str]) -> dict[str, dict[str, int]]:
    """How many things of each class came, changed and went; of what people wrote."""
    counts: dict[str, Counter[str]] = {}
    for iri in subjects:
        old, new = before.asserted(iri), after.asserted(iri)
        if old != new:
            how = "created" if not old else "deleted" if not new else "changed"
            for cls in (after if new else before).classes(iri):
                counts.setdefault(cls, Counter())[how] += 1
    return {c: {how: counts[c][how] for how in ("created", "changed", "deleted")} for c in sorted(counts)}
