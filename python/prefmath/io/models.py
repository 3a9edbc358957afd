"""Fitted models to files and from files: arrays and one JSON header in an .npz archive."""

from __future__ import annotations

import json
import numbers
import operator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from prefmath.io._archive import read_arrays
from prefmath.io._model_checks import ARRAYS, DERIVED, LEARNED, OPTIONAL, check_model
from prefmath.io._npy import DAMAGED
from prefmath.io.files import refuse_unreadable, suffix_of
from prefmath.io.replace import replace_file

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

FORMAT, VERSION = "prefmath model", "1.1"
"""A later major version is refused; a later minor one only adds what can be left out."""
_WITH_MEMBERSHIP = "2.0"
"""Of models that were fitted with membership: without it, others would predict something else."""
_MODELS = ("BradleyTerry", "ChoiceMixture", "ConditionalLogit", "PlackettLuce")
_KNOWN = f"{', '.join(_MODELS[:-1])} or {_MODELS[-1]}"


def save_model(
    path: str | os.PathLike[str], model: Any, *, feature_names: Sequence[str] | None = None
) -> None:
    """Write a fitted model to an .npz file, whole or not at all.

    The archive holds the learned arrays under their names, and an array ``header`` of one string
    of JSON with the parameters and the other learned values. Nothing in it is pickled:
    ``numpy.load(path, allow_pickle=False)`` reads it. Attributes that are not the model's own are
    left out.

    Parameters
    ----------
    path : str or path-like
        A file that ends in .npz, replaced where it exists.
    model : BradleyTerry, PlackettLuce, ConditionalLogit or ChoiceMixture
        A fitted model. A `progress` function and a `random_state` that is no integer are left out.
    feature_names : sequence of str, optional
        What the columns of the features are called; by default what the model was fitted to calls
        them, its ``feature_names_in_``.

    Raises
    ------
    TypeError
        If there is no such kind of model here, or it learned something that no archive holds.
    ValueError
        If the suffix is not .npz, the model is not fitted, or holds what no fit leaves.
    OSError
        If nothing can be written there: no folder, no room, or what is there is no file.

    Examples
    --------
    >>> import tempfile
    >>> from prefmath import Choices
    >>> from prefmath.models import ChoiceMixture
    >>> choices = Choices.from_pairs(["a", "b", "a"], ["b", "c", "c"])
    >>> model = ChoiceMixture(1, random_state=0).fit(choices)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_model(f"{folder}/model.npz", model)
    ...     load_model(f"{folder}/model.npz").item_ids_
    array(['a', 'b', 'c'], dtype='<U1')
    """
    suffix_of(path, (".npz",))
    name = type(model).__name__
    if name not in _MODELS:
        raise TypeError(f"model must be {_KNOWN}, not {name}")
    if not hasattr(model, "coef_"):
        raise ValueError("model must be fitted before it is saved")
    try:
        check_model(model)
    except (TypeError, ValueError) as error:
        raise type(error)(f"model cannot be saved: {error}") from error
    parameters = model.get_params()
    names = (*LEARNED, *model.learned_by_population)
    learned = {key: value for key, value in vars(model).items() if key in names}
    if learned.get("annotator_counts_") is None:
        # Of those who count once each a file says nothing, as files did before there were others.
        learned.pop("annotator_counts_", None)
    called = getattr(model, "feature_names_in_", None) if feature_names is None else feature_names
    arrays = {key: value for key, value in learned.items() if isinstance(value, np.ndarray)}
    values = {key: _plain(value) for key, value in learned.items() if key not in arrays}
    header = {
        "format": FORMAT,
        "version": _WITH_MEMBERSHIP if "_membership_params" in learned else VERSION,
        "model": name,
        "parameters": {key: _parameter(value) for key, value in parameters.items()},
        "values": values,
        "feature_names": None if called is None else _names_of_features(called, model),
    }
    with replace_file(path) as stream:
        members: dict[str, Any] = {"header": np.array(json.dumps(header)), **arrays}
        np.savez(stream, **members)


def load_model(path: str | os.PathLike[str]) -> Any:
    """Read a model that `save_model` wrote, and check all that it holds.

    No code is run and no more is allocated than the file has; a file from elsewhere can at worst
    hold another model.

    Parameters
    ----------
    path : str or path-like
        An .npz file.

    Returns
    -------
    BradleyTerry, PlackettLuce, ConditionalLogit or ChoiceMixture
        The model as it was fitted.

    Raises
    ------
    OSError
        If the file is not there or cannot be read.
    ValueError
        If it holds no model, one that no fit leaves, or one written by a later major version.

    Examples
    --------
    See `save_model`.
    """
    refuse_unreadable(path)
    with _in_one_sentence(path):
        arrays = read_arrays(path, {"header", *ARRAYS, *OPTIONAL, *_of_populations()})
        header = _header(arrays)
    if header.major > int(_WITH_MEMBERSHIP.partition(".")[0]):
        raise ValueError(f"{str(path)!r} was written by a later version of prefmath")
    with _in_one_sentence(path):
        return _model(header, arrays)


@contextmanager
def _in_one_sentence(path: str | os.PathLike[str]) -> Iterator[None]:
    """Turn whatever is raised over the content of a file into a sentence that names the file."""
    try:
        yield
    except MemoryError as error:
        size = Path(path).stat().st_size
        raise MemoryError(f"{str(path)!r} of {size:,} bytes does not fit into memory") from error
    except (*DAMAGED, AttributeError) as error:
        reason = str(error) if isinstance(error, (TypeError, ValueError)) else "it is damaged"
        raise ValueError(f"{str(path)!r} holds no model of prefmath: {reason}") from error


class _Header(NamedTuple):
    """What the header of a file tells; of a later version it may be anything."""

    version: str
    major: int
    model: object
    parameters: object
    values: object
    feature_names: object


def _header(arrays: dict[str, NDArray[Any]]) -> _Header:
    """Take the header from the arrays, and return what it tells."""
    text = arrays.pop("header", None)
    if text is None or text.ndim or text.dtype.kind != "U":
        raise ValueError("it has no header")
    header = json.loads(str(text))
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise ValueError("it has no header")
    version = str(header.get("version"))
    major = version.partition(".")[0]
    if not (major.isascii() and major.isdigit() and len(major) < 9):
        raise ValueError("its version is no number")
    told = (header.get(name) for name in ("model", "parameters", "values", "feature_names"))
    return _Header(version, int(major), *told)


def _model(header: _Header, arrays: dict[str, NDArray[Any]]) -> Any:
    from prefmath import models

    if header.model not in _MODELS:
        raise ValueError(f"its model must be {_KNOWN}, not {header.model!r}")
    parameters, values = header.parameters, header.values
    if not isinstance(parameters, dict) or not isinstance(values, dict):
        msg = "its header lacks parameters or values"
        raise ValueError(msg)  # noqa: TRY004 -- the file is wrong, not the type of an argument
    kind = getattr(models, str(header.model))
    learned = (*LEARNED, *kind.learned_by_population)
    defaults = kind().get_params()
    later = header.version not in {VERSION, _WITH_MEMBERSHIP}
    for name in (
        () if later else [*(set(parameters) - set(defaults)), *(set(values) - {*learned, *DERIVED})]
    ):
        raise ValueError(f"it tells of {name!r}, which no {header.model} has")
    given = {name: parameters[name] for name in defaults if name in parameters}
    # what a file cannot hold, such as a function, is saved as null
    model = kind(**{name: value for name, value in given.items() if value is not None})
    for name in learned:
        if name in arrays and name in values:
            raise ValueError(f"it tells of {name!r} twice")
        if name in arrays:
            setattr(model, name, _native(arrays[name]))
        elif name in values:
            setattr(model, name, values[name])
    model.annotator_counts_ = getattr(model, "annotator_counts_", None)
    model.starts_ = None
    check_model(model)
    _name_features(model, header.feature_names)
    for name in DERIVED:
        derived = getattr(model, name, None)
        if name in values and values[name] != derived:
            raise ValueError(f"{name} is {values[name]!r}, where all else makes it {derived}")
    return model


def _names_of_features(names: Sequence[str], model: Any) -> list[str]:
    """Return the names that the caller gives to the columns of the features of a model."""
    if isinstance(names, str) or not all(isinstance(name, str) for name in names):
        raise TypeError(f"feature_names must be a list of str, not {names!r}")
    n = model.coef_.shape[1]
    if model._linear and len(names) != n:  # noqa: SLF001 -- one package
        raise ValueError(f"feature_names has {len(names)} names for {n} columns of features")
    return list(names)


def _name_features(model: Any, names: object) -> None:
    """Let a model know what its file calls the features: nothing, where that fits no column."""
    if names is None:
        return
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        msg = "feature_names must be a list of str"
        raise ValueError(msg)
    # Files of version 1.1 may have names of anything.
    if model._linear and names and len(names) == model.coef_.shape[1]:  # noqa: SLF001
        model.feature_names_in_ = np.array(names, dtype=object)


def _of_populations() -> set[str]:
    """Return the names of the arrays that the populations of models learn."""
    from prefmath import models

    return {name for model in _MODELS for name in getattr(models, model).learned_by_population}


def _native(array: Any) -> Any:
    """Return an array in the order of bytes and of axes that kernels take."""
    array = np.ascontiguousarray(array).reshape(array.shape)
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def _plain(value: Any) -> Any:
    """Return a learned value as what JSON holds."""
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, list):
        return [_plain(part) for part in value]
    return value


def _parameter(value: Any) -> Any:
    """Return a parameter as what JSON holds; a generator or a function becomes None."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, np.bool_):
        return bool(value)
    try:
        return operator.index(value)
    except TypeError:
        return float(value) if isinstance(value, numbers.Real) else None
