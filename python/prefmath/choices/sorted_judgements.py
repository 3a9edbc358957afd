"""Judgements sorted by annotator, with the way back to the order they came in."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from prefmath._label_values import plain_array
from prefmath._labels import code_labels
from prefmath.choices.counts import product
from prefmath.choices.judgements import Judgements, ends_of, offsets_of, spans, stable_order

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, eq=False, repr=False, kw_only=True, slots=True)
class SortedJudgements(Judgements):
    """The judgements of one annotator after those of the other; see `prefmath.Choices`."""

    annotator_offsets: NDArray[np.int64]
    annotator_ids: NDArray[Any] | None
    item_ids: NDArray[Any] | None
    n_items: int
    order: NDArray[np.int64] | None
    item_order: NDArray[np.int64] | None = None

    @classmethod
    def of(
        cls,
        judgements: Judgements,
        *,
        annotator_offsets: NDArray[np.int64],
        annotator_ids: NDArray[Any] | None,
        item_ids: NDArray[Any] | None,
        n_items: int,
        order: NDArray[np.int64] | None,
        item_order: NDArray[np.int64] | None = None,
    ) -> Self:
        """Return judgements that are sorted by annotator, with what is known of that."""
        return cls(
            layout=judgements.layout,
            offsets=judgements.offsets,
            items=judgements.items,
            chosen=judgements.chosen,
            tied=judgements.tied,
            first=judgements.first,
            n_ranked=judgements.n_ranked,
            weight=judgements.weight,
            count=judgements.count,
            context=judgements.context,
            annotator_offsets=annotator_offsets,
            annotator_ids=annotator_ids,
            item_ids=item_ids,
            n_items=n_items,
            order=order,
            item_order=item_order,
        )

    @classmethod
    def like(cls, other: SortedJudgements) -> Self:
        """Return the same judgements as this class; the arrays are not copied."""
        return cls.of(
            other,
            annotator_offsets=other.annotator_offsets,
            annotator_ids=other.annotator_ids,
            item_ids=other.item_ids,
            n_items=other.n_items,
            order=other.order,
            item_order=other.item_order,
        )

    def __post_init__(self) -> None:
        for name, value in self.as_fields().items():
            if isinstance(value, np.ndarray):
                object.__setattr__(self, name, _read_only(value))

    def __len__(self) -> int:
        return self.n_judgements

    def __reduce__(self) -> tuple[Any, ...]:
        # Through the constructor, so that the arrays are read-only on the other side too.
        return _remade, (type(self), self.as_fields())

    def as_fields(self) -> dict[str, Any]:
        """Return the attributes by name; the arrays are not copied."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @property
    def n_judgements(self) -> int:
        """Number of judgements, the same as `len`."""
        return len(self.offsets) - 1

    @property
    def n_annotators(self) -> int:
        """Number of annotators; 1 where they are anonymous."""
        return len(self.annotator_offsets) - 1

    @property
    def has_annotators(self) -> bool:
        """Whether it is known whose judgements belong together, by name or without names."""
        return self.annotator_ids is not None or self.n_annotators > 1

    @property
    def annotator_counts(self) -> NDArray[np.float64] | None:
        """How many people each annotator stands for; None where each is one, or nobody is known."""
        if self.count is None or not self.has_annotators:
            return None
        return self.count[self.annotator_offsets[:-1]]

    @property
    def counted_weight(self) -> NDArray[np.float64] | None:
        """Weight of each judgement times its count: its weight where people are all alike."""
        return product(self.weight, self.count)

    @property
    def annotator_index(self) -> NDArray[np.int64]:
        """Row of each stored judgement in `annotator_ids`; made anew at each call."""
        index = np.arange(self.n_annotators, dtype=np.int64)
        return np.repeat(index, np.diff(self.annotator_offsets))

    def take(self, rows: ArrayLike) -> Self:
        """Return some of the judgements, over the same item table.

        Parameters
        ----------
        rows : array_like of int or bool
            Rows of the original input, in any order and as often as wanted (as for resampling), or
            a mask of them. They are the rows of the new choices, in the order given.

        Returns
        -------
        Self
            A copy; annotators without judgements drop out. Where every judgement is a person of
            its own, one that is taken twice is two.

        Raises
        ------
        ValueError
            If no row is selected or none of a weight above 0, a row does not exist, or a mask has
            another length.
        TypeError
            If rows are neither integers nor a mask.

        Examples
        --------
        >>> from prefmath.choices import Choices
        >>> choices = Choices.from_pairs([0, 1, 2], [1, 2, 0], annotator=["b", "a", "b"])
        >>> choices.take([2, 0, 0])
        Choices(3 pairs by 1 annotator over 3 items)
        """
        stored = _stored(_row_numbers(rows, len(self)), self.order)
        for what, values in (("weight", self.weight), ("count", self.count)):
            if values is not None and not values[stored].any():
                raise ValueError(
                    f"there is nothing to count: rows selects judgements of {what} 0 alone"
                )
        ids, order = self.annotator_ids, None
        ends = np.array([0, len(stored)], dtype=np.int64)
        if ids is None and self.n_annotators == len(self):
            ends = np.arange(len(stored) + 1, dtype=np.int64)
        elif self.has_annotators:
            present, codes = code_labels(self.annotator_index[stored], "annotator")
            ids = None if ids is None else ids[present]
            ends = ends_of(codes, len(present))
            order = stable_order(codes, len(present))
        return type(self).of(
            self.gathered(stored if order is None else stored[order]),
            annotator_offsets=ends,
            annotator_ids=ids,
            item_ids=self.item_ids,
            n_items=self.n_items,
            order=order,
        )

    def restore(self, values: ArrayLike) -> NDArray[Any]:
        """Return values, one a stored judgement, in the original order of the judgements.

        Parameters
        ----------
        values : array_like, first axis n_judgements
            Values in the order in which the judgements are stored.

        Returns
        -------
        ndarray
            A copy, or `values` as it is where the input was sorted already.

        Raises
        ------
        ValueError
            If the first axis does not match.

        Examples
        --------
        >>> from prefmath.choices import Choices
        >>> choices = Choices.from_pairs([0, 1], [1, 2], annotator=["b", "a"])
        >>> choices.restore(choices.annotator_ids[choices.annotator_index]).tolist()
        ['b', 'a']
        """
        array = _first_axis(values, len(self), "judgement")
        if self.order is None:
            return array
        original = np.empty_like(array)
        original[self.order] = array
        return original

    def restore_items(self, values: ArrayLike) -> NDArray[Any]:
        """Return values, one an entry of `items`, in the order in which items were passed in.

        Parameters
        ----------
        values : array_like, first axis ``len(items)``
            Values aligned with `items`, such as the probability of each alternative.

        Returns
        -------
        ndarray
            Aligned with the items of `from_choice_sets` and `from_rankings`, the rows of a long
            frame, or the pairs: winner, loser, winner, loser, … A copy only where order changes.

        Raises
        ------
        ValueError
            If the first axis does not match.

        Examples
        --------
        >>> from prefmath.choices import Choices
        >>> choices = Choices.from_choice_sets(
        ...     [0, 3, 5], [4, 3, 2, 1, 0], [0, 0], annotator=["b", "a"]
        ... )
        >>> choices.items.tolist(), choices.restore_items(choices.items).tolist()
        ([1, 0, 4, 3, 2], [4, 3, 2, 1, 0])
        """
        array = _first_axis(values, len(self.items), "item")
        if self.item_order is not None:
            target: NDArray[np.int64] = self.item_order
        elif self.order is None:
            return array
        else:
            sizes = np.diff(self.offsets)
            original_sizes = np.empty_like(sizes)
            original_sizes[self.order] = sizes
            target = spans(offsets_of(original_sizes)[self.order], sizes)
        original = np.empty_like(array)
        original[target] = array
        return original


def _remade(kind: type[Any], state: dict[str, Any]) -> Any:
    return kind(**state)


def _read_only(array: NDArray[Any]) -> NDArray[Any]:
    array = np.ascontiguousarray(array)
    if array.flags.writeable:
        array = array.view()
        array.flags.writeable = False
    return array


def _first_axis(values: ArrayLike, n: int, what: str) -> NDArray[Any]:
    array = plain_array(values, "values")
    length = len(array) if array.ndim else 1
    if length != n:
        raise ValueError(f"values must have one entry a stored {what}: {length} for {n}")
    return array


def _row_numbers(rows: ArrayLike, n: int) -> NDArray[np.int64]:
    """Return rows, given as NumPy takes them (a mask, or integers, negative from the end)."""
    array = plain_array(rows, "rows")
    if array.ndim != 1:
        raise ValueError(f"rows must have one dimension, got shape {array.shape}")
    if array.dtype.kind == "b":
        if len(array) != n:
            raise ValueError(f"a mask of rows must have length {n}, got {len(array)}")
        array = np.flatnonzero(array)
    if not len(array):
        raise ValueError("there are no judgements: rows selects none")
    if array.dtype.kind not in "iu":
        raise TypeError(f"rows must hold integers or be a mask, got dtype {array.dtype}")
    outside = (array < -n) | (array >= n)
    if outside.any():
        at = int(outside.argmax())
        raise ValueError(f"rows must lie below {n}: rows[{at}]={array[at]}")
    array = array.astype(np.int64, copy=False)
    return np.where(array < 0, array + n, array) if (array < 0).any() else array


def _stored(rows: NDArray[np.int64], order: NDArray[np.int64] | None) -> NDArray[np.int64]:
    """Return where rows of the original input are stored: the inverse of `order`."""
    if order is None:
        return rows
    place = np.empty_like(order)
    place[order] = np.arange(len(order), dtype=np.int64)
    found: NDArray[np.int64] = place[rows]
    return found
