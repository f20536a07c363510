"""Names and explanations, in four languages, of what the tables have beside the columns of the shapes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gob_graph.vocab import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gob_graph.pipeline.tables.shapes import Texts


def _four(nl: str, fr: str, de: str, en: str) -> Texts:
    return dict(zip(LANGUAGES, (nl, fr, de, en), strict=True))


WORDS: Mapping[str, Texts] = {
    "iri": _four("adres", "adresse", "Adresse", "address"),
    "iri-text": _four(
        "Het adres (IRI) van wat de rij beschrijft; het verandert nooit.",
        "L’adresse (IRI) de ce que décrit la ligne ; elle ne change jamais.",
        "Die Adresse (IRI) dessen, was die Zeile beschreibt; sie ändert sich nie.",
        "The address (IRI) of what the row describes; it never changes.",
    ),
    "label": _four("benaming", "libellé", "Bezeichnung", "label"),
    "label-text": _four(
        "De benaming in de eerste van deze talen die er een heeft: Nederlands, Frans, Engels, Duits.",
        "Le libellé dans la première de ces langues qui en a un : néerlandais, français, anglais, allemand.",
        "Die Bezeichnung in der ersten dieser Sprachen, die eine hat: Niederländisch, Französisch, Englisch, Deutsch.",
        "The label in the first of these languages that has one: Dutch, French, English, German.",
    ),
    "lang": _four("taal", "langue", "Sprache", "language"),
    "lang-text": _four(
        "De taal van de tekst ernaast.",
        "La langue du texte à côté.",
        "Die Sprache des Textes daneben.",
        "The language of the text beside it.",
    ),
    "datatype": _four("datatype", "type de donnée", "Datentyp", "datatype"),
    "datatype-text": _four(
        "Het datatype van de waarde ernaast; leeg bij een adres.",
        "Le type de donnée de la valeur à côté ; vide pour une adresse.",
        "Der Datentyp des Wertes daneben; leer bei einer Adresse.",
        "The datatype of the value beside it; empty for an address.",
    ),
    "year": _four("jaar", "année", "Jahr", "year"),
    "year-text": _four(
        "Het jaar van de datum ernaast, als getal.",
        "L’année de la date à côté, en nombre.",
        "Das Jahr des Datums daneben, als Zahl.",
        "The year of the date beside it, as a number.",
    ),
    "column": _four("kolom", "colonne", "Spalte", "column"),
    "column-text": _four(
        "De kolom waarvan dit een waarde is.",
        "La colonne dont ceci est une valeur.",
        "Die Spalte, von der dies ein Wert ist.",
        "The column that this is a value of.",
    ),
    "table": _four("tabel", "tableau", "Tabelle", "table"),
    "table-text": _four(
        "De tabel waarin de kolom staat.",
        "Le tableau où figure la colonne.",
        "Die Tabelle, in der die Spalte steht.",
        "The table that the column stands in.",
    ),
    "number": _four("volgnummer", "numéro d’ordre", "laufende Nummer", "number"),
    "number-text": _four(
        "De hoeveelste waarde van de kolom in die rij.",
        "Le rang de la valeur dans la colonne de cette ligne.",
        "Der wievielte Wert der Spalte in dieser Zeile.",
        "Which of the values of the column in that row.",
    ),
    "value": _four("waarde", "valeur", "Wert", "value"),
    "value-text": _four(
        "De waarde: een adres of een tekst.",
        "La valeur : une adresse ou un texte.",
        "Der Wert: eine Adresse oder ein Text.",
        "The value: an address or a text.",
    ),
    "layer": _four("laag", "couche", "Schicht", "layer"),
    "layer-text": _four(
        "De laag van de graaf: source en external steunen op een bron, vocab is onze formulering.",
        "La couche du graphe : source et external reposent sur une source, vocab est notre formulation.",
        "Die Schicht des Graphen: source und external beruhen auf einer Quelle, vocab ist unsere Formulierung.",
        "The layer of the graph: source and external rest on a source, vocab is our wording.",
    ),
    "list-values": _four("Waarden van lijsten", "Valeurs des listes", "Werte der Listen", "Values of lists"),
    "list-values-text": _four(
        "Wat in een kolom van een andere tabel meermaals kan voorkomen: één waarde per rij.",
        "Ce qui peut figurer plusieurs fois dans une colonne d’un autre tableau : une valeur par ligne.",
        "Was in einer Spalte einer anderen Tabelle mehrfach vorkommen kann: ein Wert je Zeile.",
        "What may occur several times in a column of another table: one value a row.",
    ),
}
"""By what is named; with ``-text`` the explanation."""
BETWEEN: Mapping[str, str] = _four(": ", " : ", ": ", ": ")
"""What stands between the name of a column and that of what is beside it."""
