"""Features: a matrix of numbers whose columns have names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath._label_values import listed

if TYPE_CHECKING:
    from numpy.typing import DTypeLike, NDArray

__all__ = ["Features"]


@dataclass(frozen=True, eq=False, repr=False)
class Features:
    """A matrix of numbers whose columns have names, for `fit` and all that takes features.

    NumPy makes an array of it without copying: ``np.asarray(features)``.

    Attributes
    ----------
    values : ndarray, shape (n_rows, d)
        The numbers, C-contiguous and read-only.
    columns : tuple of str
        Names of the columns, no two alike.

    Examples
    --------
    >>> import numpy as np
    >>> features = Features(np.array([[1.0, 3.0], [2.0, 5.0]]), ("price", "time"))
    >>> features
    Features(2 rows of 'price', 'time')
    >>> features["time"].tolist(), features[0].tolist()
    ([3.0, 5.0], [1.0, 3.0])
    """

    values: NDArray[Any]
    columns: tuple[str, ...]

    def __post_init__(self) -> None:
        values = np.ascontiguousarray(self.values).view()
        if values.ndim != 2 or values.shape[1] != len(self.columns):
            raise ValueError(
                f"values must have a column for each of {len(self.columns)} names, not shape "
                f"{values.shape}"
            )
        values.flags.writeable = False
        object.__setattr__(self, "values", values)
        object.__setattr__(self, "columns", tuple(self.columns))
        known: set[str] = set()
        for name in self.columns:
            if name in known:
                raise ValueError(f"columns must have names of their own, but two are {name!r}")
            known.add(name)

    @property
    def shape(self) -> tuple[int, ...]:
        """Rows and columns."""
        return self.values.shape

    @property
    def ndim(self) -> int:
        """Two."""
        return self.values.ndim

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the numbers."""
        return self.values.dtype

    def __len__(self) -> int:
        return len(self.values)

    def __iter__(self) -> Iterator[NDArray[Any]]:
        return iter(self.values)

    def to_frame(self, library: Any = "pandas") -> Any:
        """Return the numbers as a data frame with the names.

        Parameters
        ----------
        library : {"pandas", "polars", "pyarrow"} or another that narwhals knows
            What to make a frame of.

        Returns
        -------
        data frame

        Examples
        --------
        >>> import numpy as np
        >>> Features(np.array([[1.0, 3.0]]), ("price", "time")).to_frame()
           price  time
        0    1.0   3.0
        """
        import narwhals as nw

        columns = dict(zip(self.columns, self.values.T, strict=True))
        return nw.from_dict(columns, backend=library).to_native()

    def __array__(
        self,
        dtype: DTypeLike | None = None,
        copy: bool | None = None,  # noqa: FBT001 -- as NumPy calls it
    ) -> NDArray[Any]:
        if copy:
            return np.array(self.values, dtype)
        return self.values if dtype is None else self.values.astype(dtype, copy=False)

    def __getitem__(self, key: Any) -> Any:
        """Return a column by its name, or else what the array has under an index of NumPy's."""
        if not isinstance(key, str):
            return self.values[key]
        if key not in self.columns:
            raise KeyError(f"there is no feature {key!r}: there are {listed(self.columns)}")
        return self.values[:, self.columns.index(key)]

    def __repr__(self) -> str:
        return f"Features({len(self):,} rows of {listed(self.columns)})"
