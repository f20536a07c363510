"""The headers that every response carries."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gob_graph.release import Release
    from gob_graph.settings import Settings

EXPOSED = (
    "ETag, Link, Location, Retry-After, Content-Location, Content-Range, Content-Disposition, Repr-Digest, "
    "Memento-Datetime, Vary, Allow, Accept-Post, Accept-Ranges, "
    "Gob-Graph-Release, Gob-Graph-Publication, Gob-Graph-Limits, Gob-Graph-Request"
)
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'"
)


def limits(settings: Settings) -> str:
    """The limits of a public query, as the header Gob-Graph-Limits gives them."""
    return (
        f"time={settings.query_timeout:g} s, memory={settings.query_memory} MiB, result={settings.result_limit} MiB, "
        f"query={settings.query_length} B, running={settings.client_running}"
    )


def standing(release: Release, publication: int, settings: Settings) -> dict[str, str]:
    """What is the same in all of them; `publication` is the number of the one that the server holds."""
    return {
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Expose-Headers": EXPOSED,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Content-Security-Policy": CSP,
        "Gob-Graph-Limits": limits(settings),
        "Gob-Graph-Publication": str(publication),
        "Gob-Graph-Release": release.id,
    }


def public(settings: Settings) -> str:
    """The Cache-Control of a public response: valid for as long as the release is current, which is not known."""
    return f"public, max-age={settings.max_age}"
