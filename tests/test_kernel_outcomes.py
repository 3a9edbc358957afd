"""Judgements that share an outcome: each counts for its annotator, all count for the outcome."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel_data import offsets_of
from prefmath import _numba


@st.composite
def shared_outcomes(draw):
    """Draw annotators, their judgements, and which of a few outcomes each has."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    counts = draw(st.lists(st.integers(0, 9), min_size=1, max_size=10))
    n_outcomes, n_classes = draw(st.integers(1, 12)), draw(st.integers(1, 5))
    offsets = offsets_of(counts)
    weight = rng.choice([0.0, 0.5, 1.0, 7.0], size=offsets[-1]) if draw(st.booleans()) else None
    return {
        "ll": -rng.exponential(size=(n_outcomes, n_classes)),
        "outcome": rng.integers(n_outcomes, size=offsets[-1]).astype(np.int32),
        "weight": weight,
        "offsets": offsets,
        "log_prior": np.log(rng.dirichlet(np.ones(n_classes), size=1)),
        "responsibilities": rng.dirichlet(np.ones(n_classes), size=len(counts)),
    }


@given(d=shared_outcomes())
def test_posterior_looks_the_outcome_up(kernels, d):
    rest = d["weight"], d["offsets"], d["log_prior"], 2
    shared = kernels.posterior_by_annotator(d["ll"], d["outcome"], *rest)
    repeated = kernels.posterior_by_annotator(d["ll"][d["outcome"]], None, *rest)
    for left, right in zip(shared, repeated, strict=True):
        assert left.tobytes() == right.tobytes()


@given(d=shared_outcomes())
def test_outcome_weights_are_sums_over_judgements(kernels, d):
    shape = d["ll"].shape
    found = kernels.outcome_weights(
        d["responsibilities"], d["outcome"], d["weight"], d["offsets"], len(d["ll"]), None, 2
    )
    annotator = np.repeat(np.arange(len(d["offsets"]) - 1), np.diff(d["offsets"]))
    weight = 1.0 if d["weight"] is None else d["weight"][:, None]
    expected = np.zeros(shape)
    np.add.at(expected, d["outcome"], weight * d["responsibilities"][annotator])
    np.testing.assert_allclose(found, expected, rtol=1e-13)
    alone = kernels.outcome_weights(
        d["responsibilities"], None, d["weight"], d["offsets"], len(annotator), None, 2
    )
    np.testing.assert_array_equal(alone, weight * d["responsibilities"][annotator])


@pytest.mark.parametrize("n_outcomes", [5, 4000, 20_000, 60_000])
def test_backends_agree_on_many(n_outcomes):
    native = pytest.importorskip("prefmath._native")
    rng = np.random.default_rng(n_outcomes)
    offsets = offsets_of(rng.multinomial(50_000, np.ones(700) / 700))
    outcome = rng.integers(n_outcomes, size=50_000).astype(np.int32)
    arguments = rng.dirichlet(np.ones(3), size=700), outcome, rng.random(50_000), offsets
    one, two = (b.outcome_weights(*arguments, n_outcomes, None, 2) for b in (native, _numba))
    np.testing.assert_allclose(one, two, rtol=1e-12)


def call(kernels, name, **changes):
    """Call a kernel on sound arrays, some of them changed."""
    arrays = {
        "outcome": np.array([1, 0, 1], np.int32),
        "weight": np.ones(3),
        "offsets": np.array([0, 2, 3]),
        "responsibilities": np.full((2, 2), 0.5),
    } | changes
    rest = arrays["outcome"], arrays["weight"], arrays["offsets"]
    if name == "posterior":
        return kernels.posterior_by_annotator(np.zeros((2, 2)), *rest, np.zeros((1, 2)), 1)
    return kernels.outcome_weights(arrays["responsibilities"], *rest, 2, None, 1)


@pytest.mark.parametrize("name", ["posterior", "outcome_weights"])
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"outcome": np.array([0, 2, 1], np.int32)},
            "outcome must be below the 2 outcomes and not negative: outcome[1]=2",
        ),
        (
            {"outcome": np.array([0, 1, -1], np.int32)},
            "outcome must be below the 2 outcomes and not negative: outcome[2]=-1",
        ),
        ({"weight": np.ones(2)}, "weight has 2 values for 3 judgements"),
        (
            {"offsets": np.array([0, 2, 2])},
            "annotator_offsets must end with the number of values: annotator_offsets[-1]=2 for 3",
        ),
    ],
)
def test_what_is_refused(kernels, name, changes, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        call(kernels, name, **changes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"responsibilities": np.full((3, 2), 0.5)},
            "responsibilities must have 2 rows and a column a class, not shape (3, 2)",
        ),
        (
            {"responsibilities": np.array([[0.5, 0.5], [0.5, np.nan]])},
            "responsibilities must be finite: responsibilities[1, 1] is nan",
        ),
        ({"weight": np.array([1, np.inf, 1])}, "weight must be finite: weight[1, 0] is inf"),
    ],
)
def test_what_outcome_weights_refuse(kernels, changes, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        call(kernels, "outcome_weights", **changes)
