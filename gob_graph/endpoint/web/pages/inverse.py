"""What a relation is called from its other end: “is chaired by” on the page of the body, “chairs” on that of the chair.

A property whose inverse has a name of its own is shown by that name; the others have a text here, in four languages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gob_graph.endpoint.description.model import Label
from gob_graph.endpoint.web.pages import i18n
from gob_graph.endpoint.web.pages.i18n import message

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gob_graph.endpoint.web.pages.labels import Labels

_PAIRS: Final = (
    ("dcat:hasVersion", "dcat:isVersionOf"),
    ("dct:replaces", "dct:isReplacedBy"),
    ("gov:assistedBy", "gov:assists"),
    ("gov:chairedBy", "gov:chairs"),
    ("gov:governs", "gov:hasGoverningBody"),
    ("org:changedBy", "org:originalOrganization"),
    ("org:hasPost", "org:postIn"),
    ("org:hasSubOrganization", "org:subOrganizationOf"),
    ("org:hasUnit", "org:unitOf"),
    ("org:resultedFrom", "org:resultingOrganization"),
    ("skos:broader", "skos:narrower"),
    ("skos:hasTopConcept", "skos:topConceptOf"),
)
_ALSO: Final = {"org:transitiveSubOrganizationOf": "org:hasSubOrganization"}
SYMMETRIC: Final = frozenset({"gov:cooperatesCloselyWith", "gov:cooperatesWith", "org:linkedTo", "owl:inverseOf"})
"""Properties that read the same from both ends."""
NAMED: Final[Mapping[str, str]] = {
    **dict(_PAIRS),
    **{second: first for first, second in _PAIRS},
    **_ALSO,
    **{name: name for name in SYMMETRIC},
}
"""The property that says the same from the other end, by compact IRI."""
TEXTS: Final[Mapping[str, str]] = {
    "adms:identifier": message("identifies"),
    "cv:contactPoint": message("is the contact point of"),
    "cv:hasFormalFramework": message("is the legal framework of"),
    "dcat:dataset": message("is in the catalogue"),
    "dcat:hasCurrentVersion": message("is the current version of"),
    "dct:audience": message("is the audience of"),
    "dct:creator": message("is the creator of"),
    "dct:isPartOf": message("contains"),
    "dct:publisher": message("publishes"),
    "dct:spatial": message("is the territory of"),
    "dct:subject": message("is the subject of"),
    "dct:temporal": message("is the period of"),
    "dct:type": message("is the kind of"),
    "gov:appliesTo": message("applied to it"),
    "gov:aspect": message("is an aspect of"),
    "gov:beneficiary": message("is a beneficiary of"),
    "gov:byMeansOf": message("is the means for"),
    "gov:changeType": message("is the kind of"),
    "gov:claimedBy": message("claims"),
    "gov:compositionOf": message("has the composition"),
    "gov:concerns": message("is the object of"),
    "gov:conductQuality": message("is a quality of"),
    "gov:currency": message("is the currency of"),
    "gov:dateQualifier": message("narrows the date of"),
    "gov:decisionBy": message("decides on"),
    "gov:derivedBy": message("derives"),
    "gov:direction": message("is the direction of"),
    "gov:endEvent": message("is the end of"),
    "gov:figureOf": message("has the figure"),
    "gov:followedBy": message("follows"),
    "gov:formerUnitOf": message("had as a unit"),
    "gov:frequencyBound": message("limits"),
    "gov:hasAmbition": message("is an ambition of"),
    "gov:hasResponsibility": message("is a responsibility of"),
    "gov:hasValue": message("is a value of"),
    "gov:helpsWith": message("help is given by"),
    "gov:implementsPolicy": message("is implemented by"),
    "gov:inFrameworkOf": message("is the framework of"),
    "gov:includesRole": message("is included in"),
    "gov:increaseFor": message("gets more, according to"),
    "gov:increaseOf": message("there is to be more of it, according to"),
    "gov:indicator": message("is measured by"),
    "gov:instrumentOf": message("has the instrument"),
    "gov:legalBasis": message("is the legal basis of"),
    "gov:meetingSchedule": message("is the meeting schedule of"),
    "gov:memberKind": message("is the kind of members of"),
    "gov:membershipCriterion": message("is the membership criterion of"),
    "gov:modality": message("is the modality of"),
    "gov:oversees": message("is overseen by"),
    "gov:planOf": message("has the plan"),
    "gov:policyOf": message("has the policy"),
    "gov:principalInstrumentOf": message("has the principal instrument"),
    "gov:renamingEvent": message("renames"),
    "gov:reportedBy": message("reports"),
    "gov:reportedUnitOf": message("has as a unit, by reports"),
    "gov:responsibilityKind": message("is the kind of"),
    "gov:startEvent": message("is the beginning of"),
    "gov:topic": message("is the subject of"),
    "gov:unitOfMeasure": message("is the unit of"),
    "gov:wording": message("is the wording of"),
    "locn:address": message("is the address of"),
    "oa:hasBody": message("is supported by"),
    "oa:hasSelector": message("is the place of"),
    "oa:hasSource": message("is the source of"),
    "oa:hasTarget": message("is the target of"),
    "oa:refinedBy": message("refines"),
    "org:classification": message("is the kind of"),
    "org:purpose": message("is a mission of"),
    "org:role": message("is the role of"),
    "owl:priorVersion": message("is an earlier version of"),
    "owl:versionIRI": message("is a version of"),
    "prov:hadPrimarySource": message("is the source of"),
    "prov:specializationOf": message("has the special form"),
    "prov:wasAttributedTo": message("attributed to it"),
    "prov:wasDerivedFrom": message("led to"),
    "prov:wasQuotedFrom": message("is quoted by"),
    "rdf:type": message("is the class of"),
    "rdfs:domain": message("has the property"),
    "rdfs:isDefinedBy": message("defines"),
    "rdfs:range": message("is the value of the property"),
    "rdfs:subClassOf": message("has the kind"),
    "rdfs:subPropertyOf": message("has the special case"),
    "rov:hasRegisteredOrganization": message("is the registration of"),
    "schema:measuredProperty": message("is measured by"),
    "schema:observationAbout": message("has the figure"),
    "sh:declare": message("is declared by"),
    "skos:inScheme": message("has the concept"),
    "skos:member": message("is in the collection"),
    "spdx:checksum": message("is the checksum of"),
    "void:class": message("is counted by"),
    "void:classPartition": message("is a part of"),
    "void:exampleResource": message("is an example in"),
    "void:property": message("is counted by"),
    "void:propertyPartition": message("is a part of"),
    "void:subset": message("is a part of"),
    "void:vocabulary": message("is used by"),
}
"""What the others are called from the other end."""


def inverse_label(labels: Labels, iri: str, language: str) -> Label:
    """The name of a property as it reads from the thing that it leads to; the project's own wording.

    Args:
        labels: the names of the release.
        iri: the property.
        language: that of the page.
    """
    name = labels.compact(iri)
    if text := TEXTS.get(name):
        return Label(i18n.gettext(text), language)
    if other := labels.expand(NAMED.get(name, "")):
        return labels.of(other, language)
    return Label(i18n.gettext("“%(property)s” of") % {"property": labels.of(iri, language).text}, language)
