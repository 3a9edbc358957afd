r"""A summary as a LaTeX tabular, without any package; names are escaped."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from prefmath.models._inference.marks import NOT_DETERMINED
from prefmath.models._inference.summary_rows import HEADER, cells_of, figures_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from prefmath.models._inference.fit_statistics import FitStatistics
    from prefmath.models._inference.summary_rows import Block

__all__ = ["latex_of"]

_ESCAPED = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"$<$",
    ">": r"$>$",
    "|": r"$|$",
    "ρ²": r"$\rho^2$",
    "±": r"$\pm$",
    "…": r"\ldots{}",
    '"': "''",
    # After the end of a line these would be its arguments.
    "[": "{[}",
    "]": "{]}",
    "*": "{*}",
    **{sign: "\\" + sign for sign in "&%$#_{}"},
}
_TO_ESCAPE = re.compile("|".join(map(re.escape, _ESCAPED)))
_EXPONENT = re.compile(r"([0-9.]+)e([-+][0-9]+)")
_INFINITE = re.compile(r"\binf\b")


def latex_of(
    statistics: FitStatistics, blocks: Sequence[Block], notes: Sequence[str], level: float
) -> str:
    """Return a tabular of six columns: a block a class, the figures of fit, and the notes."""
    any_marked = any(row.mark for block in blocks for row in block.rows)
    names = ["$z$" if name == "z" else "$p$" if name == "p" else name for name in HEADER]
    header = ["", *names, rf"{100 * level:.10g}\% interval"]
    lines = [r"\begin{tabular}{lrrrrr}", r"\hline", _line(header), r"\hline"]
    for block in blocks:
        if block.title:
            lines.append(rf"\multicolumn{{6}}{{l}}{{\textit{{{escaped(block.title)}}}}} \\")
        for row in block.rows:
            label, *figures = cells_of(row, any_marked=any_marked)
            lines.append(_line([escaped(label), *map(_figure, figures)]))
        if block.rest:
            lines.append(_line([rf"\ldots{{}} {block.rest:,} more", *[""] * 5]))
    lines.append(r"\hline")
    for name, figure in figures_of(statistics):
        lines.append(_line([escaped(name), _figure(figure), *[""] * 4]))
    lines.append(r"\hline")
    lines += [rf"\multicolumn{{6}}{{l}}{{{escaped(note)}}} \\" for note in notes]
    return "\n".join([*lines, r"\end{tabular}"])


def escaped(text: str) -> str:
    r"""Return text that LaTeX prints as it is.

    Examples
    --------
    >>> print(escaped("50%_off & more"))
    50\%\_off \& more
    """
    return _TO_ESCAPE.sub(lambda found: _ESCAPED[found[0]], " ".join(text.split()))


def _figure(text: str) -> str:
    """Return a number, or an interval of two, with signs as mathematics has them."""
    text = text.rstrip()
    if text.startswith(NOT_DETERMINED):
        return NOT_DETERMINED
    text = text.replace("<", "$<$").replace("-", "$-$")
    text = _EXPONENT.sub(_power, text.replace("e$-$", "e-"))
    return _INFINITE.sub(r"$\\infty$", text)


def _power(found: re.Match[str]) -> str:
    return rf"{found[1]} $\times 10^{{{int(found[2])}}}$"


def _line(cells: Sequence[str]) -> str:
    return " & ".join(cells) + r" \\"
