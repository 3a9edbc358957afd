"""prefmath demo: the figures in its table are what they are said to be."""

import re

import numpy as np
import pytest
from scipy.special import log_softmax, softmax
from sklearn.metrics import adjusted_rand_score

from command_line import refusal, run
from prefmath import Choices
from prefmath.cli import comparison
from prefmath.models import ChoiceMixture
from prefmath.simulate import draw_choices, draw_population

SMALL = ("demo", "--annotators", 40, "--prompts", 30)


@pytest.fixture(scope="module")
def population():
    return draw_population(60, 50, 3, random_state=1)


@pytest.fixture(scope="module")
def task(population):
    return comparison.draw_task(population, 1, 20)


def figures(text):
    """Return the two figures of each row of the table."""
    rows = re.findall(r"^(\S.*?|  if .*?)\s{2,}([\d.%]+)\s+([\d.%]+)\s*$", text, re.MULTILINE)
    return [(name, float(left.rstrip("%")), float(right.rstrip("%"))) for name, left, right in rows]


def test_prints_one_table():
    result = run(*SMALL)
    assert (result.status, result.err) == (0, "")
    assert "40 people of 4 groups each pick one of 4 candidates for 20 of 30 prompts" in result.out
    known = "  if the values were known"
    rows = figures(result.out)
    assert [name for name, _, _ in rows] == [
        "similarity within a set",
        "values on show, of 4",
        "groups recovered (adjusted Rand)",
        known,
        "accuracy on held-out prompts",
        known,
        "accuracy of the worst group",
        known,
    ]
    (_, alike, less), (_, few, more) = rows[:2]
    assert less < alike
    assert few < more
    assert "on 6 prompts that were not in the fit (a guess: 6%)" in result.out
    assert max(map(len, result.out.splitlines())) <= 100


def test_one_seed_one_table():
    assert run(*SMALL).out == run(*SMALL).out
    assert run(*SMALL).out != run(*SMALL, "--seed", 1).out


def test_people_and_their_prompts(population, task):
    assert np.array_equal(np.bincount(task.annotator), np.full(60, 20))
    pairs = set(zip(task.annotator.tolist(), task.prompt.tolist(), strict=True))
    assert len(pairs) == 60 * 20
    assert not set(task.held_out) & set(task.prompt)
    assert len(task.held_out) == 10
    assert np.array_equal(comparison.draw_task(population, 1, 20).prompt, task.prompt)


def test_fewer_prompts_than_judgements():
    task = comparison.draw_task(draw_population(3, 2), 0, 20)
    assert len(task.annotator) == 3
    assert set(task.prompt) | set(task.held_out) == {0, 1}


@pytest.mark.parametrize("choose", ["random", "diverse"])
def test_sets_come_from_their_pools(population, choose):
    sets = (
        comparison.random_sets(population, 0)
        if choose == "random"
        else comparison.diverse_sets(population)
    )
    assert sets.shape == (50, 4)
    assert (sets // 16 == np.arange(50)[:, None]).all()
    assert all(len(set(row)) == 4 for row in sets)


def test_figures_equal_those_of_the_model_itself(population, task):
    sets = comparison.diverse_sets(population)
    outcome = comparison.learn(population, task, sets, n_starts=3)
    items = sets[task.prompt]
    picked = draw_choices(population, task.annotator, items, np.random.default_rng([1, 3]))
    choices = Choices.from_choice_sets(
        np.arange(len(items) + 1) * 4, items.ravel(), picked, annotator=task.annotator
    )
    model = ChoiceMixture(3, n_init=3, random_state=1).fit(choices, population.embeddings)
    groups = adjusted_rand_score(population.group, model.responsibilities_.argmax(axis=1))
    assert outcome.fitted.groups == pytest.approx(groups)

    people, prompts = np.repeat(np.arange(60), 10), np.tile(task.held_out, 60)
    pools = prompts[:, None] * 16 + np.arange(16)
    utilities = np.take_along_axis(
        population.utilities()[pools], population.group[people][:, None, None], axis=2
    )[:, :, 0]
    favourite = utilities.argmax(axis=1)
    test = Choices.from_choice_sets(
        np.arange(len(pools) + 1) * 16, pools.ravel(), favourite, annotator=people
    )
    right = model.predict(test, population.embeddings) == favourite
    assert outcome.fitted.accuracy == pytest.approx(right.mean())
    worst = min(right[population.group[people] == group].mean() for group in range(3))
    assert outcome.fitted.worst == pytest.approx(worst)


def test_what_would_be_known_is_bayes_rule(population, task):
    sets = comparison.random_sets(population, 1)
    items = sets[task.prompt]
    picked = draw_choices(population, task.annotator, items, 5)
    posterior = comparison._posterior(population, task, items, picked)
    for person in (0, 17, 59):
        total = np.zeros(3)
        for shown, pick in zip(
            items[task.annotator == person], picked[task.annotator == person], strict=True
        ):
            total += log_softmax(population.utilities()[shown], axis=0)[pick]
        np.testing.assert_allclose(posterior[person], softmax(total))


def test_figures_of_the_sets(population, task):
    sets = np.tile([0, 1, 2, 3], (50, 1)) + population.offsets[:-1, None]
    outcome = comparison.learn(population, task, sets, n_starts=1)
    cosines, values = [], []
    for row in sets:
        x = population.embeddings[row].astype(float)
        x /= np.linalg.norm(x, axis=1, keepdims=True)
        cosines.append((x @ x.T)[np.triu_indices(4, 1)].mean())
        values.append(len(set(population.value[row])))
    assert outcome.similarity == pytest.approx(np.mean(cosines), rel=1e-5)
    assert outcome.values == pytest.approx(np.mean(values))


def test_more_groups_than_people():
    assert refusal("demo", "--annotators", 3) == (
        "--annotators must be at least --groups: 3 below 4"
    )
