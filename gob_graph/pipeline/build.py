"""The way from the files that people write to a published release, in the order it happens."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from itertools import chain
from typing import TYPE_CHECKING, Any, TypeAlias

import pyoxigraph as ox

from gob_graph.changes import changes
from gob_graph.copies import Selection, heading
from gob_graph.digests import lines_digest
from gob_graph.documents import serialize, with_stable_labels
from gob_graph.draft import draft
from gob_graph.errors import ReleaseError, SourceError, ValidationFailed
from gob_graph.formats import FORMATS
from gob_graph.manifest import SITE_FILE
from gob_graph.pipeline import evidence as evidences
from gob_graph.pipeline import (
    exports,
    identifiers,
    inference,
    location,
    metadata,
    quality,
    read_record,
    sources,
    validation,
)
from gob_graph.pipeline.assembled import Assembled
from gob_graph.pipeline.files import read_text
from gob_graph.pipeline.freed_memory import give_back
from gob_graph.pipeline.line_sort import SortedOnce, with_few
from gob_graph.pipeline.shape_files import read_shapes
from gob_graph.pipeline.site_texts import site_texts
from gob_graph.pipeline.source_page import source_page
from gob_graph.pipeline.storable import refuse_unstorable
from gob_graph.pipeline.tables.make import table_files
from gob_graph.pipeline.void_counts import LineCounts
from gob_graph.publication import prune, publications, publish, release_ids
from gob_graph.publication_log import UNREADABLE
from gob_graph.release import build_lock, open_release
from gob_graph.statistics import FILE, statistics, to_json
from gob_graph.vocab import LAYERS, layer_graph

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from gob_graph.draft import Draft
    from gob_graph.pipeline.identifiers import Identifier
    from gob_graph.pipeline.shape_files import Shapes
    from gob_graph.pipeline.sources import Layers
    from gob_graph.release import Release
    from gob_graph.settings import Settings

Told: TypeAlias = Callable[[str], None]
"""Receives the name of each step as it begins, for display."""


TURTLE = next(f for f in FORMATS if f.name == "turtle")


def silent(_: str) -> None:
    """Report no progress."""


def assemble(settings: Settings, told: Told = silent) -> Assembled:
    """Read, check, complete and describe the graph; nothing is written.

    Raises:
        SourceError: a file cannot be used (`EvidenceError`: the evidence does not fit the facts).
    """
    told("reading ontology/ and data/")
    layers = sources.load(settings)
    prefixes = sources.read_prefixes(settings)
    release_file = settings.data_dir / "release.ttl"
    layers["meta"] |= set(sources.read_turtle(release_file, sources.rebase(settings)))
    facts = metadata.release_facts(layers["meta"], settings.base_iri, release_file)
    registry = _check_identifiers(layers, settings)
    told("inferring")
    inferred = inference.infer(layers, inference.read_rules(settings), told)
    layers["inferred"] |= inferred.keys()
    give_back()
    told("attaching the evidence")
    evidence = evidences.read_evidence(settings)
    documents = evidences.source_documents(layers["evidence"])
    read_record.check(evidence, settings)
    evidences.check_evidence(evidence, layers, documents, settings)
    page = source_page(layers, settings.base_iri)
    layers["evidence"] |= evidences.annotate(evidence, documents, inferred, page, settings)
    sources.keep_one_place(layers)
    content = exports.quad_lines(layers, settings.base_iri, [layer for layer in LAYERS if layer != "meta"])
    lines = SortedOnce(content, settings.release_dir if settings.release_dir.is_dir() else None)
    counts = LineCounts()
    identity = lines_digest(counts.through(lines))
    layers["meta"] |= metadata.describe(layers, settings, identity, facts, prefixes, counts)
    sources.keep_one_place(layers)
    refuse_unstorable(chain(counts.valued(), (t.object for t in layers["meta"])), settings.data_dir)
    return Assembled(layers, identity, facts, prefixes, registry, lines)


def _check_identifiers(layers: Layers, settings: Settings) -> dict[str, Identifier]:
    """The registry, in which every identifier in use stands."""
    path = settings.data_dir / "ids.csv"
    written = (t for layer in LAYERS if layer != "meta" for t in layers[layer])
    registry = identifiers.read_registry(path)
    identifiers.check_minted(
        written, registry, settings.base_iri, lambda name: sources.place_of_iri(settings, name), path
    )
    return registry


def check(assembled: Assembled, shapes: Shapes, shacl_engine: str, told: Told = silent) -> validation.Report:
    """Prove the gate, then validate everything against our shapes.

    Raises:
        GateBroken: the gate lets known faults through.
        SettingsError: no SHACL engine is so called.
    """
    told("proving the gate with the canary")
    engine = validation.engine_for(shacl_engine, len(assembled.triples))
    validation.check_gate(shapes.general, engine)
    give_back()
    told(f"validating {len(assembled.triples)} triples")
    return validation.validate(assembled.triples, shapes.all, engine=engine)


def build_release(settings: Settings, told: Told = silent) -> tuple[Release, bool]:
    """Build the release and make it current; says whether that changed anything.

    Raises:
        SourceError, GateBroken, ValidationFailed, ReleaseError: nothing was published, what was current stays so.
    """
    with build_lock(settings.release_dir):
        assembled = assemble(settings, told)
        _compare_with_earlier(assembled, settings, told)
        _refuse_same_version(assembled, settings)
        shapes = read_shapes(settings)
        manifest = _manifest(assembled, settings)
        with draft(settings.release_dir, assembled.identity) as made:
            with exports.dumps(made, _all_lines(assembled, settings), manifest):
                report = check(assembled, shapes, settings.shacl_engine, told)
                if not report.passes_gate:
                    raise ValidationFailed(location.describe(report, settings), len(report.stopping()))
                give_back()
                told("writing the release")
                _write_files(made, assembled, report, shapes.all, settings)
            release = made.place(manifest)
            _tell_what_stays(release, made.entries, told)
        changed = publish(settings.release_dir, assembled.identity)
        _tidy(settings.release_dir)
        return release, changed


def _tell_what_stays(release: Release, entries: Mapping[str, Mapping[str, Any]], told: Told) -> None:
    """The same graph is published once: what else changed, such as a question, waits for the graph to change."""
    kept = {name: entry["sha256"] for name, entry in release.manifest["files"].items()}
    made = {name: entry["sha256"] for name, entry in entries.items()}
    other = sorted(name for name in kept.keys() | made.keys() if kept.get(name) != made.get(name))
    if other:
        named = ", ".join(other[:3]) + (f" and {len(other) - 3} more" if len(other) > 3 else "")
        told(
            f"the graph is that of release {release.id[:12]}, whose files stay as they are; these would differ: {named}"
        )


def _tidy(release_dir: Path) -> None:
    """What follows a publication and can be made up for by the next: the changes beside it, fewer dumps."""
    log = publications(release_dir)
    if len(log) > 1:
        with suppress(ReleaseError):  # the one before is damaged: its changes are told when it is put right
            changes(release_dir, log[-2].release, log[-1].release)
    prune(release_dir)


def _compare_with_earlier(assembled: Assembled, settings: Settings, told: Told) -> None:
    """No identifier of an earlier release may be missing from the registry, or be in use again once withdrawn."""
    path = settings.data_dir / "ids.csv"
    for identity in release_ids(settings.release_dir):
        try:
            earlier = open_release(settings.release_dir / identity, verify=False)
        except ReleaseError as error:
            told(f"not compared with release {identity[:12]}: {error}")
            continue
        identifiers.check_kept(assembled.registry, earlier.path / "ids.csv", earlier.version, path)


def _refuse_same_version(assembled: Assembled, settings: Settings) -> None:
    """A version names one release for good: its IRI and its citations must not come to mean other data."""
    version, path = assembled.facts.version, settings.data_dir / "release.ttl"
    for p in publications(settings.release_dir):
        if p.release in {UNREADABLE, assembled.identity}:
            continue
        with suppress(ReleaseError):  # what is damaged does not say its version
            if open_release(settings.release_dir / p.release, verify=False).version == version:
                lines = read_text(path).split("\n")
                line = next((n for n, text in enumerate(lines, 1) if f'"{version}"' in text), None)
                raise SourceError(
                    path,
                    f"version {version} was published on {p.at.date()} with other data (release {p.release[:12]}); "
                    "raise dcat:version, and dct:issued with it (GOB_GRAPH_RELEASE_DIR=other folder to try things out)",
                    line,
                )


def _all_lines(assembled: Assembled, settings: Settings) -> Iterator[bytes]:
    """The sorted N-Quads of all layers."""
    meta = exports.quad_lines(assembled.layers, settings.base_iri, ["meta"])
    yield from with_few(assembled.lines, sorted(meta))
    assembled.lines.close()


def _write_files(
    made: Draft, assembled: Assembled, report: validation.Report, shapes: list[ox.Triple], settings: Settings
) -> None:
    """Write every file of a release but the dumps and the manifest."""
    which, _, licence = heading(_manifest(assembled, settings), assembled.identity, Selection())
    told = (report.text(), report.gate_text(), "\nFocus nodes per shape\n", report.target_text())
    made.write("report.txt", "".join(told).encode())
    made.write("report.ttl", report.turtle(assembled.prefixes))
    made.write("shapes.ttl", serialize(with_stable_labels(shapes), TURTLE, assembled.prefixes, (which, licence)))
    assessment = quality.assess(assembled, report, shapes, settings)
    made.write("quality.json", quality.to_json(assessment))
    measured = quality.turtle(assessment, assembled.facts.dataset, settings.base_iri, assembled.prefixes)
    made.write("quality.ttl", measured)
    made.write(FILE, to_json(statistics(assembled.triples), assembled.identity))
    if texts := site_texts(settings.data_dir / "site.toml"):
        made.write(SITE_FILE, texts)
    made.write("ids.csv", (settings.data_dir / "ids.csv").read_bytes())
    for path in sorted((settings.data_dir / "queries").glob("*.rq")):
        made.write(f"queries/{path.name}", sources.rebase(settings).query(read_text(path)).encode())
    for name, body in table_files(assembled, shapes, settings):
        made.write(name, body)


def _manifest(assembled: Assembled, settings: Settings) -> dict[str, object]:
    return {
        "dataset": assembled.facts.dataset,
        "version": assembled.facts.version,
        "issued": assembled.facts.issued,
        "license": assembled.facts.license,
        "base_iri": settings.base_iri,
        "ontology_base": settings.ontology_base,
        "triples": {layer: len(assembled.layers[layer]) for layer in LAYERS},
        "distinct_triples": len(assembled.triples),
        "graphs": {layer: layer_graph(settings.base_iri, layer).value for layer in LAYERS},
        "prefixes": assembled.prefixes,
    }
