"""Drawn calls of everything that tells of errors: numbers or one sentence, no NaN, no warning."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from choice_samples import draw
from prefmath import Choices
from prefmath.models import ChoiceMixture, bootstrap, disagreement
from prefmath.models._likelihood.observation import Form, observe
from prefmath.models._likelihood.table_curvature import table_curvature

LABELS = np.array(["tea", "", " ", "\n", "ü☕", "x" * 90, "[1]"])


def drawn_choices(rng):
    if rng.random() < 0.3:
        layout = str(rng.choice(["choice_sets", "rankings"]))
        n_annotators, n_each = int(rng.integers(1, 9)), int(rng.integers(1, 9))
        return draw(
            int(rng.integers(99)),
            layout=layout,
            n_annotators=n_annotators,
            n_each=n_each,
            n_items=5,
            weights=bool(rng.random() < 0.3),
        ).choices
    n, n_items = int(rng.integers(2, 60)), int(rng.integers(2, 7))
    winner = rng.integers(0, n_items, n)
    loser = (winner + rng.integers(1, n_items, n)) % n_items
    given = {}
    if rng.random() < 0.7:
        given["annotator"] = rng.integers(0, rng.integers(1, 30), n)
    if rng.random() < 0.3:
        given["weight"] = rng.choice([0, 0.5, 1, 300.0], n)
    if rng.random() < 0.3:
        given["tie"] = rng.random(n) < 0.2
    if rng.random() < 0.2:
        given["item_ids"] = LABELS
    return Choices.from_pairs(LABELS[winner], LABELS[loser], **given)


@settings(max_examples=60)
@given(st.integers(0, 2**32 - 1), st.integers(1, 4), st.sampled_from([0.0, 1e-3, 1.0]))
@example(433287, 3, 0.0)  # a parameter of ties that runs away
def test_errors_of_anything_are_numbers_or_one_sentence(seed, n_components, l2):
    rng = np.random.default_rng(seed)
    refused = []
    try:
        choices = drawn_choices(rng)
        ties = "davidson" if choices.layout == "pairs" and rng.random() < 0.4 else "half"
        features = ()
        if rng.random() < 0.4:
            features = (rng.standard_normal((choices.n_items, 2)) * rng.choice([1, 1e4]),)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the fit, which is another test's
            model = ChoiceMixture(n_components, l2=l2, ties=ties, n_init=1, random_state=0)
            model.fit(choices, *features)
    except ValueError:
        return

    def asked(call):
        try:
            return call()
        except ValueError as error:
            refused.append(str(error))
            return None

    robust = asked(lambda: model.uncertainty(choices, *features))
    plain = asked(lambda: model.uncertainty(choices, *features, robust=False))
    drawn = asked(lambda: bootstrap(model, choices, *features, n_resamples=8, random_state=0))
    for found in (robust, plain, drawn):
        if found is None:
            continue
        ends = asked(lambda found=found: found.interval(0.9))
        arrays = [found.params, found.coef_se, found.weights_se, ends.coef, ends.weights]
        arrays += [] if ends.tie is None else [ends.tie]
        assert not any(np.isnan(array).any() for array in arrays)
        assert (ends.coef[..., 0] <= ends.coef[..., 1]).all()
        assert repr(found)
        assert repr(ends)
        if not features:
            ranks = found.ranks()
            assert (ranks[..., 0] >= 1).all()
            assert (ranks[..., 0] <= ranks[..., 1]).all()
            assert (ranks[..., 1] <= choices.n_items).all()
        if found is not drawn:
            assert np.isfinite(found.covariance).all()
        if found is robust and n_components > 1:
            assert repr(disagreement(model, *features, uncertainty=found))
    if robust is not None and plain is not None:
        unsure = (robust.marks != "") & (choices.weight is None)
        assert (robust.coef_se >= plain.coef_se * (1 - 1e-6))[
            unsure[:, robust.parameters.coef]
        ].all()
    assert all("\n" not in sentence for sentence in refused)


@pytest.mark.parametrize("tie", [-800.0, 800.0])
def test_the_curvature_of_ties_that_run_away_is_finite(tie):
    choices = Choices.from_pairs([0, 1, 2], [1, 2, 0], tie=[True, False, True])
    form = Form("pairs", "davidson", 0)
    table = np.array([[0.5], [0.0], [-0.5], [tie]])
    found = table_curvature(observe(choices, 3, form, 1), table, np.ones((3, 1)))
    assert np.isfinite(found).all()
