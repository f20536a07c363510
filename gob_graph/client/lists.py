"""Documents of the API as DataFrames with typed columns, with rows or without."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from gob_graph.client.failures import MissingPackage
from gob_graph.vocab import preference

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pandas

    from gob_graph.client.source import Document

TEXT, TEXTS = pa.string(), pa.list_(pa.string())
QUESTIONS: Final = {"name": TEXT, "title": TEXT, "description": TEXT}
STATUS: Final = {
    "iri": TEXT, "resource": TEXT, "status": TEXT, "dates": TEXTS, "successors": TEXTS, "acts": TEXTS, "events": TEXTS,
    "reason": TEXT, "changed_since": pa.bool_(),
}  # fmt: skip
CANDIDATES: Final = {
    "query": TEXT, "iri": TEXT, "label": TEXT, "score": pa.float64(), "match": pa.bool_(), "former": pa.bool_(),
    "types": TEXTS,
}  # fmt: skip
CHANGES: Final = {"kind": TEXT, "iri": TEXT, "label": TEXT, "date": TEXT}
RELEASES: Final = {
    "id": TEXT, "version": TEXT, "issued": pa.date32(), "current": pa.bool_(),
    "published": pa.timestamp("us", tz="UTC"),
}  # fmt: skip
NAMES: Final = """SELECT ?iri ?name ?order WHERE {{
    VALUES ?iri {{ {iris} }}
    VALUES (?property ?order) {{
        (<http://www.w3.org/2004/02/skos/core#prefLabel> 1) (<http://www.w3.org/2000/01/rdf-schema#label> 2)
        (<http://purl.org/dc/terms/title> 3)
    }}
    ?iri ?property ?name
}} ORDER BY ?iri ?order ?name"""


def frame(rows: Sequence[Mapping[str, Any]], columns: Mapping[str, pa.DataType]) -> pandas.DataFrame:
    """Rows as a DataFrame with these columns and types; what a row lacks is missing."""
    try:
        import pandas as pd
    except ImportError as error:
        raise MissingPackage("pandas is not installed", "pip install pandas.") from error
    arrays = {name: pa.array([row.get(name) for row in rows], kind) for name, kind in columns.items()}
    found: pandas.DataFrame = pa.table(arrays).to_pandas(types_mapper=pd.ArrowDtype)
    return found


def statuses(listed: Sequence[Document]) -> pandas.DataFrame:
    """What became of identifiers; "not known" instead of a list is a list of these words."""
    lists_ = [name for name, kind in STATUS.items() if kind == TEXTS]
    rows = [row | {n: [row[n]] if isinstance(row[n], str) else row[n] for n in lists_ if n in row} for row in listed]
    return frame(rows, STATUS)


def candidates(
    names: Sequence[str], found: Sequence[Sequence[Document]], base: str, called: Callable[[list[str]], dict[str, str]]
) -> pandas.DataFrame:
    """The candidates for each name, in the order of their scores."""
    labels = called([f"{base}/{one['id']}" for several in found for one in several])
    rows = [
        {
            "query": name,
            "iri": f"{base}/{one['id']}",
            "label": labels.get(f"{base}/{one['id']}"),
            "score": float(one["score"]),
            "match": one["match"],
            "former": any(f["id"] == "former_body" and f["value"] for f in one["features"]),
            "types": [kind["id"] for kind in one["type"]],
        }
        for name, several in zip(names, found, strict=True)
        for one in several
    ]
    return frame(rows, CANDIDATES)


def called(rows: Sequence[Mapping[str, Any]], language: str) -> dict[str, str]:
    """The name of each thing among the answers to `NAMES`."""
    order = (*preference(language), None)
    best: dict[str, tuple[tuple[int, int], str]] = {}
    for row in rows:
        code = row.get("name@lang")
        place = (int(row["order"]), order.index(code) if code in order else len(order))
        if row["iri"] not in best or place < best[row["iri"]][0]:
            best[row["iri"]] = (place, row["name"])
    return {iri: name for iri, (_, name) in best.items()}


def changes(summary: Document, language: str) -> pandas.DataFrame:
    """The entries of the change log between two releases."""
    order = preference(language)

    def label(entry: Document) -> str | None:
        names = entry.get("label") or entry.get("type_label") or {}
        if not isinstance(names, dict):
            return str(names)
        return next((names[code] for code in (*order, "") if code in names), None)

    rows = [entry | {"label": label(entry), "date": entry.get("date")} for entry in summary["entries"]]
    table = frame(rows, CHANGES)
    table.attrs = {name: summary[name] for name in ("from", "to")}
    table.attrs["counts"] = {name: summary[name] for name in ("quads", "layers", "classes")}
    return table


def releases(listed: Sequence[Document]) -> pandas.DataFrame:
    """Each publication of each release, the last one first."""
    import datetime as dt

    rows = [
        row | {"issued": dt.date.fromisoformat(row["issued"]), "published": p and dt.datetime.fromisoformat(p["at"])}
        for row in listed
        for p in (reversed(row["published"]) if row["published"] else [None])
    ]
    return frame(rows, RELEASES)
