"""Releases made from revisions of the files that people write: of the real ones, and of a world that builds in no time."""

import csv
import hashlib
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from benchmarks.registry import registry
from gob_graph.new_command import make
from gob_graph.pipeline.build import build_release
from gob_graph.publication import publish
from gob_graph.release import Release, release_id, write_release
from gob_graph.settings import Settings
from gob_graph.vocab import SKOS, layer_graph
from tests.conftest import environment, patient

ROOT = Path(__file__).parent.parent
WORLD = Path(__file__).parent / "world"


def copied(target: Path, source: Path = WORLD) -> Settings:
    """A copy of the files, and a folder for releases of it."""
    for folder in ("ontology", "data"):
        shutil.copytree(source / folder, target / "files" / folder)
    return patient(source_dir=target / "files", release_dir=target / "releases", shacl_engine="turbo")


def edit(settings: Settings, name: str, old: str, new: str, count: int = -1) -> None:
    path = settings.source_dir / name
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{name} has no {old}"
    path.write_text(text.replace(old, new, count), encoding="utf-8")


def append(settings: Settings, name: str, text: str) -> None:
    with (settings.source_dir / name).open("a", encoding="utf-8") as stream:
        stream.write(text)


def raise_version(settings: Settings) -> None:
    """Other data are another version; a build refuses the version of a release that was published with other data."""
    path = settings.source_dir / "data/release.ttl"
    text = path.read_text(encoding="utf-8")
    (version,) = re.findall(r'dcat:version "([^"]*)"', text)
    major, minor, patch = version.split(".")
    fresh = f"{major}.{minor}.{int(patch) + 1}"
    path.write_text(text.replace(f'dcat:version "{version}"', f'dcat:version "{fresh}"'), encoding="utf-8")


def rebuilt(settings: Settings) -> Release:
    """The next release of files that were changed."""
    raise_version(settings)
    return build_release(settings)[0]


def rename_water(settings: Settings, new: str = "Waters", old: str = "Water") -> Release:
    """A second release of the small world: a label is corrected."""
    for name in ("data/source/organisations.ttl", "data/evidence/source.tsv"):
        edit(settings, name, f'"{old}"@nl', f'"{new}"@nl')
    return rebuilt(settings)


def withdraw_fire(settings: Settings) -> Release:
    """Another: an identifier is withdrawn, with a successor."""
    for name in ("data/source/organisations.ttl", "data/evidence/source.tsv"):
        edit(settings, name, "organization:vuur", "organization:vlam")
    edit(
        settings,
        "data/ids.csv",
        "id/organization/vuur,1.0.0,current,,,,organization: Vuur",
        "id/organization/vlam,1.1.0,current,,,,organization: Vuur\n"
        "id/organization/vuur,1.0.0,withdrawn,2026-02-03,id/organization/vlam,minted with a typing error,organization: Vuur",
    )
    return rebuilt(settings)


def state(settings: Settings, identity: str, kind: str, start: int, words: str, label: str) -> None:
    """Add a statement of the page, and to the record of the page that it was found there."""
    sha256 = hashlib.sha256(words.encode()).hexdigest()
    row = f"{identity},{kind},{start},{start + len(words)},{sha256},{words},{label}\n"
    append(settings, "data/evidence/statements.csv", row)
    statements = csv.DictReader((settings.data_dir / "evidence/statements.csv").read_text("utf-8").splitlines())
    rows = sorted(f"{r['id']},{r['start']},{r['end']},{r['sha256']}\n" for r in statements)
    seal = hashlib.sha256("".join(rows).encode()).hexdigest()
    page = settings.data_dir / "evidence/page.csv"
    head, record = page.read_text("utf-8").split("\n")[:2]
    page.write_text(f"{head}\n{record.partition(',')[0]},{seal}\n", "utf-8")


def add_statement(settings: Settings) -> Release:
    """Another: the source page has one more statement, with a fact drawn from it."""
    state(settings, "S2", "assertion", 6, "Aarde", "Er is aarde.")
    fact = 'organization:water skos:altLabel "H2O"@nl'
    append(settings, "data/source/organisations.ttl", f"\n{fact} .\n")
    append(settings, "data/evidence/source.tsv", f"S2\t{fact} .\n")
    return rebuilt(settings)


@dataclass
class World:
    settings: Settings
    ids: list[str]

    @property
    def folder(self) -> Path:
        return self.settings.release_dir

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "gob_graph", *arguments],
            env=environment(self.settings),
            capture_output=True,
            text=True,
            check=False,
        )


def made(target: Path) -> World:
    """A world with four releases: the first, a label corrected, an identifier withdrawn, a statement more."""
    settings = copied(target)
    first = build_release(settings)[0]
    return World(
        settings, [first.id, rename_water(settings).id, withdraw_fire(settings).id, add_statement(settings).id]
    )


ISSUED = "2001-02-03"
"""The date of the earlier version; it is published today."""


def with_earlier(release: Release, target: Path, version: str = "0.0.1") -> World:
    """A folder with a release and, published before it, an earlier version that says one thing more.

    It has a shape and a measurement more as well.

    Much cheaper than a build: the earlier one is made of the lines of the other.
    """
    target.mkdir()
    shutil.copytree(release.path, target / release.id)
    lines = release.dataset.read_text(encoding="utf-8").splitlines()
    meta, base = layer_graph(release.base_iri, "meta").value, release.base_iri
    said = f'<{base}/id/organization/gone> <{SKOS.prefLabel.value}> "Gone"@en <{layer_graph(base, "source").value}> .'
    older = [line for line in lines if not line.endswith(f"<{meta}> .")]
    older.append(said)
    identity = release_id(older, base)
    about = [line for line in lines if line.endswith(f"<{meta}> .")]
    text = "\n".join(about).replace(release.id, identity).replace(f"gob-kg/{release.version}>", f"gob-kg/{version}>")
    older += text.replace(f'"{release.version}"', f'"{version}"').splitlines()
    files = {name: (release.path / name).read_bytes() for name in release.manifest["files"]}
    files["shapes.ttl"] += f"<{base}/ns/governance/shape/gone> a <http://www.w3.org/ns/shacl#NodeShape> .\n".encode()
    measured = "<http://www.w3.org/ns/dqv#QualityMeasurement>"
    files["quality.ttl"] += f"<{base}/id/dataset/gob-kg/quality/gone> a {measured} .\n".encode()
    files["dataset.nq"] = "".join(f"{line}\n" for line in sorted(older)).encode()
    kept = {k: v for k, v in release.manifest.items() if k not in {"layout", "id", "files"}}
    before = write_release(target, identity, files, kept | {"version": version, "issued": ISSUED})
    publish(target, before.id)
    publish(target, release.id)
    return World(patient(source_dir=ROOT, release_dir=target), [before.id, release.id])


def registry_folder(target: Path, size: int = 600) -> Settings:
    """A folder with the generated registry as its facts, whose file was read in one invented document."""
    files = target / "files"
    make(files)
    shutil.rmtree(files / "data/source")
    base = Settings().base_iri
    facts = sorted(f"{triple} .\n" for triple in registry(size, base, base))
    (files / "data/external").mkdir()
    (files / "data/external/registry.ttl").write_text("".join(facts), encoding="utf-8")
    evidence = files / "data/evidence"
    (evidence / "source.tsv").write_text("", encoding="utf-8")
    (evidence / "quotes.csv").write_text("id,exact,prefix,suffix\n", encoding="utf-8")
    (evidence / "statements.csv").write_text("id,kind,start,end,sha256,fragment,label\n", encoding="utf-8")
    (evidence / "page.csv").write_text(
        f"code_points,statements_sha256\n0,{hashlib.sha256(b'').hexdigest()}\n", encoding="utf-8"
    )
    (evidence / "files.csv").write_text("file,key\nexternal/registry.ttl,example-page\n", encoding="utf-8")
    kept = [row for row in (files / "data/ids.csv").read_text(encoding="utf-8").splitlines() if "example" not in row]
    made = sorted({iri for fact in facts for iri in re.findall(rf"<{base}/(id/[^>]+)>", fact)})
    rows = sorted([*kept[1:], *(f"{path},1.0.0,current,,,,made up" for path in made)])
    (files / "data/ids.csv").write_text("\n".join([kept[0], *rows]) + "\n", encoding="utf-8")
    (files / "data/expectations.ttl").write_text("", encoding="utf-8")
    for name, old in (("data/release.ttl", "    dct:subject organization:example ;\n"),):
        edit(Settings(source_dir=files), name, old, "")
    labels = files / "data/vocab/labels.ttl"
    labels.write_text(re.sub(r"(?s)key-figure:example-staff .*?\.\n", "", labels.read_text("utf-8")), encoding="utf-8")
    return Settings(source_dir=files, release_dir=target / "releases", shacl_engine="turbo")
