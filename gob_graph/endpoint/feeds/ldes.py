"""The change feed: a Linked Data Event Stream (LDES 1.0 on TREE), one immutable page for each publication.

A member is a version object: the whole description of one thing as it became, created or changed, or a deletion. Each
quad of a state belongs to the member of its subject and keeps its graph; only the subject is the member instead of the
thing. What is said of members, pages and states stands in the default graph. So a follower that replaces, for each
member, all quads of the thing by those of the member has exactly the next state, and the hash on the page proves it.
"""

from __future__ import annotations

import hashlib
from itertools import chain
from typing import TYPE_CHECKING

import pyoxigraph as ox

from gob_graph.documents import nquads_lines
from gob_graph.endpoint.feeds.release_list import stamp
from gob_graph.errors import ReleaseError
from gob_graph.publication_log import UNREADABLE
from gob_graph.release import MANIFEST, open_release
from gob_graph.sorted_lines import differences, subject_of
from gob_graph.state import read_state
from gob_graph.vocab import AS, DCAT, DCT, LDES, RDF, SPDX, TREE, XSD

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gob_graph.publication import Publication
    from gob_graph.settings import Settings
    from gob_graph.sorted_lines import Lines
    from gob_graph.state import State

ROLLBACK = "rollback"


def root(log: list[Publication], settings: Settings) -> list[ox.Triple]:
    """The stream and its root node: a relation to the page of each publication. All members are kept for ever."""
    node, stream = _node(settings, ""), _node(settings, "#stream")
    triples = [*_stream(stream, node), ox.Triple(node, RDF.type, TREE.Node)]
    if log:
        policy = _node(settings, "#retention")
        triples += [
            ox.Triple(node, LDES.retentionPolicy, policy),
            ox.Triple(policy, RDF.type, LDES.RetentionPolicy),
            ox.Triple(policy, LDES.startingFrom, _moment(log[0])),
        ]
    for p in log:
        relation, page = _node(settings, f"#publication-{p.number}"), _node(settings, f"/{p.number}")
        triples += [
            ox.Triple(node, TREE.relation, relation),
            ox.Triple(relation, RDF.type, TREE.EqualToRelation),
            ox.Triple(relation, TREE.path, DCT.created),
            ox.Triple(relation, TREE.value, _moment(p)),
            ox.Triple(relation, TREE.node, page),
            *_state(page, p),
        ]
    return triples


def _stream(stream: ox.NamedNode, view: ox.NamedNode) -> list[ox.Triple]:
    return [
        ox.Triple(stream, RDF.type, LDES.EventStream),
        ox.Triple(stream, LDES.timestampPath, DCT.created),
        ox.Triple(stream, LDES.versionOfPath, DCT.isVersionOf),
        ox.Triple(stream, LDES.versionDeletePath, RDF.type),
        ox.Triple(stream, LDES.versionDeleteObject, AS.Delete),
        ox.Triple(stream, TREE.view, view),
    ]


def _state(page: ox.NamedNode, p: Publication) -> list[ox.Triple]:
    """Which release is the state after a page, and its hash, which is its id."""
    state = ox.NamedNode(f"{page.value}#state")
    triples = [ox.Triple(page, DCT.term("subject"), state), ox.Triple(state, DCT.created, _moment(p))]
    if p.release != UNREADABLE:
        triples += [
            ox.Triple(state, RDF.type, SPDX.Checksum),
            ox.Triple(state, SPDX.algorithm, SPDX.checksumAlgorithm_sha256),
            ox.Triple(state, SPDX.checksumValue, ox.Literal(p.release, datatype=XSD.hexBinary)),
        ]
    if p.rollback:
        triples.append(ox.Triple(state, DCT.type, ox.Literal(ROLLBACK)))
    return triples


def page(log: list[Publication], number: int, settings: Settings) -> Iterator[bytes]:
    """The page of a publication in N-Quads, member by member; the releases are opened before it is given.

    Things follow each other as their lines do in a release, and each member precedes its lines: a follower can write
    the next state as it reads.

    Raises:
        ReleaseError: the release, or the one before it, is damaged.
    """
    p = log[number - 1]
    after = _opened(settings.release_dir, p.release)
    before = _opened(settings.release_dir, log[number - 2].release) if number > 1 else None
    node, stream, view = _node(settings, f"/{number}"), _node(settings, "#stream"), _node(settings, "")
    manifest = ox.NamedNode(f"{settings.service_url}/releases/{p.release}/{MANIFEST}")
    digest = hashlib.sha256((after.release.path / MANIFEST).read_bytes()).hexdigest()
    head = [
        *_stream(stream, view),
        ox.Triple(node, RDF.type, TREE.Node),
        ox.Triple(node, LDES.immutable, ox.Literal(True)),  # noqa: FBT003
        *_state(node, p),
        ox.Triple(node, DCAT.version, ox.Literal(after.release.version)),
        ox.Triple(node, DCT.relation, manifest),
        ox.Triple(manifest, SPDX.checksumValue, ox.Literal(digest, datatype=XSD.hexBinary)),
    ]
    begin = "".join(f"{line}\n" for line in nquads_lines(head)).encode()
    members = (_member(node, stream, subject, p, old, new) for subject, old, new in _differing(before, after))
    return chain([begin], ("".join(member).encode() for member in members))


def _differing(before: State | None, after: State) -> Iterator[tuple[str, Lines | None, Lines | None]]:
    """The subjects whose lines are others, in the order of these, with their lines before and after."""
    if before is None:
        yield from ((subject, None, lines) for subject, lines in after.lines.groups())
        return
    changed = {subject_of(line.decode()) for line, _ in differences(before.release.dataset, after.release.dataset)}
    for subject in sorted(changed, key="<{}> ".format):
        yield subject, before.lines.get(subject), after.lines.get(subject)


def _member(
    node: ox.NamedNode,
    stream: ox.NamedNode,
    subject: str,
    p: Publication,
    old: tuple[str, ...] | None,
    new: tuple[str, ...] | None,
) -> list[str]:
    """The lines of one member. Its name is made of the page and the subject, so that no two are alike."""
    name = f"<{node.value}#{hashlib.sha256(subject.encode()).hexdigest()[:32]}>"
    activity = AS.Create if old is None else AS.Delete if new is None else AS.Update
    lines = [
        f"{stream} {TREE.member} {name} .\n",
        f"{name} {RDF.type} {activity} .\n",
        f"{name} {DCT.isVersionOf} <{subject}> .\n",
        f"{name} {DCT.created} {_moment(p)} .\n",
    ]
    start = len(subject) + 2
    return lines + [name + line[start:] for line in new or ()]


def _opened(folder: Path, identity: str) -> State:
    if identity == UNREADABLE:
        raise ReleaseError(f"the publication log of {folder} does not say which release it was")
    path = folder / identity
    return read_state(open_release(path).path)


def _moment(p: Publication) -> ox.Literal:
    return ox.Literal(stamp(p), datatype=XSD.dateTime)


def _node(settings: Settings, rest: str) -> ox.NamedNode:
    return ox.NamedNode(f"{settings.service_url}/feed{rest}")
