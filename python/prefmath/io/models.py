"""Fitted models to files and from files: arrays and one JSON header in an .npz archive."""

from __future__ import annotations

import json
import operator
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath.io.files import suffix_of
from prefmath.io.replace import replace_file

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

FORMAT, VERSION = "prefmath model", "1.0"
"""A later major version is refused; a later minor one only adds what can be left out."""
_MODELS = ("BradleyTerry", "ChoiceMixture", "ConditionalLogit", "PlackettLuce")


def save_model(
    path: str | os.PathLike[str], model: Any, *, feature_names: Sequence[str] | None = None
) -> None:
    """Write a fitted model to an .npz file, whole or not at all.

    The archive holds the learned arrays under their names, and an array ``header`` of one string
    of JSON with the parameters and the other learned values. Nothing in it is pickled:
    ``numpy.load(path, allow_pickle=False)`` reads it.

    Parameters
    ----------
    path : str or path-like
        A file that ends in .npz, replaced where it exists.
    model : BradleyTerry, PlackettLuce, ConditionalLogit or ChoiceMixture
        A fitted model. A `progress` function and a `random_state` that is no integer are left out.
    feature_names : sequence of str, optional
        What the columns of the features are called.

    Raises
    ------
    TypeError
        If there is no such kind of model here, or it learned something that no archive holds.
    ValueError
        If the suffix is not .npz, or the model is not fitted.

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
        known = f"{', '.join(_MODELS[:-1])} or {_MODELS[-1]}"
        raise TypeError(f"model must be {known}, not {name}")
    if not hasattr(model, "coef_"):
        raise ValueError("model must be fitted before it is saved")
    arrays: dict[str, Any] = {}
    values: dict[str, Any] = {}
    parameters = model.get_params()
    for attribute, value in vars(model).items():
        if attribute in parameters:
            continue
        if isinstance(value, np.ndarray) and not value.dtype.hasobject:
            arrays[attribute] = value
        else:
            values[attribute] = _plain(attribute, value)
    header = {
        "format": FORMAT,
        "version": VERSION,
        "model": name,
        "parameters": {key: _parameter(value) for key, value in parameters.items()},
        "values": values,
        "feature_names": None if feature_names is None else list(feature_names),
    }
    with replace_file(path) as stream:
        np.savez(stream, **{"header": np.array(json.dumps(header)), **arrays})


def load_model(path: str | os.PathLike[str]) -> Any:
    """Read a model that `save_model` wrote.

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
        If it holds no model, or one written by a later major version.

    Examples
    --------
    See `save_model`.
    """
    if not Path(path).exists():
        raise FileNotFoundError(f"no such file: {str(path)!r}")
    try:
        with zipfile.ZipFile(path), np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        header = json.loads(str(arrays.pop("header")))
        major = int(str(header["version"]).partition(".")[0])
        known = header["format"] == FORMAT
    except (KeyError, TypeError, ValueError, zipfile.BadZipFile):
        known = False
    if known and major > int(VERSION.partition(".")[0]):
        raise ValueError(f"{str(path)!r} was written by a later version of prefmath")
    if not known or header.get("model") not in _MODELS:
        raise ValueError(f"{str(path)!r} holds no model of prefmath")
    from prefmath import models

    kind = getattr(models, header["model"])
    names = kind().get_params()
    model = kind(**{name: v for name, v in header["parameters"].items() if name in names})
    for name, value in {**arrays, **header["values"]}.items():
        setattr(model, name, value)
    return model


def _plain(name: str, value: Any) -> Any:
    """Return a learned value as what JSON holds."""
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if value is None or isinstance(value, (int, float, str)):
        return value
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, (list, tuple)):
        return [_plain(name, part) for part in value]
    kind = f"ndarray of {value.dtype}" if isinstance(value, np.ndarray) else type(value).__name__
    raise TypeError(f"{name} is {kind}, which no archive holds")


def _parameter(value: Any) -> Any:
    """Return a parameter as what JSON holds; a generator or a function becomes None."""
    if value is None or isinstance(value, (bool, float, str)):
        return value
    try:
        return operator.index(value)
    except TypeError:
        return None
