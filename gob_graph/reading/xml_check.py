"""Whether an XML document is whole: the RDF parser takes one that is cut between two elements as if it ended there."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.parsers import expat

from gob_graph.errors import SourceError

if TYPE_CHECKING:
    from pathlib import Path


def check_xml(path: Path, body: bytes) -> None:
    """Refuse what is no well-formed XML document; external entities are not read.

    Raises:
        SourceError: at its line and column.
    """
    parser = expat.ParserCreate()
    try:
        parser.Parse(body, True)  # noqa: FBT003 - expat takes no keyword
    except expat.ExpatError as error:
        reason = f"is no whole XML document: {expat.ErrorString(error.code)}"
        raise SourceError(path, reason, error.lineno, error.offset + 1) from error
    except (ValueError, LookupError) as error:  # an encoding that Python does not know
        raise SourceError(path, f"is no XML document that can be read: {error}") from error
