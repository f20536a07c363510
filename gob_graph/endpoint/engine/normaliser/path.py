"""Property paths: their tree, and what can be said of one without looking at data (SPARQL 1.1 section 18.2.2.4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["link", "inverse", "sequence", "alternative", "*", "+", "?", "not"]


@dataclass(frozen=True, slots=True)
class Path:
    """A path: a predicate as it is written (`link`), or an operator and its operands.

    The operands of `not` are the links of a negated property set, those behind a `^` as inverses.
    """

    kind: Kind
    parts: tuple[Path, ...] = ()
    text: str = ""

    def __str__(self) -> str:
        """The path in SPARQL, with a pair of brackets around every operand that is not a predicate."""
        if self.kind == "link":
            return self.text
        operands = [_operand(part) for part in self.parts]
        match self.kind:
            case "inverse":
                return "^" + operands[0]
            case "sequence":
                return "/".join(operands)
            case "alternative":
                return "|".join(operands)
            case "not":
                return "!(" + "|".join(str(part) for part in self.parts) + ")"
            case _:
                return operands[0] + self.kind

    @property
    def simple(self) -> bool:
        """Whether this is one predicate, so that the pattern is a triple pattern."""
        return self.kind == "link"

    @property
    def nullable(self) -> bool:
        """Whether a path of no edges fits, which also connects a term with itself that no graph holds."""
        if self.kind in {"*", "?"}:
            return True
        if self.kind == "alternative":
            return any(part.nullable for part in self.parts)
        return self.kind != "not" and bool(self.parts) and all(part.nullable for part in self.parts)

    @property
    def counted(self) -> bool:
        """Whether an alternative or a negated set decides how often a solution is given: one outside of `*`, `+`, `?`.

        Inside of those a path only says whether two terms are connected.
        """
        if self.kind in {"alternative", "not"}:
            return True
        return self.kind in {"inverse", "sequence"} and any(part.counted for part in self.parts)


def _operand(path: Path) -> str:
    return str(path) if path.kind in {"link", "not"} else f"({path})"
