"""A table as Parquet: typed, with lists, and with its descriptions inside the file.

The bytes depend on the rows and on the version of pyarrow only.
"""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

from gob_graph.pipeline.tables.values import DIGITS, SCALE

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa

    from gob_graph.pipeline.tables.fields import Field
    from gob_graph.pipeline.tables.rows import Filled


def parquet(table: Filled, about: Mapping[str, str]) -> bytes:
    """The file; `about` goes into its metadata."""
    # Here, for it takes long to load and only a build needs it.
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema([_field(f) for f in table.fields], metadata=dict(about))
    arrays = [pa.array(table.columns[f.name], type=schema.field(f.name).type) for f in table.fields]
    stream = io.BytesIO()
    pq.write_table(pa.Table.from_arrays(arrays, schema=schema), stream, compression="snappy")
    return stream.getvalue()


def _field(field: Field) -> pa.Field:
    import pyarrow as pa

    types = {
        "string": pa.string(),
        "integer": pa.int64(),
        "decimal": pa.decimal128(DIGITS, SCALE),
        "boolean": pa.bool_(),
        "date": pa.date32(),
    }
    kind = types[field.type]
    if field.parts == ("",):
        kind = pa.list_(kind)
    elif field.parts:
        kind = pa.list_(pa.struct([pa.field(part, kind if part == "value" else pa.string()) for part in field.parts]))
    about = {
        "titles": json.dumps(field.titles, ensure_ascii=False),
        "descriptions": json.dumps(field.texts, ensure_ascii=False),
    }
    if field.lang:
        about["lang"] = field.lang
    if field.predicate:
        about["property"] = field.predicate.value
    return pa.field(field.name, kind, nullable=not field.required, metadata=about)
