"""What the detail of an error says, as patterns: written in English where it is raised, told in the language of a page.

The body of ``application/problem+json`` keeps the English text. A detail that has no pattern here is for programs, or
is the engine's own text: a page shows it as it is, tagged as English.
"""

from __future__ import annotations

from typing import Final

from gob_graph.endpoint.web.pages.i18n import message

OF_QUERIES: Final = (
    message("SERVICE would make this server ask another; let your client ask both"),
    message("this is an update; the graph changes by releases"),
    message("there is no 'query' parameter"),
    message("there are %(count)s queries in this request"),
    message("the query is empty"),
    message("the query has %(size)s bytes; the limit is %(limit)s"),
    message("the query has more than %(size)s bytes"),
    message("the address has %(size)s bytes; the limit is %(limit)s. Use POST"),
    message("the query needs more than %(size)s MiB of memory"),
    message("the result is larger than %(size)s MiB"),
    message("the query was stopped after %(seconds)s s"),
    message("the query process was ended from outside"),
    message("the query process gave the answer to another query; it was not sent"),
    message("the query ended its process; it is nested too deeply or too complex"),
    message("no query process can be started now"),
    message("all %(count)s query processes are busy"),
    message("%(running)s of your queries are running and %(waiting)s waiting"),
    message("you have used more than %(seconds)s s of processor time, and other clients are served first"),
    message("%(name)s=%(value)s is no absolute IRI"),
    message("format=%(name)s is unknown; known are %(known)s"),
    message("this query gives a %(kind)s result"),
    message("there is no release %(name)s here"),
    message("%(name)s is given more than once"),
    message("%(count)s older releases are in use"),
)
"""Of the engine and the protocol: a person meets them in the workbench."""
NOTHING_THERE: Final = message("nothing is served at %(path)s")
"""The detail of an address that no route has."""
OF_PAGES: Final = (
    NOTHING_THERE,
    message("nothing is known of %(path)s"),
    message("/%(path)s was withdrawn"),
    message("/%(path)s is no description"),
    message("no release says anything of /%(path)s"),
    message("date=%(text)s is no day; write it as 2019-01-31"),
    message("the ontology has no term %(name)s"),
    message("there is no list of %(kind)s"),
    message("nothing has the %(facet)s %(value)s"),
    message("this list has %(pages)s page(s)"),
    message("this class has %(pages)s page(s)"),
    message("the graph has no class %(name)s with members"),
    message("nothing links it"),
    message("the source page has no statement %(name)s"),
    message("there is no question %(name)s"),
    message("there is no drawing of a question %(name)s"),
    message("the release has no table %(name)s"),
    message("the latest release has no file %(name)s"),
    message("release %(release)s has no file %(name)s"),
    message("%(name)s of release %(release)s is no longer kept"),
    message("%(name)s of release %(release)s is damaged here"),
    message("release %(release)s cannot be loaded"),
    message("one of %(old)s, %(new)s cannot be read"),
    message("its manifest is damaged"),
    message("there is one release only, so nothing changed yet"),
    message("format=%(name)s is unknown here; known are %(known)s"),
    message("%(name)s=%(value)s is none of %(known)s"),
    message("there is no file %(name)s in the bundle"),
    message("there is no /%(path)s"),
    message("no contact is set here"),
    message("give an identifier: ?identifier=…"),
    message("the table is not UTF-8 at byte %(place)s"),
    message("%(count)s rows; the limit is %(limit)s"),
    message("there is no column %(name)s; the columns are: %(columns)s"),
    message("no column holds addresses of this graph; name it: ?column=…"),
    message("a table needs a row of column names and at least one row"),
    message("the body has more than %(size)s bytes"),
    message("the body has %(size)s bytes; the limit is %(limit)s"),
    message("the request id is %(request)s"),
)
"""Of the pages and files."""
