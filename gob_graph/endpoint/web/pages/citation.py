"""How the dataset is cited: as text, for BibTeX, and as a file CITATION.cff has it. Made from the release."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from gob_graph.endpoint.web.pages import i18n
from gob_graph.endpoint.web.pages.labels import labels

if TYPE_CHECKING:
    from gob_graph.endpoint.engine.engine import Engine
    from gob_graph.release import Release

LICENCE: Final = "CC0-1.0"
AUTHOR: Final = "gob-graph contributors"
"""Who made the dataset, as LICENSE has it: a group, not a person, and marked so in each form."""


def citations(engine: Engine, language: str, service_url: str) -> list[tuple[str, str]]:
    """Name (a message id) and text of each form; the title of the dataset is in the language of the page.

    Raises:
        RequestError: the engine has no time or room now.
    """
    release = engine.release
    iri = f"{release.dataset_iri}/{release.version}"
    title = labels(engine).of(release.dataset_iri, language).text
    proof = f"{service_url}/releases/{release.id}"
    text = f"{AUTHOR} ({release.issued[:4]}). {title} ({release.version}, {release.issued}). {iri}. {proof}"
    return [("Text", text), ("BibTeX", _bibtex(title, iri, engine)), ("CITATION.cff", _cff(title, iri, proof, engine))]


def of_a_thing(iri: str, name: str, dataset: str, release: Release) -> dict[str, str]:
    """How the page about one thing is cited, as text and for BibTeX: as a part of a version of the dataset."""
    year = release.issued[:4]
    version = i18n.gettext("version %(version)s") % {"version": release.version}
    key = re.sub(r"[^a-z0-9]+", "-", iri.rsplit("/", 1)[-1].lower())
    fields = {
        "author": "{" + AUTHOR + "}",
        "title": _escaped(name),
        "howpublished": f"{_escaped(dataset)}, {version}",
        "year": year,
        "url": iri,
    }
    lines = ",\n".join(f"  {field:<12} = {{{value}}}" for field, value in fields.items())
    return {
        "text": f"{AUTHOR} ({year}). {name}. {dataset}, {version}. {iri}",
        "bibtex": f"@misc{{{key},\n{lines}\n}}\n",
    }


def _bibtex(title: str, iri: str, engine: Engine) -> str:
    release = engine.release
    fields = {
        "author": "{" + AUTHOR + "}",
        "title": "{" + _escaped(title) + "}",
        "year": release.issued[:4],
        "month": release.issued[5:7].lstrip("0"),
        "version": release.version,
        "url": iri,
        "note": f"Release {release.id}. Licence {LICENCE}",
    }
    lines = ",\n".join(f"  {name:<8}= {{{value}}}" for name, value in fields.items())
    return f"@misc{{gob-graph-{release.version},\n{lines}\n}}"


def _escaped(text: str) -> str:
    return "".join("\\" + c if c in "&%$#_{}" else c for c in text)


def _cff(title: str, iri: str, proof: str, engine: Engine) -> str:
    release = engine.release
    return "\n".join(
        [
            "cff-version: 1.2.0",
            "type: dataset",
            f"title: {json.dumps(title, ensure_ascii=False)}",
            "authors:",
            f'  - name: "{AUTHOR}"',
            f'version: "{release.version}"',
            f"date-released: {release.issued}",
            f"license: {LICENCE}",
            f'url: "{iri}"',
            f'repository-artifact: "{proof}"',
            'message: "Please cite the version that you used."',
        ]
    )
