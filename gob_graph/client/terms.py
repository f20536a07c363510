"""Results in SPARQL TSV as columns: the compact format that keeps datatypes, languages and unbound cells apart.

Each distinct term of a column is read once; columns of IRIs and of whole numbers are read without Python objects.
https://www.w3.org/TR/sparql11-results-csv-tsv/ section 4.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, field
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from gob_graph.client.failures import IncompleteAnswer, WrongForm
from gob_graph.typed_values import XSD, value_of

TSV = "text/tab-separated-values"
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))")
_CONTROL = {"t": "\t", "n": "\n", "r": "\r", "b": "\b", "f": "\f"}
_INTEGER = re.compile(r"[+-]?[0-9]+")
_WHOLE = r"^-?[0-9]{1,18}$"
_PLAIN = r'^"(?P<text>[^"\\\\]*)"(?:@(?P<language>[A-Za-z0-9-]+))?$'
"""A text without escapes, in a language or in none."""
_END = re.compile(r'"(?:@([A-Za-z0-9-]+))?$')
STRING = XSD + "string"
LANGUAGE_STRING = "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString"


class Term(NamedTuple):
    """A term that was read: its value in Python, its language, its datatype ('' = no literal), the lexical form."""

    value: object
    language: str | None
    datatype: str
    lexical: str
    kept: bool
    """Whether the value is the lexical form because no type holds it."""


@dataclass(slots=True)
class Column:
    """A column of a result: distinct terms, and for each row which one it is (null: unbound).

    A column that was read without terms has `ready` instead, and `languages` where a text has one.
    """

    name: str
    indices: pa.Array
    terms: list[Term] = field(default_factory=list)
    ready: pa.Array | None = None
    languages: pa.Array | None = None
    datatypes: frozenset[str] = frozenset()


def read_columns(body: bytes) -> tuple[list[Column], int]:
    """The columns of a result, and the number of its rows.

    Raises:
        IncompleteAnswer: the result does not end with a line end, or a row lacks cells.
        WrongForm: it is no result of a SELECT.
    """
    head, newline, rest = body.partition(b"\n")
    names = [name.removeprefix("?") for name in head.decode().rstrip("\r").split("\t")]
    if not newline or (head and not head.startswith(b"?")):
        if head in {b"true", b"false"}:
            raise WrongForm("This query gives yes or no, not a table", "Use .ask(query).")
        raise IncompleteAnswer("The result has no line of names", "Ask again; then tell the operator of the server.")
    if rest and not rest.endswith(b"\n"):
        raise IncompleteAnswer("The result is cut in its last line", "Ask again, or ask for less at once.")
    if names == [""]:
        return [], rest.count(b"\n")
    table = _cells(names, rest)
    return [_column(name, table.column(name)) for name in names], table.num_rows


def _cells(names: list[str], rest: bytes) -> pa.Table:
    if not rest:
        return pa.table({name: pa.array([], pa.string()) for name in names})
    try:
        return pyarrow.csv.read_csv(
            io.BytesIO(rest),
            # In one block, or a row that is longer than a block would be refused.
            read_options=pyarrow.csv.ReadOptions(column_names=names, block_size=len(rest) + 1),
            parse_options=pyarrow.csv.ParseOptions(
                delimiter="\t", quote_char=False, escape_char=False, ignore_empty_lines=False
            ),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=True, null_values=[""]
            ),
        )
    except pa.ArrowInvalid as error:
        raise IncompleteAnswer(f"The result is no table: {error}", "Ask again, or ask for less at once.") from error


def _column(name: str, cells: pa.ChunkedArray) -> Column:
    column = cells.combine_chunks()
    if isinstance(column, pa.ChunkedArray):
        column = column.chunk(0) if column.num_chunks else pa.array([], pa.string())
    bound = len(column) - column.null_count
    if bound and pc.all(pc.starts_with(column, "<")).as_py() and not pc.any(pc.starts_with(column, "<<")).as_py():
        return Column(name, column, ready=pc.utf8_slice_codeunits(column, 1, -1))
    if bound and pc.all(pc.match_substring_regex(column, _WHOLE)).as_py():
        return Column(name, column, ready=pc.cast(column, pa.int64()), datatypes=frozenset({XSD + "integer"}))
    if bound and (alike := _texts_alike(name, column)):
        return alike
    if bound and pc.all(pc.match_substring_regex(column, _PLAIN)).as_py():
        return _texts(name, column)
    coded = column.dictionary_encode()
    terms = [read_term(text) for text in coded.dictionary.to_pylist()]
    return Column(name, coded.indices, terms, datatypes=frozenset(t.datatype for t in terms if t.datatype))


def _texts_alike(name: str, column: pa.Array) -> Column | None:
    """A column of texts without escapes that all end alike, in one language or in none: they are cut, not matched."""
    first: str = column[pc.index(pc.is_valid(column), True).as_py()].as_py()
    found = _END.search(first)
    if found is None:
        return None
    end, language = found[0], found[1]
    alike = pc.and_(pc.starts_with(column, '"'), pc.ends_with(column, end))
    plain = pc.and_(pc.equal(pc.count_substring(column, '"'), 2), pc.invert(pc.match_substring(column, "\\")))
    if not pc.all(pc.and_(alike, plain)).as_py():
        return None
    text = pc.utf8_slice_codeunits(column, 1, -len(end))
    if language is None:
        return Column(name, column, ready=text, datatypes=frozenset({STRING}))
    tagged = pc.if_else(pc.is_valid(column), pa.scalar(language, pa.string()), pa.scalar(None, pa.string()))
    return Column(name, column, ready=text, languages=tagged, datatypes=frozenset({LANGUAGE_STRING}))


def _texts(name: str, column: pa.Array) -> Column:
    """A column of nothing but texts without escapes."""
    found = pc.extract_regex(column, _PLAIN)
    text, language = pc.struct_field(found, [0]), pc.struct_field(found, [1])
    # Null where the column is; a group that did not take part is an empty text.
    tagged = pc.if_else(pc.equal(language, ""), pa.scalar(None, pa.string()), language)
    kinds = {LANGUAGE_STRING} if tagged.null_count < len(tagged) else set()
    if tagged.null_count > column.null_count:
        kinds.add(STRING)
    known = tagged if LANGUAGE_STRING in kinds else None
    return Column(name, column, ready=text, languages=known, datatypes=frozenset(kinds))


def read_term(text: str) -> Term:
    """One term as TSV writes it: in Turtle's words."""
    if text.startswith("<") and not text.startswith("<<"):
        return Term(text[1:-1], None, "", text[1:-1], kept=False)
    if text.startswith('"'):
        return _literal(text)
    if text in {"true", "false"}:
        return Term(text == "true", None, XSD + "boolean", text, kept=False)
    if text[:1] in "+-.0123456789":
        kind = "integer" if _INTEGER.fullmatch(text) else "double" if "e" in text.lower() else "decimal"
        return _typed(text, XSD + kind)
    return Term(text, None, "", text, kept=False)


def _literal(text: str) -> Term:
    end = text.rindex('"')
    lexical, suffix = text[1:end], text[end + 1 :]
    if "\\" in lexical:
        lexical = _ESCAPE.sub(_unescaped, lexical)
    if suffix.startswith("@"):
        return Term(lexical, suffix[1:], LANGUAGE_STRING, lexical, kept=False)
    return _typed(lexical, suffix[3:-1] if suffix else STRING)


def _typed(lexical: str, datatype: str) -> Term:
    try:
        return Term(value_of(lexical, datatype), None, datatype, lexical, kept=False)
    except ValueError:
        return Term(lexical, None, datatype, lexical, kept=True)


def _unescaped(found: re.Match[str]) -> str:
    code = found[1] or found[2]
    return chr(int(code, 16)) if code else _CONTROL.get(found[3], found[3])
