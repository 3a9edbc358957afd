"""What is timed: a piece of work, who does it, and what it could cost at best."""

from __future__ import annotations

import os
import warnings
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

# Small inputs, to see that everything runs: nothing about speed can be read from them.
SMALL = bool(os.environ.get("PREFMATH_BENCH_SMALL"))

# Rates of the machine of the table, two cores together: operations and bytes a second.
FLOAT32, FLOAT64, INT8, MEMORY = 208e9, 104e9, 860e9, 40e9


def scaled(n: int, least: int = 1) -> int:
    """Return how many of `n` to take."""
    return max(n // 100, least) if SMALL else n


@dataclass(frozen=True)
class Call:
    """One way of doing the work.

    `run` is timed; `prepare` brings the data into its form before, `finish` its result into one
    that can be compared.
    """

    run: Callable[[Any], Any]
    prepare: Callable[[Any], Any] = lambda data: data
    finish: Callable[[Any], Any] = lambda result: result
    # Share of the work that it does: times are divided by it.
    share: float = 1.0
    # The module that it needs; where that is missing, it is left out.
    needs: str | None = None
    # Takes so long that it is made once.
    once: bool = False

    @property
    def possible(self) -> bool:
        """Whether what it needs is installed."""
        return self.needs is None or find_spec(self.needs) is not None


@dataclass(frozen=True)
class Floor:
    """Operations and bytes that no way of doing the work can do without."""

    float32: float = 0.0
    float64: float = 0.0
    int8: float = 0.0
    bytes: float = 0.0

    @property
    def seconds(self) -> float:
        """The time that they take at least, arithmetic and memory at once."""
        arithmetic = self.float32 / FLOAT32 + self.float64 / FLOAT64 + self.int8 / INT8
        return max(arithmetic, self.bytes / MEMORY)


@dataclass(frozen=True)
class Work:
    """A piece of work; `agree` asserts that a result equals the baseline's."""

    name: str
    title: str
    data: Callable[[], Any]
    calls: dict[str, Call]
    agree: Callable[[Any, Any], None] | None = None
    # Whose time the others' are divided by.
    baseline: str | None = None
    # The most that prefmath may take: of the time of each of these, its numba backend of that of
    # the native one, and megabytes.
    bars: dict[str, float] = field(default_factory=dict)
    numba_bar: float | None = None
    memory_bar: float | None = None
    floor: Floor | None = None
    # What to say of a result beside its time.
    remark: Callable[[Any], str] = field(default=lambda _: "")

    def prepared(self, who: str) -> Any:
        """Return the data in the form in which this caller takes them."""
        call = self.calls[who]
        if call.needs is not None:
            with warnings.catch_warnings():  # what its authors are warned of
                warnings.simplefilter("ignore")
                import_module(call.needs)
        return call.prepare(_data(self.data))

    def check(self, who: str, result: Any) -> None:
        """Assert that a result is right, where there is something to compare it with."""
        if self.agree is not None and self.calls[self.baseline].possible:
            self.agree(self.calls[who].finish(result), _reference(self))

    def __hash__(self) -> int:
        return hash(self.name)


@cache
def _data(make: Callable[[], Any]) -> Any:
    return make()


@cache
def _reference(work: Work) -> Any:
    call = work.calls[work.baseline]
    return call.finish(call.run(work.prepared(work.baseline)))
