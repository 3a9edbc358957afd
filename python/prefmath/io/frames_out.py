"""Columns to a data frame of the library that the caller has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["frame_of"]


def frame_of(columns: Mapping[str, Sequence[Any]], backend: Any) -> Any:
    """Return a data frame of some columns.

    Parameters
    ----------
    columns : mapping of str to sequences
        Equally long; None is null.
    backend : str or module
        A library that narwhals knows: "pandas", "polars", "pyarrow".

    Returns
    -------
    data frame

    Raises
    ------
    ImportError
        If narwhals or the library is not installed.
    ValueError
        If there is no such library.

    Examples
    --------
    >>> frame_of({"item": ["a", "b"], "z": [1.5, None]}, "polars").shape
    (2, 2)
    """
    try:
        import narwhals as nw
    except ImportError as error:
        raise ImportError(
            'making a data frame needs narwhals: pip install "prefmath[frames]"'
        ) from error
    try:
        return nw.to_native(nw.from_dict(dict(columns), backend=backend))
    except ModuleNotFoundError as error:
        raise ImportError(f"backend={backend!r} is not installed: {error}") from error
    except (ValueError, TypeError, AttributeError) as error:
        reason = str(error).partition("\n")[0]
        raise ValueError(
            f"backend must be a library of data frames such as 'pandas', 'polars' or 'pyarrow', "
            f"not {backend!r}: {reason}"
        ) from error
