"""A query in words: what it asks for, pattern by pattern, with the labels of the graph, in the language of the page.

No parser: user SPARQL is parsed in processes that can be killed only. This is a walk over its tokens that knows the
usual parts; where it meets another it says that this part is not explained, and goes on behind it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gob_graph.endpoint.web.pages.explain.statements import Said, Statements
from gob_graph.endpoint.web.pages.explain.terms import END, NotExplainedError, Wording, pairs, tokens
from gob_graph.endpoint.web.pages.i18n import gettext as _

if TYPE_CHECKING:
    from collections.abc import Callable

    from gob_graph.endpoint.engine.tokens import Token
    from gob_graph.endpoint.web.pages.labels import Labels

LONGEST = 8192
"""Characters of a query that is explained; the walk runs in the front, which answers everybody."""
_FORMS = ("SELECT", "ASK", "CONSTRUCT", "DESCRIBE")
_MODIFIERS = ("GROUP", "HAVING", "ORDER", "LIMIT", "OFFSET", "VALUES")


def explain(text: str, labels: Labels) -> list[Said]:
    """What a query asks, in sentences; one sentence that says so when it cannot be explained."""
    if len(text) > LONGEST:
        return [Said(_("The query is too long to be explained."))]
    try:
        found = tokens(text)
        walk = _Walk(found, pairs(found), Wording(text, labels))
        return walk.query()
    except NotExplainedError:
        return [Said(_("The query is not finished, or not written as SPARQL; there is nothing to explain yet."))]


def _under(head: str, parts: list[Said]) -> list[Said]:
    """A single part stands on the line of its head."""
    if len(parts) == 1:
        return [Said(f"{head} {parts[0].text}", parts[0].within)]
    return [Said(head, parts)]


class _Walk(Statements):
    """A walk over a whole query."""

    # the query

    def query(self) -> list[Said]:
        while word := self.accept("PREFIX", "BASE"):
            if word == "PREFIX":
                name = self.take().text.rstrip(":")
                self.words.prefixes[name] = self.take().text.strip("<>")
            else:
                self.take()
        said = self.form()
        while self.look() is not END:
            start = self.at
            try:
                said.append(self.modifier())
            except NotExplainedError:
                self.at = len(self.tokens)
                said.append(self.unexplained(start))
        return said

    def form(self) -> list[Said]:
        form = self.accept(*_FORMS)
        if form == "SELECT":
            said = self.select()
        elif form == "ASK":
            said = [Said(_("Answer yes or no: is there anything for which all of this holds?"))]
        elif form == "CONSTRUCT":
            said = self.construct()
        elif form == "DESCRIBE":
            shown = []
            while self.look().kind in {"variable", "iri", "name"}:
                shown.append(self.words.term(self.take()))
            everything = _("everything that is found") if self.accept("*") else ", ".join(shown)
            said = [Said(_("Show all that is said about %(things)s.") % {"things": everything})]
        else:
            raise NotExplainedError(self.look().text)
        while self.accept("FROM"):
            self.accept("NAMED")
            said.append(Said(_("Only in the part of the data called %(graph)s.") % {"graph": self.name()}))
        self.accept("WHERE")
        if self.look().text == "{":
            said.append(Said(_("All of this holds:"), self.group()))
        return said

    def select(self) -> list[Said]:
        distinct = self.accept("DISTINCT", "REDUCED")
        columns: list[str] = []
        computed: list[Said] = []
        everything = bool(self.accept("*"))
        while self.look().kind == "variable" or self.look().text == "(":
            if self.look().kind == "variable":
                columns.append(self.take().text)
                continue
            inner = self.bracket(3)  # an expression, AS, a variable
            name = inner[-1].text
            columns.append(name)
            computed.append(Said(self.counted(name, inner[:-2])))
        shown = _("everything that has a name below") if everything else ", ".join(columns)
        said = [Said(_("Show a table with these columns: %(columns)s.") % {"columns": shown}, computed)]
        if distinct:
            said.append(Said(_("Show equal rows once.")))
        return said

    def counted(self, name: str, inner: list[Token]) -> str:
        kinds = " ".join(t.upper or t.kind for t in inner)
        values = {"name": name, "of": inner[-2].text if len(inner) > 2 else ""}
        if kinds == "COUNT ( DISTINCT variable )":
            return _("%(name)s is the number of different %(of)s") % values
        if kinds in {"COUNT ( variable )", "COUNT ( * )"}:
            return _("%(name)s is the number of solutions") % values
        return _("%(name)s is computed: %(how)s") % {"name": name, "how": self.words.verbatim(inner)}

    def construct(self) -> list[Said]:
        if self.look().text != "{":
            return [Said(_("Make a graph of what is found."))]
        return [Said(_("Make a graph. For each solution it contains:"), self.group())]

    # groups

    def group(self) -> list[Said]:
        """What stands between braces."""
        end = self.closing.get(self.at, len(self.tokens))
        self.expect("{")
        said: list[Said] = []
        start = self.at
        try:
            with self.deeper():
                if self.look().upper == "SELECT":
                    said += self.inner_query(end)
                while self.at < end:
                    start = self.at
                    said += self.element()
        except NotExplainedError:
            self.at = end
            said.append(self.unexplained(start))
        self.at = end + 1
        return said

    def inner_query(self, end: int) -> list[Said]:
        said = self.form()
        while self.at < end:
            said.append(self.modifier())
        return [Said(_("From a subquery:"), said)]

    def element(self) -> list[Said]:
        if self.look().text == "{":
            return self.alternatives()
        say: dict[str, Callable[[], list[Said]]] = {
            "OPTIONAL": lambda: _under(_("Where it is known, also:"), self.group()),
            "MINUS": lambda: [Said(_("But not where:"), self.group())],
            "GRAPH": lambda: [
                Said(_("In the part of the data called %(graph)s:") % {"graph": self.name()}, self.group())
            ],
            "FILTER": self.filter,
            "BIND": self.bind,
            "VALUES": lambda: [self.values()],
            ".": list,
        }
        word = self.accept(*say)
        return say[word]() if word else self.triples()

    def alternatives(self) -> list[Said]:
        parts = [self.group()]
        while self.accept("UNION"):
            parts.append(self.group())
        if len(parts) == 1:
            return parts[0]
        either = [Said(_("Possibility %(number)s:") % {"number": n}, part) for n, part in enumerate(parts, 1)]
        return [Said(_("At least one of these holds:"), either)]

    def filter(self) -> list[Said]:
        negated = bool(self.accept("NOT"))
        if self.accept("EXISTS"):
            said = (
                _("Only where there is nothing such that:")
                if negated
                else _("Only where there is something such that:")
            )
            return [Said(said, self.group())]
        start = self.at
        while self.look().kind in {"word", "name", "iri"} or self.look().text == "!":
            self.take()
        self.bracket()
        condition = self.words.condition(self.tokens[start : self.at])
        return [Said(_("Only where %(condition)s.") % {"condition": condition})]

    def bind(self) -> list[Said]:
        inner = self.bracket(3)
        name, how = inner[-1].text, inner[:-2]
        kinds = [t.upper or t.kind for t in how]
        if len(how) == 1:
            return [Said(_("%(name)s stands for %(value)s.") % {"name": name, "value": self.words.term(how[0])})]
        if kinds[:2] == ["COALESCE", "("] and set(kinds[2:-1]) <= {"variable", ","}:
            first = ", ".join(t.text for t in how if t.kind == "variable")
            return [Said(_("%(name)s is the first of these that is known: %(of)s.") % {"name": name, "of": first})]
        return [Said(_("%(name)s is computed: %(how)s") % {"name": name, "how": self.words.verbatim(how)})]

    def values(self) -> Said:
        names = self.variables() or [t.text for t in self.bracket()]
        inner = self.bracket()
        plain = len(names) == 1 and all(t.kind in {"iri", "name", "string", "number"} for t in inner)
        rows = ", ".join(map(self.words.term, inner)) if plain else self.words.verbatim(inner)
        return Said(_("%(names)s: one of %(values)s") % {"names": ", ".join(names), "values": rows})

    # what comes last

    def modifier(self) -> Said:
        word = self.accept(*_MODIFIERS)
        if word == "LIMIT":
            return Said(_("At most %(number)s rows.") % {"number": self.take().text})
        if word == "OFFSET":
            return Said(_("Without the first %(number)s rows.") % {"number": self.take().text})
        if word == "VALUES":
            return self.values()
        if word == "HAVING":
            start = self.at
            self.bracket()
            condition = self.words.condition(self.tokens[start : self.at])
            return Said(_("Only groups in which %(condition)s.") % {"condition": condition})
        if word not in {"GROUP", "ORDER"}:
            raise NotExplainedError(self.look().text)
        self.expect("BY")
        parts = ", ".join(self.keys())
        if word == "GROUP":
            return Said(_("One row for each %(parts)s.") % {"parts": parts})
        return Said(_("Sorted by %(parts)s.") % {"parts": parts})

    def keys(self) -> list[str]:
        """What is sorted or grouped by."""
        found = []
        while self.look() is not END and self.look().upper not in {*_MODIFIERS, "}"}:
            downwards = self.accept("DESC", "ASC") == "DESC"
            start = self.at
            if self.look().kind == "variable":
                self.take()
            else:
                while self.look().kind in {"word", "name", "iri"}:
                    self.take()
                self.bracket()
            part = self.words.verbatim(self.tokens[start : self.at]).removeprefix("(").removesuffix(")")
            part = self.words.verbatim(self.tokens[start : self.at]) if part.count("(") != part.count(")") else part
            found.append(_("%(part)s, descending") % {"part": part} if downwards else part)
        return found

    def unexplained(self, start: int) -> Said:
        part = self.words.verbatim(self.tokens[start : self.at])
        shown = part if len(part) <= 160 else part[:159] + "…"
        return Said(_("This part is not explained: %(part)s") % {"part": shown})
