"""How wide a text is in a drawing, where nothing wraps by itself.

The widths are those of Arial, which Liberation Sans and Helvetica share, in thousandths of the font size. Read from
Liberation Sans 2.1; accented letters are as wide as their base letter unless they are listed.
"""

from __future__ import annotations

import unicodedata

REGULAR = {
    191: "'",
    222: "ijlłſ‘’",
    260: "|¦",
    278: " !,./:;I[\\]ft\u00a0·ìíîïĩīĭıŧ",
    333: "()-`r¡¨²³´¸¹“”„‹›",
    334: "{}",
    355: '"',
    389: "*",
    400: "°",
    469: "^",
    500: "Jcksvxyzĸ",
    556: "#$0123456789?L_abdeghnopqu¢£¤¥§«»ðþđħŁŋ–€",
    584: "+<=>~¬×±÷",
    611: "FTZ¿ßøŦ",
    667: "&ABEKPSVXYÞ",
    722: "CDHNRUwÐĐĦ",
    778: "GOQØ",
    833: "Mm¼½¾",
    889: "%æ",
    944: "Wœ",
    1000: "ÆŒ—…",
    1015: "@",
}
BOLD = {
    238: "'",
    278: " ,./I\\ijl\u00a0·ıłſ‘’|¦",
    333: "!()-:;[]`ft¡¨²³´¸¹ŧ‹›",
    389: "*r{}°",
    474: '"',
    500: "z“”„",
    556: "#$0123456789J_aceksvxy¢£¤¥§«»ĸ–€",
    584: "+<=>^~¬×±÷",
    611: "?FLTZbdghnopqu¿ßðøþđħŁŋŦ",
    667: "EPSVXYÞ",
    722: "&ABCDHKNRUÐĐĦ",
    778: "GOQwØ",
    833: "M¼½¾",
    889: "%mæ",
    944: "Wœ",
    975: "@",
    1000: "ÆŒ—…",
}
WIDTHS = tuple({c: width for width, chars in table.items() for c in chars} for table in (REGULAR, BOLD))
UNKNOWN = 800
"""For characters of other scripts: rather too wide than too narrow."""
SPARE = 1.02
"""Room for what a renderer rounds."""


def width(text: str, size: float, *, bold: bool = False) -> float:
    """The width of a text at a font size, in its unit."""
    known = WIDTHS[bold]
    total = 0
    for char in text:
        base = unicodedata.normalize("NFD", char)[0]
        total += known.get(char, known.get(base, UNKNOWN))
    return total * size / 1000 * SPARE


def wrapped(text: str, room: float, size: float, *, bold: bool = False) -> list[str]:
    """The lines of a text that fit a width; a word that is too wide by itself is broken."""
    lines: list[str] = []
    line = ""
    for word in text.split():
        longer = f"{line} {word}".strip()
        if width(longer, size, bold=bold) <= room:
            line = longer
            continue
        if line:
            lines.append(line)
        line = word
        while width(line, size, bold=bold) > room:
            cut = max(1, next(i for i in range(len(line), 0, -1) if i == 1 or width(line[:i], size, bold=bold) <= room))
            lines.append(line[:cut])
            line = line[cut:]
    return [*lines, line] if line else lines
