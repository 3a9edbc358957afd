"""The simulated population is what its docstring says."""

import numpy as np
import pytest
from scipy.special import softmax

from prefmath.simulate import NOISE, TOPIC, VALUE, draw_choices, draw_population


def test_one_seed_one_population():
    one, two = (draw_population(20, 5, random_state=3) for _ in range(2))
    other = draw_population(20, 5, random_state=4)
    for name in ("group", "coef", "embeddings", "offsets", "value"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name))
    assert not np.array_equal(one.embeddings, other.embeddings)


def test_shapes_and_types():
    people = draw_population(7, 5, 3, pool_size=6, n_dims=8, random_state=0)
    assert people.group.shape == (7,)
    assert people.coef.shape == (3, 8)
    assert people.embeddings.shape == (30, 8)
    assert people.embeddings.dtype == np.float32
    assert people.offsets.tolist() == [0, 6, 12, 18, 24, 30]
    assert people.value.shape == (30,)


def test_candidates_are_alike_as_stated():
    people = draw_population(1, 400, random_state=0)
    pools = people.embeddings.reshape(400, 16, -1).astype(float)
    pools /= np.linalg.norm(pools, axis=2, keepdims=True)
    cosine = pools @ pools.transpose(0, 2, 1)
    value = people.value.reshape(400, 16)
    same = value[:, :, None] == value[:, None, :]
    other_candidate = ~np.eye(16, dtype=bool)[None]
    length = TOPIC**2 + VALUE**2 + NOISE**2
    assert cosine[same & other_candidate].mean() == pytest.approx(
        (TOPIC**2 + VALUE**2) / length, abs=0.01
    )
    assert cosine[~same].mean() == pytest.approx(TOPIC**2 / length, abs=0.01)


def test_monoculture_is_as_stated():
    people = draw_population(1, 4000, random_state=0)
    shares = np.bincount(people.value) / len(people.value)
    np.testing.assert_allclose(shares, [0.8, 0.2 / 3, 0.2 / 3, 0.2 / 3], atol=0.005)
    pools = people.value.reshape(4000, 16)
    assert (pools[:, :4] == 1).any(axis=1).mean() == pytest.approx(0.24, abs=0.02)
    assert (pools == 1).any(axis=1).mean() == pytest.approx(0.67, abs=0.02)


def test_a_candidate_of_ones_own_value_is_better_by_the_gap():
    people = draw_population(1, 500, value_gap=1.5, random_state=0)
    utilities = people.utilities().reshape(500, 16, 4)
    utilities -= utilities[people.value.reshape(500, 16) == 0].mean(axis=0)
    own = utilities[people.value.reshape(500, 16) == 2]
    np.testing.assert_allclose(own.mean(axis=0), [-1.5, 0, 1.5, 0], atol=0.15)


def test_choices_follow_the_logit_model():
    people = draw_population(2, 1, 2, random_state=0)
    shown = np.array([0, 5, 9])
    for person in range(2):
        expected = softmax(people.utilities()[shown, people.group[person]])
        picks = draw_choices(people, np.full(20_000, person), np.tile(shown, (20_000, 1)), 1)
        np.testing.assert_allclose(np.bincount(picks, minlength=3) / 20_000, expected, atol=0.015)


def test_one_group_means_one_value():
    assert (draw_population(5, 5, 1, random_state=0).value == 0).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_annotators": 0}, "n_annotators must be at least 1: 0"),
        ({"n_prompts": -1}, "n_prompts must be at least 1: -1"),
        ({"n_groups": 0}, "n_groups must be at least 1: 0"),
        ({"pool_size": 0}, "pool_size must be at least 1: 0"),
        ({"n_groups": 9, "n_dims": 8}, "n_groups must not exceed n_dims: 9 above 8"),
        ({"default_share": 1.5}, "default_share must be between 0 and 1: 1.5"),
    ],
)
def test_refusals(arguments, message):
    with pytest.raises(ValueError, match=message):
        draw_population(**arguments)
