"""prefmath fit: the model that ChoiceMixture learns, out of files."""

import re

import numpy as np
import pyarrow as pa
import pytest

from command_line import run
from prefmath import Choices
from prefmath.io.files import write_array, write_table
from prefmath.io.models import load_model
from prefmath.models import ChoiceMixture

ITEMS = np.array(["ale", "[bold]", "cider", "dew"])
N, K = 120, 4


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def ranked():
    """Rankings of the four items by six people of two tastes, best first."""
    rng = np.random.default_rng(0)
    taste = np.array([[2.0, 1, 0, 0], [0, 0, 1, 2]])[np.arange(N) % 6 % 2]
    return np.argsort(-(taste + rng.gumbel(size=(N, K))), axis=1)


@pytest.fixture(scope="module")
def people():
    return np.array([f"person {i % 6}" for i in range(N)])


@pytest.fixture(scope="module")
def features():
    return np.array([[1.0, 0.2], [0.5, 0.1], [0.0, 0.9], [0.1, 1.2]])


def assert_model(expected, *arguments, warned=""):
    """Fit on the command line, and compare with a model fitted in Python."""
    result = run("fit", *arguments, "-o", "m.npz", "--force")
    assert (result.status, result.err) == (0, warned)
    model = load_model("m.npz")
    np.testing.assert_array_equal(model.coef_, expected.coef_)
    np.testing.assert_array_equal(model.weights_, expected.weights_)
    return result.out, model


def test_ties_and_order(ranked, people):
    tie, first = np.arange(N) % 10 == 0, np.arange(N) % 3 == 0
    winner, loser = ITEMS[ranked[:, 0]], ITEMS[ranked[:, 1]]
    columns = {"loser": loser, "winner": winner, "tie": tie, "left": first, "annotator": people}
    write_table("pairs.parquet", pa.table(columns))
    choices = Choices.from_pairs(winner, loser, tie=tie, first=first, annotator=people)
    expected = ChoiceMixture(ties="davidson", position_effect=True, random_state=0).fit(choices)
    options = "--first", "left", "--ties", "davidson", "--position-effect"
    text, model = assert_model(expected, "pairs.parquet", *options)
    np.testing.assert_array_equal(model.tie_, expected.tie_)
    np.testing.assert_array_equal(model.position_effects_, expected.position_effects_)
    # A single class has no number, and all of the annotators.
    for word in ("class", "weight", "100.0%"):
        assert word not in text
    rows = {line.split("  ")[0]: line.split()[-1] for line in text.splitlines()}
    assert rows["tie"] == f"{expected.tie_[0]:.4f}"
    assert rows["shown first"] == f"{expected.position_effects_[0, 0]:+.4f}"


def test_pairs_of_a_csv_by_the_usual_names(ranked, people):
    tie = np.arange(N) % 10 == 0
    winner, loser = ITEMS[ranked[:, 0]], ITEMS[ranked[:, 1]]
    columns = {"loser": loser, "winner": winner, "tie": tie.astype(int), "annotator": people}
    write_table("pairs.csv", pa.table(columns))
    choices = Choices.from_pairs(winner, loser, tie=tie, annotator=people)
    expected = ChoiceMixture(2, random_state=0).fit(choices)
    text, model = assert_model(expected, "pairs.csv", "--components", 2)
    assert "Choices(120 pairs, 12 tied, by 6 annotators over 4 items)" in text
    assert f"log-likelihood {expected.log_likelihood_:,.4f}" in text
    assert f"BIC {expected.bic(choices):,.2f}" in text
    assert f"converged after {expected.n_iter_} iterations" in text
    assert "class 0" in text
    assert "class 1" in text
    for place, row in enumerate(np.argsort(-expected.coef_[0])[:4], 1):
        shown = f"{expected.item_ids_[row]} {expected.coef_[0, row]:+.3f}"
        assert re.search(rf"preferred item {place} +{re.escape(shown)}", text)
    assert model.annotator_ids_.tolist() == sorted(set(people))


def test_named_columns_and_options(ranked, people):
    winner, loser = ITEMS[ranked[:, 0]], ITEMS[ranked[:, 3]]
    weight = np.linspace(0.5, 2, N)
    write_table("p.parquet", pa.table({"a": winner, "b": loser, "who": people, "w": weight}))
    choices = Choices.from_pairs(winner, loser, annotator=people, weight=weight)
    expected = ChoiceMixture(2, l2=0.5, n_init=3, random_state=7).fit(choices)
    assert_model(
        expected,
        *("p.parquet", "--winner", "a", "--loser", "b", "--annotator", "who", "--weight", "w"),
        *("--components", 2, "--l2", 0.5, "--starts", 3, "--seed", 7, "--threads", 1),
    )


def test_pairs_of_an_array(ranked, features):
    pairs = ranked[:, :2]
    write_array("two.npy", pairs)
    expected = ChoiceMixture(random_state=0).fit(Choices.from_pairs(pairs[:, 0], pairs[:, 1]))
    text, _ = assert_model(expected, "two.npy")
    assert "Choices(120 pairs over 4 items)" in text
    assert "item 3" in text

    who = np.arange(N) % 6
    write_array("three.npy", np.column_stack([who, pairs]))
    write_array("x.npy", features)
    choices = Choices.from_pairs(pairs[:, 0], pairs[:, 1], annotator=who)
    expected = ChoiceMixture(2, random_state=0).fit(choices, features)
    text, model = assert_model(expected, "three.npy", "--components", 2, "--features", "x.npy")
    assert "column 1" in text
    assert model.annotator_ids_.tolist() == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize("kind", ["list", "columns"])
def test_features_of_named_items(ranked, people, features, kind):
    winner, loser = ITEMS[ranked[:, 0]], ITEMS[ranked[:, 1]]
    write_table("p.csv", pa.table({"winner": winner, "loser": loser, "annotator": people}))
    if kind == "list":
        write_table("x.parquet", pa.table({"item": ITEMS, "embedding": list(features)}))
        arguments, names = ["--features", "x.parquet"], ["embedding[0]", "embedding[1]"]
    else:
        write_table(
            "x.csv", pa.table({"drink": ITEMS, "sweet": features[:, 0], "dry": features[:, 1]})
        )
        arguments = ["--features", "x.csv", "--feature-item", "drink", "--embedding", "sweet,dry"]
        names = ["sweet", "dry"]
    x = features if kind == "list" else features.astype(np.float32)
    choices = Choices.from_pairs(winner, loser, annotator=people, item_ids=ITEMS)
    expected = ChoiceMixture(2, random_state=0).fit(choices, x)
    text, model = assert_model(expected, "p.csv", "--components", 2, *arguments)
    for name, row in zip(names, expected.coef_.T, strict=True):
        line = next(line for line in text.splitlines() if line.startswith(name))
        assert line.split()[1:] == [f"{value:.4f}" for value in row]
    assert model.item_ids_.tolist() == ITEMS.tolist()


def test_many_coefficients_are_not_all_shown(ranked):
    x = np.random.default_rng(3).standard_normal((K, 20)).astype(np.float32)
    write_array("x.npy", x)
    write_array("p.npy", np.column_stack([np.arange(N) % 6, ranked[:, :2]]))
    text = run("fit", "p.npy", "--features", "x.npy", "-o", "m.npz").out
    coef = load_model("m.npz").coef_[0]
    largest = np.abs(coef).argmax()
    shown = f"column {largest} {coef[largest]:+.3f}"
    assert re.search(rf"largest coefficient 1 +{re.escape(shown)}", text)
    assert "largest coefficient 5" in text
    assert "largest coefficient 6" not in text


def long_table(ranked, people, features):
    """Choice sets in long form: one row an alternative, with its features."""
    items = np.sort(ranked[:, :3], axis=1)
    return pa.table(
        {
            "choice_set": np.repeat(np.arange(N), 3),
            "annotator": np.repeat(people, 3),
            "item": ITEMS[items].ravel(),
            "chosen": (items == ranked[:, :1]).astype(int).ravel(),
            "sweet": features[items, 0].ravel(),
            "dry": features[items, 1].ravel(),
        }
    ), Choices.from_choice_sets(
        np.arange(N + 1) * 3,
        np.arange(3 * N),
        (items == ranked[:, :1]).argmax(axis=1),
        annotator=people,
    )


def test_choice_sets_in_long_form_with_features_of_their_own(ranked, people, features):
    table, choices = long_table(ranked, people, features)
    write_table("sets.csv.gz", table)
    x = np.column_stack([table["dry"], table["sweet"]])
    expected = ChoiceMixture(2, random_state=0).fit(choices, x)
    text, _ = assert_model(
        expected,
        *("sets.csv.gz", "--layout", "choice_sets", "--components", 2),
        *("--feature-columns", "dry, sweet"),
    )
    assert "Choices(120 choices among 3 by 6 annotators" in text
    assert text.index("dry") < text.index("sweet")


def test_choice_sets_in_long_form_over_items(ranked, people, features):
    table, _ = long_table(ranked, people, features)
    write_table("sets.parquet", table)
    choices = Choices.from_choice_sets(
        np.arange(N + 1) * 3,
        ITEMS[np.sort(ranked[:, :3], axis=1)].ravel(),
        (np.sort(ranked[:, :3], axis=1) == ranked[:, :1]).argmax(axis=1),
        annotator=people,
        item_ids=ITEMS,
    )
    expected = ChoiceMixture(random_state=0).fit(choices)
    run("fit", "sets.parquet", "--layout", "choice_sets", "-o", "m.npz")
    model = load_model("m.npz")
    found = dict(zip(model.item_ids_.tolist(), model.coef_[0], strict=True))
    for name, value in zip(ITEMS.tolist(), expected.coef_[0], strict=True):
        assert found[name] == pytest.approx(value)


def test_wide_form(ranked, people):
    columns = {f"r{j}": ITEMS[ranked[:, j]] for j in range(K)}
    write_table("wide.csv", pa.table({**columns, "annotator": people, "pick": ["r0"] * N}))
    offsets, labels = np.arange(N + 1) * K, ITEMS[ranked].ravel()
    rankings = Choices.from_rankings(offsets, labels, annotator=people)
    expected = ChoiceMixture(2, random_state=0).fit(rankings)
    arguments = ["wide.csv", "--items", "r0,r1,r2,r3", "--components", 2, "--layout"]
    text, _ = assert_model(expected, *arguments, "rankings")
    assert "Choices(120 rankings of 4 by 6 annotators over 4 items)" in text
    sets = Choices.from_choice_sets(offsets, labels, np.zeros(N, int), annotator=people)
    expected = ChoiceMixture(2, random_state=0).fit(sets)
    assert_model(expected, *arguments, "choice_sets", "--chosen", "pick")


@pytest.mark.filterwarnings("ignore:24 of 120 rankings have a single alternative")
@pytest.mark.parametrize("offered", ["all", "named"])
def test_ballots_of_the_first_few(ranked, people, offered):
    table = {"best": ITEMS[ranked[:, 0]], "next": ITEMS[ranked[:, 1]], "annotator": people}
    table["next"] = pa.array(table["next"], mask=np.arange(N) % 5 == 0)
    write_table("wide.csv", pa.table(table))
    frame = pa.table(table)
    choices = Choices.from_frame(
        frame, "rankings", items=["best", "next"], annotator="annotator", offered=offered
    )
    expected = ChoiceMixture(2, random_state=0).fit(choices)
    options = "--layout", "rankings", "--items", "best,next", "--components", 2
    warned = (
        "prefmath: warning: 24 of 120 rankings have a single alternative, which says nothing of "
        "preferences: look whether alternatives that were not ranked are missing\n"
    )
    warned = warned if offered == "named" else ""
    assert_model(expected, "wide.csv", *options, "--offered", offered, warned=warned)
    result = run("fit", "wide.csv", *options, "-o", "other.npz")
    assert result.status != 0
    assert "items['next'] is missing in row 0" in " ".join(result.err.split())


def test_rankings_in_long_form(ranked, people):
    place = np.argsort(ranked, axis=1) + 1
    rank = [int(p) if p <= 2 else None for p in place.ravel()]
    columns = {
        "choice_set": np.repeat(np.arange(N), K),
        "annotator": np.repeat(people, K),
        "item": np.tile(ITEMS, N),
        "rank": rank,
    }
    write_table("long.csv", pa.table(columns))
    choices = Choices.from_rankings(
        np.arange(N + 1) * K,
        ITEMS[ranked].ravel(),
        n_ranked=np.full(N, 2),
        annotator=people,
    )
    expected = ChoiceMixture(2, random_state=0).fit(choices)
    run("fit", "long.csv", "--layout", "rankings", "--components", 2, "-o", "m.npz")
    np.testing.assert_allclose(
        in_order(load_model("m.npz").coef_), in_order(expected.coef_), rtol=1e-5
    )


def in_order(coef):
    """Put classes of about equal weight, which may stand either way, into one order."""
    return coef[np.argsort(coef[:, 0])]


def test_what_has_not_settled_is_said(ranked):
    write_array("p.npy", np.column_stack([np.arange(N) % 6, ranked[:, :2]]))
    result = run("fit", "p.npy", "--components", 2, "--max-iter", 1, "-o", "m.npz")
    assert result.status == 0
    assert result.err.startswith("prefmath: warning: the fit has not settled after 1 iterations")
    assert result.err.count("\n") == 1
    assert "not converged in 1 iterations" in result.out


def test_electricity(data_dir):
    """The log-likelihood that the README of the data gives, over all 361 people."""
    text = run(
        *("fit", data_dir / "electricity" / "electricity.csv.gz", "--layout", "choice_sets"),
        *("--choice-set", "chid", "--chosen", "choice", "--annotator", "id"),
        *("--feature-columns", "pf,cl,loc,wk,tod,seas", "--l2", 0, "-o", "m.npz"),
    ).out
    assert "Choices(4,308 choices among 4 by 361 annotators over 17,232 items)" in text
    assert "log-likelihood -4,958.6491" in text
    coef = [-0.62523, -0.1083, 1.44224, 0.9955, -5.46276, -5.84003]
    np.testing.assert_allclose(load_model("m.npz").coef_[0], coef, atol=1e-4)
