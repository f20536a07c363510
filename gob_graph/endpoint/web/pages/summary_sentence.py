"""What a thing is, in one sentence made from its facts: the first of `SENTENCES` whose facts are there.

A sentence begins with the kind of thing (“This administration …”), as names have no article in any language; numbers
keep what limits them, and what no source says is not filled in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from markupsafe import Markup, escape

from gob_graph.endpoint.web.pages import i18n
from gob_graph.endpoint.web.pages.about_thing import quoted, said, words
from gob_graph.endpoint.web.pages.i18n import message
from gob_graph.endpoint.web.pages.institution_page import moment
from gob_graph.vocab import DCAT, OWL, SKOS

if TYPE_CHECKING:
    from gob_graph.endpoint.web.pages.about_thing import About
    from gob_graph.endpoint.web.pages.institution_page import Telling

Sentence = "Callable[[About, Telling], Markup | None]"


def _institution(about: About, tell: Telling) -> Markup | None:
    government, count = about.thing("gov:principalInstrumentOf"), about.text("gov:statedUnitCount")
    if not government or not count:
        return None
    text = message(
        "This institution is the principal instrument of the government (%(government)s) "
        "and has %(count)s administrations."
    )
    return said(text, government=about.name(government), count=count)


def _administration(about: About, tell: Telling) -> Markup | None:
    whole = about.thing("org:unitOf")
    if not whole:
        return None
    count = len(tell.known.things(whole, about.tell.labels.expand("org:hasUnit") or ""))
    if not count:
        return said(message("This unit is a part of: %(whole)s."), whole=about.name(whole))
    text = message("This administration is one of the %(count)s that make up the institution (%(whole)s).")
    return said(text, count=i18n.number(count), whole=about.name(whole))


def _reported(about: About, tell: Telling) -> Markup | None:
    whole = about.thing("gov:reportedUnitOf")
    text = message(
        "Reports name this unit as a part of the institution (%(whole)s); the page of the institution does not."
    )
    return said(text, whole=about.name(whole)) if whole else None


def _board(about: About, tell: Telling) -> Markup | None:
    whole, chairs = about.thing("gov:governs"), about.things("gov:chairedBy")
    if not whole or not chairs:
        return None
    text = message("This body governs the institution (%(whole)s); its chair is: %(chair)s.")
    return said(text, whole=about.name(whole), chair=about.names(chairs))


def _post(about: About, tell: Telling) -> Markup | None:
    chaired, assisted = about.saying("gov:chairedBy"), about.saying("gov:assistedBy")
    if chaired:
        return said(message("This post chairs: %(body)s. The sources name no person."), body=about.names(chaired))
    if assisted:
        return said(message("This post assists: %(whom)s. The sources name no person."), whom=about.names(assisted))
    return None


def _figure(about: About, tell: Telling) -> Markup | None:
    if about.entity.figure is None:
        return None
    figure = tell.figure(about.entity.iri)
    of, indicator = about.thing("gov:figureOf"), about.thing("gov:indicator")
    if not figure.text or not of or not indicator:
        return None
    values = {"what": about.name(indicator), "amount": figure.text, "of": about.name(of)}
    if figure.date:
        return said(message("%(what)s: %(amount)s, of %(date)s (%(of)s)."), date=figure.date, **values)
    return said(message("%(what)s: %(amount)s; the source gives no date (%(of)s)."), **values)


def _renaming(about: About, tell: Telling) -> Markup | None:
    before, after, date = about.best("gov:nameBefore"), about.best("gov:nameAfter"), about.text("dct:date")
    if not before or not after or not date:
        return None
    text = message("%(date)s: the name changed from %(before)s to %(after)s.")
    return said(text, date=moment(date), before=quoted(before), after=quoted(after))


def _event(about: About, tell: Telling) -> Markup | None:
    date, results = about.text("dct:date"), about.things("org:resultingOrganization")
    if not date or not results:
        return None
    qualifiers = [Markup(" ({})").format(about.name(q)) for q in about.things("gov:dateQualifier")]
    when = Markup("").join([escape(moment(date)), *qualifiers])
    originals = about.things("org:originalOrganization")
    if originals:
        text = message("%(when)s: a change that started from: %(before)s; it resulted in: %(after)s.")
        return said(text, when=when, before=about.names(originals), after=about.names(results))
    return said(message("%(when)s: a change that resulted in: %(after)s."), when=when, after=about.names(results))


def _act(about: About, tell: Telling) -> Markup | None:
    issued, published = about.text("dct:issued"), about.text("schema:datePublished")
    if not issued or not published:
        return None
    text = message("This decree is dated %(issued)s; the official journal published it on %(published)s.")
    return said(text, issued=moment(issued), published=moment(published))


def _mission(about: About, tell: Telling) -> Markup | None:
    of, position = about.saying("org:purpose"), about.text("schema:position")
    if not of or not position:
        return None
    count = len(tell.known.things(of[0], about.tell.labels.expand("org:purpose") or ""))
    text = message("Mission %(position)s of the %(count)s of the institution (%(whole)s), in the order of the source.")
    return said(text, position=position, count=i18n.number(count), whole=about.name(of[0]))


OF: Final = (
    ("gov:hasValue", message("One of the shared values of the institution (%(whole)s).")),
    ("gov:helpsWith", message("The institution says that it helps with this (%(whole)s).")),
    ("gov:hasResponsibility", message("One of the responsibilities of the body (%(whole)s).")),
)
"""What a thing is to those that lead to it by a property."""


def _part(about: About, tell: Telling) -> Markup | None:
    for name, text in OF:
        if of := about.saying(name):
            return said(text, whole=about.names(of))
    return None


def _plan(about: About, tell: Telling) -> Markup | None:
    of, period = about.thing("gov:planOf"), about.thing("dct:temporal")
    first, last = (tell.known.text(period or "", p.value) for p in (DCAT.startDate, DCAT.endDate))
    if not of or not first or not last:
        return None
    text = message("The plan of the institution (%(whole)s) for the years %(first)s to %(last)s.")
    return said(text, whole=about.name(of), first=first, last=last)


def _claim(about: About, tell: Telling) -> Markup | None:
    of = about.thing("gov:claimedBy")
    text = message("A claim of the institution (%(whole)s): its source gives no number, no period and no comparison.")
    return said(text, whole=about.name(of)) if of else None


def _list(about: About, tell: Telling) -> Markup | None:
    count = about.count_of("skos:inScheme")
    if SKOS.ConceptScheme.value not in about.entity.types or not count:
        return None
    return said(message("A list of %(count)s concepts."), count=i18n.number(count))


def _concept(about: About, tell: Telling) -> Markup | None:
    schemes = about.things("skos:inScheme")
    return said(message("A concept of the list: %(lists)s."), lists=about.names(schemes)) if schemes else None


def _statement(about: About, tell: Telling) -> Markup | None:
    subject, predicate = about.thing("rdf:subject"), about.thing("rdf:predicate")
    values = [*(about.name(i) for i in about.things("rdf:object"))]
    if not subject or not predicate:
        return None
    value = values[0] if values else said(message("“%(words)s”"), words=about.text("rdf:object") or "")
    text = message("One fact of the graph: %(subject)s – %(property)s – %(value)s.")
    return said(text, subject=about.name(subject), property=about.name(predicate), value=value)


def _kind(about: About, tell: Telling) -> Markup | None:
    kind = about.tell.labels.kind(about.entity.iri)
    if not kind or kind == OWL.NamedIndividual.value or not about.tell.labels.known(kind):
        return None
    return said(message("Recorded here as: %(kind)s."), kind=words(about.tell.name(kind)))


SENTENCES: Final = (
    _institution, _administration, _reported, _board, _post, _figure, _renaming, _event, _act, _mission, _part, _plan,
    _claim, _list, _concept, _statement, _kind,
)  # fmt: skip
"""From the most particular to what can be said of anything."""


def sentence(about: About, tell: Telling) -> Markup | None:
    """The sentence of a thing; None where not even its kind has a name."""
    return next((text for one in SENTENCES if (text := one(about, tell))), None)
