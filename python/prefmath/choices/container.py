"""Choices: the container of judgements, of annotators, choice sets and outcomes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from prefmath._validate import as_generator
from prefmath.choices import build
from prefmath.choices.concat import concatenated
from prefmath.choices.exploded import exploded
from prefmath.choices.folds import folds_of, split_of
from prefmath.choices.frame import columns_of
from prefmath.choices.sorted_judgements import SortedJudgements
from prefmath.choices.text import described
from prefmath.choices.written_out import written_out

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import ArrayLike

    from prefmath.choices.folds import By
    from prefmath.choices.judgements import Layout


@dataclass(frozen=True, eq=False, repr=False, kw_only=True, slots=True)
class Choices(SortedJudgements):
    """Judgements of annotators, sorted by annotator; the original order is kept beside.

    Make one with `from_pairs`, `from_choice_sets`, `from_rankings` or `from_frame`. All arrays are
    C-contiguous and read-only. An array that needs neither another dtype nor another order is a
    view of the one passed in, which must not be written to afterwards; others are copies.

    Attributes
    ----------
    layout : {"pairs", "choice_sets", "rankings"}
        What a judgement is.
    offsets : ndarray of int64, shape (n_judgements + 1,)
        Judgement i is about ``items[offsets[i]:offsets[i + 1]]``.
    items : ndarray of int32
        Rows of the item table. Pairs: the winner, then the loser. Rankings: best first.
    chosen : ndarray of int32, shape (n_judgements,), or None
        Position of the chosen alternative in its set; None for rankings.
    tied : ndarray of bool, shape (n_judgements,), or None
        Which pairs are ties; None where none is.
    first : ndarray of bool, shape (n_judgements,), or None
        Pairs only: whether the item stored first, the winner, was shown first; None where nobody
        knows.
    n_ranked : ndarray of int32, shape (n_judgements,), or None
        Rankings only: as many stand in order; what follows in the set is unordered.
    weight : ndarray of float64, shape (n_judgements,), or None
        What a judgement weighs beside others of the same person; None where each weighs 1.
    count : ndarray of float64, shape (n_judgements,), or None
        How many people the annotator of a judgement stands for, the same in all judgements of one;
        where nobody is known, how many judgements it stands for. None where each is one.
    context : ndarray with first axis n_judgements, or None
        Covariates or labels of the judgements, carried along.
    annotator_offsets : ndarray of int64, shape (n_annotators + 1,)
        Annotator a made the judgements ``annotator_offsets[a]:annotator_offsets[a + 1]``.
    annotator_ids : ndarray, shape (n_annotators,), or None
        Sorted labels of the annotators; None where one anonymous annotator stands for all, or where
        people have no names, as after ``annotator="each"``.
    item_ids : ndarray, shape (n_items,), or None
        Labels of the rows of the item table; None where items are row numbers.
    n_items : int
        Rows that the item table must have.
    order : ndarray of int64, shape (n_judgements,), or None
        Judgement i was row ``order[i]`` of the input; None where that was sorted.
    item_order : ndarray of int64, or None
        ``items[j]`` was row ``item_order[j]`` of a long data frame whose rows were not in order;
        otherwise None.
    """

    @classmethod
    def from_pairs(
        cls,
        winner: ArrayLike,
        loser: ArrayLike,
        *,
        tie: ArrayLike | None = None,
        first: ArrayLike | None = None,
        annotator: ArrayLike | Literal["each"] | None = None,
        weight: ArrayLike | None = None,
        count: ArrayLike | None = None,
        item_ids: ArrayLike | None = None,
        context: ArrayLike | None = None,
    ) -> Choices:
        r"""Make choices of pairwise judgements.

        Parameters
        ----------
        winner, loser : array_like, shape (n,)
            The preferred item and the other one. Integers without `item_ids` are rows of the
            item table; anything else is a label, of one kind in all columns: 1, 1.0 and "1" are
            not alike (pandas makes floats of integers beside missing values: drop these, and
            ``astype(int)``). A new array holds both, interleaved.
        tie : array_like of bool, shape (n,), optional
            Where true neither won, and `winner` and `loser` are just the two items.
        first : array_like of bool, shape (n,), optional
            Whether `winner` was shown first (on the left), for models with a `position_effect`.
        annotator : array_like, shape (n,), or "each", optional
            Who judged: labels of any one kind. "each" says that every judgement is a person of its
            own, who has no name. One anonymous annotator by default.
        weight : array_like, shape (n,), optional
            What each judgement weighs: finite, not negative. 1 by default. A weight of 3 is the
            judgement seen three times *from one person*; see Notes.
        count : array_like, shape (n,), optional
            How many people, who all answered alike, the annotator of each judgement stands for:
            finite, not negative, the same in all rows of an annotator; 312 ballots in one row.
            Where nobody is named, how many judgements a row stands for. 1 by default.
        item_ids : array_like, shape (n_items,), optional
            Labels of the item table, one a row, in the order of the features.
        context : array_like, first axis n, optional
            Anything to carry along with the judgements.

        Returns
        -------
        Choices

        Raises
        ------
        ValueError
            If lengths differ, there is no judgement, a pair is of one item twice, an item is
            not in `item_ids`, a label is missing or infinite, a weight is negative or not finite,
            the sum of the weights is 0 or overflows, or a column says which side won. Of counts the
            same holds as of weights; and if they differ between rows of an annotator.
        TypeError
            If the items are of several kinds, or `tie`, `first`, `weight` or `count` of the wrong
            one.

        Notes
        -----
        Counted rows are the same data as the rows written out, in everything: likelihood, errors,
        resamples, criteria, scores. With c people of likelihood :math:`\sum_z \pi_z P_z` each, the
        log-likelihood of a mixture has :math:`c \log \sum_z \pi_z P_z`. A weight w says more of
        one person, :math:`\log \sum_z \pi_z P_z^w`: with several classes that is another model,
        and with one class the same but for errors, as robust ones take a row of weight w for one
        unit.

        Counts need not be whole. Survey weights, how many of the population a person stands for,
        are counts once they are scaled to sum to what the sample is worth: to
        :math:`(\sum_h w_h)^2 / \sum_h w_h^2` people [1]_. Then `bic` has so many as its n, standard
        errors have so many units, and a bootstrap draws so many, rounded. Counts that sum to more,
        such as the size of the population, make errors too small.

        References
        ----------
        .. [1] Kish (1965), Survey sampling, section 11.7.

        Examples
        --------
        >>> from prefmath.choices import Choices
        >>> choices = Choices.from_pairs(["tea", "milk"], ["milk", "water"], annotator=["b", "a"])
        >>> choices
        Choices(2 pairs by 2 annotators over 3 items)
        >>> choices.annotator_ids.tolist(), choices.item_ids[choices.items].tolist()
        (['a', 'b'], ['milk', 'water', 'tea', 'milk'])
        >>> choices.restore(["first stored", "second stored"]).tolist()
        ['second stored', 'first stored']

        Seven of ten people like tea better:

        >>> Choices.from_pairs(["tea", "milk"], ["milk", "tea"], annotator="each", count=[7, 3])
        Choices(2 pairs by 10 annotators (2 distinct) over 2 items)
        """
        return cls.like(
            build.pairs(winner, loser, tie, first, annotator, weight, count, item_ids, context)
        )

    @classmethod
    def from_choice_sets(
        cls,
        offsets: ArrayLike,
        items: ArrayLike,
        chosen: ArrayLike,
        *,
        annotator: ArrayLike | Literal["each"] | None = None,
        weight: ArrayLike | None = None,
        count: ArrayLike | None = None,
        item_ids: ArrayLike | None = None,
        context: ArrayLike | None = None,
    ) -> Choices:
        """Make choices of one among several.

        Parameters
        ----------
        offsets : array_like of int, shape (n + 1,)
            Choice set i is ``items[offsets[i]:offsets[i + 1]]``; int64 is not copied.
        items : array_like, shape (offsets[-1],)
            The alternatives, rows of the item table (int32 is not copied) or labels.
        chosen : array_like of int, shape (n,)
            Position of the chosen alternative in its set, from 0.
        annotator, weight, count, item_ids, context
            As in `from_pairs`.

        Returns
        -------
        Choices

        Raises
        ------
        ValueError
            As in `from_pairs`; and if `offsets` do not start at 0, decrease, do not end at
            ``len(items)`` or leave a set empty, an item stands twice in a set, or a chosen
            position lies outside its set.
        TypeError
            If `offsets` or `chosen` are not integers.

        Examples
        --------
        >>> from prefmath.choices import Choices
        >>> Choices.from_choice_sets([0, 3, 5], [0, 1, 2, 2, 0], [2, 0], annotator=[7, 7])
        Choices(2 choices among 2 to 3 by 1 annotator over 3 items)
        """
        return cls.like(
            build.choice_sets(offsets, items, chosen, annotator, weight, count, item_ids, context)
        )

    @classmethod
    def from_rankings(
        cls,
        offsets: ArrayLike,
        items: ArrayLike,
        *,
        n_ranked: ArrayLike | None = None,
        annotator: ArrayLike | Literal["each"] | None = None,
        weight: ArrayLike | None = None,
        count: ArrayLike | None = None,
        item_ids: ArrayLike | None = None,
        context: ArrayLike | None = None,
    ) -> Choices:
        """Make choices of rankings, best first.

        Parameters
        ----------
        offsets, items : array_like
            Ranking i is of ``items[offsets[i]:offsets[i + 1]]``, as in `from_choice_sets`.
        n_ranked : array_like of int, shape (n,), optional
            So many of each, from the best, stand in order; what follows is unordered and behind
            them. All by default.
        annotator, weight, count, item_ids, context
            As in `from_pairs`.

        Returns
        -------
        Choices

        Raises
        ------
        ValueError
            As in `from_choice_sets`; and if `n_ranked` is below 1 or above the size of its set.
        TypeError
            If `offsets` or `n_ranked` are not integers.

        Examples
        --------
        >>> from prefmath.choices import Choices
        >>> Choices.from_rankings([0, 3, 6], list("abccab"), n_ranked=[3, 1], annotator=[1, 2])
        Choices(2 rankings of the first 1 to 3 among 3 by 2 annotators over 3 items)
        """
        return cls.like(
            build.rankings(offsets, items, n_ranked, annotator, weight, count, item_ids, context)
        )

    @classmethod
    def from_frame(
        cls,
        frame: object,
        layout: Layout,
        *,
        winner: str | None = None,
        loser: str | None = None,
        tie: str | None = None,
        first: str | None = None,
        choice_set: str | None = None,
        item: str | None = None,
        items: Sequence[str] | None = None,
        chosen: str | None = None,
        rank: str | None = None,
        annotator: str | None = None,
        weight: str | None = None,
        count: str | None = None,
        context: str | Sequence[str] | None = None,
        item_ids: ArrayLike | None = None,
        offered: Literal["all", "named"] | None = None,
    ) -> Choices:
        """Make choices of the columns of a data frame.

        ============= ======================================================================
        layout        columns
        ============= ======================================================================
        pairs         `winner`, `loser`, `tie` and `first` if wanted; one row a judgement
        choice_sets   long, one row an alternative: `choice_set`, `chosen` (true in one row of
                      each set), `item` (without it each row of the frame is an item of its own,
                      so that the frame's other columns are the features)
        choice_sets   wide, one row a judgement: `items`, a list of columns, and `chosen`, the
                      name of one of them or its position from 0
        rankings      wide: `items`, a list of columns, best first; a ballot may end early
        rankings      long: `choice_set`, `item`, `rank` (1 the best; null is not ranked)
        ============= ======================================================================

        Where no column is named but those of annotators, weights, counts and contexts, pairs, long
        choice sets and long rankings are found by the names that columns usually have: those of the
        arguments, `chosen` and `rejected`, `alternative`, `user_id` and the like.

        Rows of a long frame need not stand together; sets keep the order of their first rows, and
        what is said of a judgement must be the same in all its rows. Where `annotator` is given,
        `choice_set` need only tell apart the sets of one annotator: rows of two annotators are
        never of one set.

        A wide ranking ends at the first column that is null, NaN or "", or 0 where that is not in
        `item_ids`. What it leaves out was offered or was not, and the likelihood differs: `offered`
        tells, and is needed where a ballot names fewer than all of `item_ids` or, without these,
        ends early. Rankings that do not, without `item_ids`, are of the items that they name.

        Parameters
        ----------
        frame : data frame
            pandas, Polars, Arrow, or any that narwhals knows; a lazy one is collected.
        layout : {"pairs", "choice_sets", "rankings"}
            What a judgement is.
        winner, loser, tie, first, choice_set, item, items, chosen, rank : str or list of str
            Names of columns, as the table says.
        annotator, weight, count, context : str, optional
            Names of columns; `context` may be a list, which makes a table. ``annotator="each"``
            says that every judgement is a person of its own, unless a column has that name.
        item_ids : array_like, shape (n_items,), optional
            Labels of the item table, in the order of the features.
        offered : {"all", "named"}, optional
            Wide rankings only. All: each of `item_ids`, or else of the items that any row names,
            could be ranked, and those that a ballot does not name are unordered behind those that
            it does. Named: only the items named were shown.

        Returns
        -------
        Choices

        Raises
        ------
        ImportError
            If narwhals is not installed.
        ValueError
            As in the other constructors; and if columns are lacking or do not belong to the layout,
            a set has none or several chosen, ranks do not run 1, 2, …, a ballot names nothing or
            has a gap, or `offered` is needed. Columns are named beside arguments.
        TypeError
            If `frame` is no data frame, or a column holds the wrong kind of values.

        Examples
        --------
        >>> import pandas as pd
        >>> from prefmath.choices import Choices
        >>> frame = pd.DataFrame({"who": [1, 1, 2], "best": list("aab"), "other": list("bcc")})
        >>> Choices.from_frame(frame, "pairs", winner="best", loser="other", annotator="who")
        Choices(3 pairs by 2 annotators over 3 items)
        >>> Choices.from_frame(pd.DataFrame({"chosen": ["a"], "rejected": ["b"]}), "pairs")
        Choices(1 pair over 2 items)

        The first two of four goals, or only the first:

        >>> votes = pd.DataFrame({"first": ["order", "say"], "second": ["say", None]})
        >>> goals = ["order", "say", "prices", "freedom"]
        >>> Choices.from_frame(
        ...     votes, "rankings", items=["first", "second"], item_ids=goals, offered="all"
        ... )
        Choices(2 rankings of the first 1 to 2 among 4 over 4 items)
        """
        from prefmath.io.frames import judgements_of_frame

        columns = {
            "winner": winner,
            "loser": loser,
            "tie": tie,
            "first": first,
            "choice_set": choice_set,
            "item": item,
            "items": items,
            "chosen": chosen,
            "rank": rank,
            "annotator": annotator,
            "weight": weight,
            "count": count,
            "context": context,
        }
        return cls.like(judgements_of_frame(frame, layout, columns, item_ids, offered))

    @classmethod
    def from_arena(cls, battles: object) -> Choices:
        """Make choices of battles as arenas have them: `model_a, model_b, winner` and the like.

        Parameters
        ----------
        battles : data frame, list of dict, dict of columns, or path
            As for `prefmath.io.read_arena`, which also tells of prompts and what was left out.

        Returns
        -------
        Choices
            Pairs of models, ties as ties, in the order shown.

        Raises
        ------
        ValueError
            If a winner is none that is known, or nothing is left.

        Examples
        --------
        >>> from prefmath.choices import Choices
        >>> Choices.from_arena([{"model_a": "ash", "model_b": "birch", "winner": "model_b"}])
        Choices(1 pair, in known order, over 2 items)
        """
        from prefmath.io.reading import read_arena

        return cls.like(read_arena(battles).choices)

    @classmethod
    def concat(cls, parts: Iterable[Choices]) -> Choices:
        """Make one of choices that came in pieces, as files do.

        The result is what one call with the rows of all pieces, one piece after the other, would
        have made: who judged in several pieces is one annotator, and labels of items are joined.

        Parameters
        ----------
        parts : iterable of Choices
            At least one, all of one layout. They all name annotators, or none does; the same holds
            of `item_ids`, `first` and `context`. Where only some have weights, counts or ties,
            judgements of the others count 1 and are no ties. An annotator has one count in all.

        Returns
        -------
        Choices
            `item_ids` are those of all parts if they are the same, in their order, and otherwise
            the sorted distinct labels of all; without labels items are rows of one table.

        Raises
        ------
        ValueError
            If there is no part, or parts do not fit together; the part is named.
        TypeError
            If a part is something else, or labels are of several kinds.

        Examples
        --------
        >>> from prefmath.choices import Choices
        >>> monday = Choices.from_pairs(["tea"], ["milk"], annotator=["ann"])
        >>> tuesday = Choices.from_pairs(["water", "tea"], ["tea", "milk"], annotator=["bo", "ann"])
        >>> Choices.concat([monday, tuesday])
        Choices(3 pairs by 2 annotators over 3 items)
        """
        if isinstance(parts, Choices) or not isinstance(parts, Iterable):
            raise TypeError(f"parts must hold Choices, not {type(parts).__name__}")
        pieces = list(parts)
        if not pieces:
            raise ValueError("parts must hold one at least")
        for at, piece in enumerate(pieces):
            if not isinstance(piece, Choices):
                raise TypeError(
                    f"parts must hold Choices, but parts[{at}] is {type(piece).__name__}"
                )
        return cls.like(concatenated(pieces))

    def as_choice_sets(self) -> Choices:
        """Return the choices of one among several that the judgements stand for.

        A pair is a choice among two, in the order shown where `first` tells it. A ranking of the
        first l among n is ``min(l, n - 1)`` choices, each among what is left ("exploded logit",
        Luce's axiom): of a, b, c in this order, a among three and b among two. Weight, count,
        context and annotator are repeated. Choice sets are returned as they are.

        Returns
        -------
        Choices
            Pairs share their arrays with the new choices. Full rankings of n need n / 2 times the
            memory of their items.

        Raises
        ------
        ValueError
            If a pair is tied.

        Examples
        --------
        >>> from prefmath.choices import Choices
        >>> sets = Choices.from_rankings([0, 3], ["a", "b", "c"]).as_choice_sets()
        >>> sets
        Choices(2 choices among 2 to 3 over 3 items)
        >>> sets.offsets.tolist(), sets.item_ids[sets.items].tolist()
        ([0, 3, 5], ['a', 'b', 'c', 'b', 'c'])
        """
        return self if self.layout == "choice_sets" else type(self).like(exploded(self))

    def written_out(self) -> Choices:
        """Return the same judgements with a row for each that `count` says there are.

        Returns
        -------
        Choices
            Without counts. Whoever stood for several people is as many people, who have no names.
            Choices without counts are returned as they are.

        Raises
        ------
        ValueError
            If a count is not whole.
        MemoryError
            If there are too many.

        Examples
        --------
        >>> from prefmath.choices import Choices
        >>> Choices.from_rankings([0, 3], ["a", "b", "c"], count=[312]).written_out()
        Choices(312 rankings of 3 over 3 items)
        """
        return self if self.count is None else type(self).like(written_out(self))

    def split(
        self,
        test_size: float = 0.2,
        *,
        by: By | None = None,
        random_state: int | np.random.Generator | None = None,
    ) -> tuple[Choices, Choices]:
        """Draw judgements to test on; return the others, to fit, and these.

        Parameters
        ----------
        test_size : float
            Share of the units to test on, at least one of them and not all.
        by : {"annotator", "context", "judgement"}, optional
            What stays together: the judgements of an annotator, so that a fit is tried on people
            that it does not know; those of a context, such as a prompt; or nothing. By annotator by
            default, by judgement where nobody is known. Those whom a count stands for are drawn
            each for itself.
        random_state : int or numpy.random.Generator, optional
            For the draw.

        Returns
        -------
        train, test : Choices
            Over the same item table.

        Raises
        ------
        ValueError
            If there are not two units, or none are known.

        Examples
        --------
        >>> from prefmath.choices import Choices
        >>> choices = Choices.from_pairs([0, 1, 2], [1, 2, 0], annotator=["b", "a", "b"])
        >>> choices.split(0.5, random_state=0)
        (Choices(2 pairs by 1 annotator over 3 items), Choices(1 pair by 1 annotator over 3 items))
        """
        return split_of(self, test_size, by, as_generator(random_state))

    def folds(
        self,
        n_folds: int = 5,
        *,
        by: By | None = None,
        random_state: int | np.random.Generator | None = None,
    ) -> Iterator[tuple[Choices, Choices]]:
        """Return pairs of choices to fit and to test on; each unit is tested on once.

        Parameters
        ----------
        n_folds : int
            At least 2, at most as many as there are units.
        by, random_state
            As in `split`.

        Returns
        -------
        iterator of (Choices, Choices)

        Raises
        ------
        ValueError
            As `split`.

        Examples
        --------
        >>> from prefmath.choices import Choices
        >>> choices = Choices.from_pairs([0, 1, 2], [1, 2, 0])
        >>> [len(test) for _, test in choices.folds(3, by="judgement", random_state=0)]
        [1, 1, 1]
        """
        parts = folds_of(self, n_folds, by, as_generator(random_state))
        return (part() for part in parts)

    def to_frame(self, backend: str = "pandas") -> Any:
        """Return the judgements as a data frame, in their original order.

        Pairs have a row each, with columns `winner`, `loser`, and `tie` and `first` where these are
        known; sets and rankings a row for each item, with `choice_set` and `chosen` or `rank`. So
        `from_frame` makes the same choices of it. A context of several columns is left out; people
        without names are numbered.

        Parameters
        ----------
        backend : {"pandas", "polars", "pyarrow"} or another that narwhals knows
            Which library's frame.

        Returns
        -------
        data frame

        Examples
        --------
        >>> from prefmath.choices import Choices
        >>> Choices.from_pairs(["tea"], ["milk"], annotator=[7]).to_frame()
          winner loser  annotator
        0    tea  milk          7
        """
        from prefmath.io.frames_out import frame_of

        return frame_of(columns_of(self), backend)

    @property
    def shape(self) -> tuple[int]:
        """Number of judgements in a tuple: what scikit-learn asks of what it cuts into folds."""
        return (len(self),)

    def __getitem__(self, rows: Any) -> Choices:
        """Return some of the judgements, as `take` does; also those of a slice of the input."""
        if isinstance(rows, tuple) and len(rows) == 2 and rows[1] is Ellipsis:
            rows = rows[0]  # as scikit-learn cuts arrays of any dimension
        if isinstance(rows, slice):
            rows = np.arange(len(self))[rows]
        elif np.ndim(rows) == 0:
            raise TypeError(f"choices are taken by a slice, a mask or a list of rows, not {rows!r}")
        return self.take(rows)

    def __eq__(self, other: object) -> bool:
        """Whether all attributes are equal: judgements, labels and the order they came in."""
        if not isinstance(other, Choices):
            return NotImplemented
        ours, theirs = self.as_fields(), other.as_fields()
        return all(_are_equal(value, theirs[name]) for name, value in ours.items())

    __hash__ = None  # type: ignore[assignment]  # equality looks at arrays

    def __repr__(self) -> str:
        return f"Choices({described(self)})"


def _are_equal(one: Any, two: Any) -> bool:
    if not isinstance(one, np.ndarray) or not isinstance(two, np.ndarray):
        return one is two if isinstance(one, np.ndarray) or two is None else bool(one == two)
    nan_too = one.dtype.kind == "f" and two.dtype.kind == "f"
    return one.dtype == two.dtype and np.array_equal(one, two, equal_nan=nan_too)
