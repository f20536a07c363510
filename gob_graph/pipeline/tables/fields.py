"""The fields that a column becomes: an address and its label stand side by side, a text has one field per language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from gob_graph.pipeline.tables.words import BETWEEN, WORDS
from gob_graph.vocab import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pyoxigraph as ox

    from gob_graph.pipeline.tables.shapes import Column, Table, Texts

Type = Literal["string", "integer", "decimal", "boolean", "date"]
LIST_VALUES = "list-values"
"""The table that holds what other tables have lists of."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a table.

    `parts` is empty for a single value; a list of plain values has ``("",)``, and one of values with something beside
    them has the name of each member.
    """

    name: str
    type: Type
    titles: Texts
    texts: Texts
    lang: str = ""
    required: bool = False
    parts: tuple[str, ...] = ()
    address: bool = False
    cls: ox.NamedNode | None = None
    predicate: ox.NamedNode | None = None

    @property
    def several(self) -> bool:
        """Whether the field holds a list: in Parquet only, as a CSV has no lists."""
        return bool(self.parts)


def word(key: str, name: str, kind: Type = "string", *, required: bool = False) -> Field:
    """A field whose texts stand in `WORDS`."""
    return Field(name, kind, WORDS[key], WORDS[f"{key}-text"], required=required, address=key == "iri")


SUBJECT = (word("iri", "iri", required=True), word("label", "label"))
LONG = (
    *SUBJECT,
    word("column", "column", required=True),
    word("value", "value", required=True),
    word("lang", "value_lang"),
    word("layer", "layer", required=True),
)
VALUES = (
    word("table", "table", required=True),
    *SUBJECT,
    word("column", "column", required=True),
    word("number", "number", "integer", required=True),
    word("value", "value", required=True),
    word("label", "value_label"),
    word("lang", "value_lang"),
)


def fields_of(table: Table) -> tuple[Field, ...]:
    """The fields of a table, in their order."""
    if table.long:
        return LONG
    return (*SUBJECT, *(field for column in table.columns for field in _fields(column)))


def _fields(column: Column) -> Iterator[Field]:
    if column.kind == "language":
        for code in LANGUAGES:
            yield _own(column, "string", name=f"{column.name}_{code}", lang=code, required=code in column.required)
        return
    if column.several:
        yield _own(column, _type(column), parts=PARTS.get(column.kind, ("",)))
        return
    yield _own(column, _type(column), required="" in column.required)
    for beside in BESIDE.get(column.kind, ()):
        yield _beside(column, beside)


PARTS: Mapping[str, tuple[str, ...]] = {"iri": ("value", "label"), "text": ("value", "lang")}
"""What each member of a list holds."""
BESIDE: Mapping[str, tuple[str, ...]] = {
    "iri": ("label",),
    "text": ("lang",),
    "term": ("label", "lang", "datatype"),
    "partial": ("year",),
}
"""What stands beside a single value."""


def _type(column: Column) -> Type:
    kind = column.kind
    return kind if kind in ("integer", "decimal", "boolean", "date") else "string"


def _own(
    column: Column,
    kind: Type,
    *,
    name: str = "",
    lang: str = "",
    required: bool = False,
    parts: tuple[str, ...] = (),
) -> Field:
    single = len(column.path) == 1 and not column.path[0].inverse
    titles = {code: f"{text} ({lang})" if lang else text for code, text in column.titles.items()}
    return Field(
        name or column.name,
        kind,
        titles,
        column.texts,
        lang,
        required,
        parts,
        address=column.kind == "iri",
        cls=column.cls,
        predicate=column.path[0].predicate if single else None,
    )


def _beside(column: Column, what: str) -> Field:
    titles = {code: text + BETWEEN[code] + WORDS[what][code] for code, text in column.titles.items()}
    kind: Type = "integer" if what == "year" else "string"
    return Field(f"{column.name}_{what}", kind, titles, WORDS[f"{what}-text"])
