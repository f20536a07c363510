"""What a client reads first of the reconciliation service, and what it shows of one thing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gob_graph import __version__
from gob_graph.endpoint.reconciliation.queries import BATCH
from gob_graph.endpoint.web.context import here
from gob_graph.endpoint.web.pages.i18n import gettext
from gob_graph.endpoint.web.pages.institution import institution
from gob_graph.endpoint.web.pages.reconcile_words import FEATURES
from gob_graph.errors import RequestError

if TYPE_CHECKING:
    from gob_graph.endpoint.reconciliation.service import Service

WIDTH, HEIGHT = 420, 280
"""Pixels of a preview."""


def manifest(service: Service, address: str) -> dict[str, Any]:
    """The manifest of 0.2 (“Service manifest”) of the service at an address."""
    site = here()

    def at(path: str) -> dict[str, str]:
        return {"service_url": address, "service_path": path}

    def suggested(kind: str) -> dict[str, str]:
        return {**at(f"/suggest/{kind}"), "flyout_service_url": address,
                "flyout_service_path": f"/flyout/{kind}?id=${{id}}"}  # fmt: skip

    return {
        "versions": ["0.1", "0.2"],
        "name": _name(service),
        "identifierSpace": f"{site.release.base_iri}/",
        "schemaSpace": f"{site.settings.ontology_base}/ns/governance",
        **_common(service),
        "view": {"url": f"{site.settings.service_url}/{{{{id}}}}"},
        "preview": {"url": f"{address}/preview?id={{{{id}}}}", "width": WIDTH, "height": HEIGHT},
        "suggest": {kind: suggested(kind) for kind in ("entity", "type", "property")},
        "extend": {"propose_properties": at("/properties"), "property_settings": []},
    }


def draft(service: Service, address: str) -> dict[str, Any]:
    """The manifest of the draft of 1.0."""
    site = here()
    return {
        "versions": ["1.0-draft"],
        "name": _name(service),
        **_common(service),
        "view": {"url": f"{site.settings.service_url}/{{id}}"},
        "preview": {"width": WIDTH, "height": HEIGHT},
        "suggest": {"entity": True, "type": True, "property": True},
        "extend": {"proposeProperties": True, "propertySettings": []},
        "standardizedScore": True,
        "lang": service.words.language,
        "x-address": f"{address}/1.0-draft",
    }


def _common(service: Service) -> dict[str, Any]:
    site = here()
    return {
        "documentation": f"{site.settings.service_url}/{service.words.language}/registries",
        "serviceVersion": __version__,
        "logo": f"{site.settings.service_url}/static/mark.svg",
        "defaultTypes": service.default_types(),
        "batchSize": BATCH,
    }


def _name(service: Service) -> str:
    known = institution(service.engine, service.words.language)
    return f"{known.label.text} – {gettext('Organisation data')}"


def with_names(candidates: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Candidates whose features have names too, as the draft of 1.0 wants it."""
    named = {name: gettext(text) for name, text in FEATURES.items()}
    return [{**one, "features": [{**f, "name": named[f["id"]]} for f in one["features"]]} for one in candidates]


def card(service: Service, given: str) -> dict[str, Any]:
    """What is shown of a thing.

    Raises:
        RequestError: there is no such thing (not-found).
    """
    known, language = service.known, service.words.language
    number = known.number(given)
    if number is None:
        raise RequestError("not-found", f"nothing is known of {given[:200]!r}")
    label = known.label(number, language)
    return {
        "title": service.words.name(known, number),
        "title_language": label.language,
        "address": f"{here().settings.service_url}/{known.paths[number]}",
        "iri": known.iri(number),
        "types": [service.words.term(iri) for iri in known.classes.get(number, ())],
        "others": [name for name in known.names(number) if name.text != label.text][:8],
        "former": number in known.ended,
    }
