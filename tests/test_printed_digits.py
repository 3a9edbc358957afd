"""What is printed keeps the digits that mean something, however small or large the numbers are."""

from __future__ import annotations

import re

import numpy as np
import pytest

from choice_samples import draw
from prefmath import Choices, leaderboard
from prefmath.cli.summary import fit_table
from prefmath.models import ChoiceMixture, bootstrap, class_profiles, disagreement
from prefmath.models._inference.digits import (
    estimate_text,
    interval_text,
    number_text,
    p_text,
    percent_text,
)

SAMPLE = draw(1, n_annotators=60, n_each=12)
NUMBER = r"-?[0-9][0-9.]*(?:e[-+][0-9]+)?"


def fitted(scale):
    features = SAMPLE.features * scale
    model = ChoiceMixture(2, l2=0.0, n_init=2, random_state=0).fit(SAMPLE.choices, features)
    return model, features


@pytest.mark.parametrize("scale", [1e-9, 1e-3, 1.0, 300.0, 1e6, 1e12])
def test_estimates_are_told_to_a_tenth_of_their_errors(scale):
    model, features = fitted(scale)
    errors = model.uncertainty(SAMPLE.choices, features)
    resampled = bootstrap(model, SAMPLE.choices, features, n_resamples=20, random_state=0)
    ends = errors.interval().coef
    for j in range(3):
        for printed, value, size in (
            (errors, model.coef_[0, j], errors.coef_se[0, j]),
            (errors.interval(), ends[0, j, 0], errors.coef_se[0, j]),
            (resampled, model.coef_[0, j], resampled.coef_se[0, j]),
        ):
            row = next(line for line in repr(printed).splitlines() if f"feature {j}" in line)
            first = re.findall(NUMBER, row.replace(f"feature {j}", ""))[0]
            assert abs(float(first) - value) < 0.1 * size
    row = next(line for line in repr(errors).splitlines() if "feature 2" in line)
    error = re.findall(rf"± ({NUMBER})", row)[1]
    assert float(error) == pytest.approx(errors.coef_se[1, 2], rel=0.06)


def test_the_command_line_prints_small_coefficients():
    model, _ = fitted(1e6)
    table = fit_table(SAMPLE.choices, model, ["x", "y", "z"])
    printed = [[*column.cells][-3:] for column in table.columns[1:]]
    np.testing.assert_allclose(np.array(printed, float), model.coef_, rtol=5e-3)


def test_disagreements_of_small_utilities_are_told_apart():
    model, features = fitted(1.0)
    model.coef_ = model.coef_ * 1e-4
    rows = repr(disagreement(model, features)).splitlines()[2:-1]
    gaps = [float(row.split()[-4]) for row in rows]
    assert len(set(gaps)) > 6
    assert min(gaps) > 0


def test_profiles_of_few_people_have_a_share():
    found = class_profiles(np.ones((1000, 1)), {"age": ["old"] * 3 + ["young"] * 997})
    rows = repr(found).splitlines()[2:]
    assert "0.3% [0.1%, 1%]" in rows[0]
    assert "99.7% [99%, 99.9%]" in rows[1]


def test_leaderboards_of_many_votes_tell_scores_apart():
    rng = np.random.default_rng(0)
    first = rng.integers(0, 4, 400_000)
    second = (first + rng.integers(1, 4, len(first))) % 4
    board = leaderboard(Choices.from_pairs(first, second))
    rows = repr(board).splitlines()[2:6]
    for row, score, (low, high) in zip(rows, board.score, board.interval, strict=True):
        shown = [float(cell) for cell in re.findall(NUMBER, row.replace(row.split()[0], "", 1))]
        np.testing.assert_allclose(shown[:3], [score, low, high], atol=(high - low) / 40)
    assert len({len(row.split("[")[0].split(".")[1].strip()) for row in rows}) == 1


def test_two_digits_of_an_error_and_of_a_width():
    rng = np.random.default_rng(0)
    for size in 10.0 ** rng.uniform(-30, 30, 400):
        value, error = size * rng.standard_normal(), size * rng.uniform(0.1, 1)
        shown, shown_error = map(float, estimate_text(value, error).split(" ± "))
        assert abs(shown - value) <= 0.0501 * error
        assert shown_error == pytest.approx(error, rel=0.0501)
        ends = interval_text(value - 2 * error, value + 2 * error)[1:-1].split(", ")
        np.testing.assert_allclose(
            [*map(float, ends)], [value - 2 * error, value + 2 * error], atol=0.0501 * error
        )
        assert float(number_text(value)) == pytest.approx(value, rel=0.00501)


def test_zeros_and_what_has_no_end():
    assert estimate_text(0.0, 0.0) == "0.000 ± 0.000"
    assert estimate_text(-0.00001, 0.2) == "0.000 ± 0.200"
    assert estimate_text(0.5, np.inf) == "0.500 ± inf"
    assert estimate_text(0.0, 1e-20) == "0.0e+00 ± 1.0e-20"
    assert interval_text(-np.inf, np.inf) == "[-inf, inf]"
    assert interval_text(0.25, 0.25) == "[0.250, 0.250]"
    assert number_text(np.inf) == "inf"
    assert p_text(1e-320) == "<1e-300"
    assert p_text(1.0) == "1.0000"
    assert percent_text(1.0) == "100%"
    assert percent_text(0.5, 1) == "50.0%"
