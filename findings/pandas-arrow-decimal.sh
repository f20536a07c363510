#!/usr/bin/env bash
# pandas 3.1.1 with pyarrow 26.0.1: a column of Arrow decimals, which is what reading Parquet or a database with
# dtype_backend="pyarrow" gives, has a mean that is rounded to the digits of the column, without a word: the mean of 1 and 2
# in decimal128(38, 0) is 2, by groups too, while the median is 1.5. `describe()` of such a column fails, and so do products
# and quotients of two columns of full width. Objects of decimal.Decimal, or floats, have none of this.
#
# Seen:
#   mean 2, by group 2, median 1.5, objects 1.5
#   describe: ArrowTypeError; product: ArrowInvalid
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pandas==3.1.1 pyarrow==26.0.1
"$folder/venv/bin/python" - <<'PYTHON'
from decimal import Decimal

import pandas as pd
import pyarrow as pa

print("pandas", pd.__version__, "pyarrow", pa.__version__)
values = [Decimal(1), Decimal(2)]
column = pd.Series(values, dtype=pd.ArrowDtype(pa.decimal128(38, 0)))
grouped = column.to_frame("x").assign(group=1).groupby("group")["x"].mean().iloc[0]
objects = pd.Series(values, dtype=object).mean()
print("mean", column.mean(), "by group", grouped, "median", column.median(), "objects", objects)
assert (column.mean(), grouped, objects) == (2, 2, Decimal("1.5")), "the mean is another one now"
assert column.median() == 1.5
for name, call in {"describe": column.describe, "product": lambda: column * column}.items():
    try:
        call()
    except (pa.ArrowInvalid, TypeError) as error:
        print(f"{name}:", type(error).__name__)
    else:
        raise SystemExit(f"{name} works now")
PYTHON
