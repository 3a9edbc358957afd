"""What any call may end in: a result without NaN, or one sentence of the package's own."""

from __future__ import annotations

import dataclasses
import linecache
import os
import time
import traceback
import warnings
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, settings

import prefmath
from prefmath.models import ConvergenceWarning, UndeterminedWarning, WeightWarning

PACKAGE = Path(prefmath.__file__).parent
often = settings(
    max_examples=int(os.environ.get("PREFMATH_DRAWN_CALLS", "200")),
    deadline=None,
    suppress_health_check=list(HealthCheck),
)

LONGEST = 10.0
"""Seconds of processor time that no small call may take; compiling is not counted."""


def outcome(call, *, may_warn=(ConvergenceWarning, UndeterminedWarning, WeightWarning)):
    """Return what the call gives, or None where it refuses; fail where it does neither well."""
    result, seconds = _timed(call, may_warn)
    if seconds > LONGEST:  # numba may have compiled
        result, seconds = _timed(call, may_warn)
    assert seconds < LONGEST, f"{seconds:.1f} s"
    if result is not None:
        without_nan(result)
        assert repr(result)
    return result


def _timed(call, may_warn):
    start = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for category in may_warn:
            warnings.simplefilter("ignore", category)
        try:
            result = call()
        except (ValueError, TypeError, MemoryError) as error:
            is_a_sentence(error)
            result = None
    return result, time.process_time() - start


def is_a_sentence(error):
    """Refuse errors that the package did not word itself, or not in one line."""
    text = str(error)
    if isinstance(error, MemoryError):
        return
    assert text, error
    assert "\n" not in text, text
    assert len(text) < 600, text
    frame = traceback.extract_tb(error.__traceback__)[-1]
    line = linecache.getline(frame.filename, frame.lineno)
    ours = PACKAGE in Path(frame.filename).parents
    assert ours, f"raised in {frame.filename}: {text}"
    assert "raise" in line or "kernels." in line, f"not worded here: {line.strip()}: {text}"


def without_nan(value, path="result"):
    """Refuse NaN in arrays and numbers, and in the attributes of results."""
    if isinstance(value, float | np.floating):
        assert not np.isnan(value), path
    elif isinstance(value, np.ndarray):
        assert value.dtype.kind != "f" or not np.isnan(value).any(), path
    elif isinstance(value, list | tuple):
        for at, each in enumerate(value):
            without_nan(each, f"{path}[{at}]")
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            without_nan(getattr(value, field.name), f"{path}.{field.name}")
    elif hasattr(value, "get_params"):
        for name, each in vars(value).items():
            if name.endswith("_"):
                without_nan(each, f"{path}.{name}")
