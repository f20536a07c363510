"""A registry keeper with OpenRefine and a spreadsheet: the real program, the real page, from the service to the export."""

import csv
import html
import io
import json
import re
from collections.abc import Iterator

import pytest

from tests.conftest import Server
from tests.http import openrefine
from tests.http.openrefine import EVERY_ROW, OpenRefine
from tests.http.test_reconciliation import rows_of_the_list


@pytest.fixture(scope="module")
def refine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenRefine]:
    program = openrefine.start(tmp_path_factory.mktemp("openrefine"))
    yield program
    program.stop()


def test_a_list_is_linked_judged_extended_and_exported(refine: OpenRefine, server: Server) -> None:
    rows = rows_of_the_list()
    table = io.StringIO()
    csv.writer(table).writerows([["row", "name"], *([n, row["given"]] for n, row in enumerate(rows))])
    refine.upload("list", table.getvalue().encode())
    manifest = refine.add_service(_address_on_the_page(server))
    _reconcile(refine, manifest)
    judged = refine.judged(1)
    assert len(judged) == len(rows)
    for row, cell in zip(rows, judged, strict=True):
        match = cell.get("m")
        assert cell["j"] != "matched" or match["id"] in row["right"].split("|"), row
        assert cell["j"] == "matched" or row["certain"] != "yes", row
    assert sum(cell["j"] == "matched" for cell in judged) >= 30
    _judge_the_rest(refine, manifest)
    _extend(refine, manifest)
    exported = list(csv.DictReader(io.StringIO(_exported(refine))))
    wrong = [
        row["given"] for row, line in zip(rows, exported, strict=True) if line["id"] not in row["right"].split("|")
    ]
    assert len(wrong) <= len(rows) // 20, wrong
    mobility = next(line for line in exported if line["id"].endswith("brussel-mobiliteit"))
    assert mobility["naam (fr)"] == "Bruxelles Mobilité"
    assert list(mobility)[:2] == ["row", "name"]


def _address_on_the_page(server: Server) -> str:
    """The address that the page for registries says to paste."""
    page = html.unescape(server.get("/nl/registries")[2].decode())
    found = re.search(r"<code>(http\S+/reconcile)</code>", page)
    assert found
    return found[1]


def _reconcile(refine: OpenRefine, manifest: dict[str, object]) -> None:
    service = refine.services[-1]
    guessed = json.loads(refine.post("guess-types-of-column", columnName="name", service=service))
    names = {one["id"]: one["name"] for one in guessed["types"]}
    assert names["org:Organization"] == "organisatie"
    config = {
        "mode": "standard-service",
        "service": service,
        "identifierSpace": manifest["identifierSpace"],
        "schemaSpace": manifest["schemaSpace"],
        "type": None,
        "autoMatch": True,
        "columnDetails": [],
        "limit": 0,
    }
    refine.command("reconcile", columnName="name", engine=EVERY_ROW, config=json.dumps(config))


def _judge_the_rest(refine: OpenRefine, manifest: dict[str, object]) -> None:
    """As a person who takes the first candidate, and says that there is none where there is none."""
    for number, cell in enumerate(refine.judged(1)):
        if cell["j"] == "matched":
            continue
        first = next(iter(cell.get("c", ())), None)
        given = {"row": str(number), "cell": "1", "identifierSpace": str(manifest["identifierSpace"]),
                 "schemaSpace": str(manifest["schemaSpace"]), "service": refine.services[-1]}  # fmt: skip
        if first is None:
            refine.command("recon-judge-one-cell", judgment="new", **given)
        else:
            chosen = {"id": first["id"], "name": first["name"], "score": str(first["score"])}
            types = ",".join(first["types"])
            refine.command("recon-judge-one-cell", judgment="matched", types=types, **chosen, **given)
    assert {cell["j"] for cell in refine.judged(1)} <= {"matched", "new"}


def _extend(refine: OpenRefine, manifest: dict[str, object]) -> None:
    properties = ({"id": "skos:prefLabel@fr", "name": "naam (fr)"}, {"id": "status", "name": "status"},
                  {"id": "successor", "name": "opvolger"})  # fmt: skip
    refine.command(
        "extend-data",
        engine=EVERY_ROW,
        baseColumnName="name",
        endpoint=refine.services[-1],
        identifierSpace=str(manifest["identifierSpace"]),
        schemaSpace=str(manifest["schemaSpace"]),
        columnInsertIndex="2",
        extension=json.dumps({"properties": properties}),
    )


def _exported(refine: OpenRefine) -> str:
    """Export with a column of the identifiers; successors of one body are several lines, of which the first counts."""
    refine.command(
        "add-column",
        engine=EVERY_ROW,
        baseColumnName="name",
        newColumnName="id",
        columnInsertIndex="2",
        expression="grel:if(cell.recon.match == null, '', cell.recon.match.id)",
        onError="store-error",
    )
    lines = list(csv.reader(io.StringIO(refine.export("csv"))))
    out = io.StringIO()
    csv.writer(out).writerows([lines[0], *(line for line in lines[1:] if line[0])])
    return out.getvalue()
