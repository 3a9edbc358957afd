"""Summaries of fitted models: every figure by its definition, as text, frame and LaTeX."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from choice_samples import LAYOUTS, draw
from prefmath import Choices
from prefmath.models import BradleyTerry, ChoiceMixture, ConditionalLogit, PlackettLuce
from prefmath.models._inference.fit_statistics import null_log_likelihood
from prefmath.models._inference.summary_latex import escaped

SAMPLE = draw(2, n_annotators=50, n_each=10, coef=[[1.0, -0.4, 0.05]])
NAMES = ["price", "50%_off & more", "time\nto go"]


@pytest.fixture(scope="module")
def frame():
    return pd.DataFrame(SAMPLE.features, columns=NAMES)


@pytest.fixture(scope="module")
def found(frame):
    return ConditionalLogit().fit(SAMPLE.choices, frame).summary(SAMPLE.choices, frame)


@pytest.fixture(scope="module")
def classes():
    sample = draw(4, n_annotators=80, n_each=20)
    model = ChoiceMixture(2, random_state=0).fit(sample.choices, sample.features)
    return model.summary(sample.choices, sample.features, level=0.9)


def null_by_definition(choices, *, three):
    total = 0.0
    for i in range(len(choices)):
        size = int(np.diff(choices.offsets)[i])
        weight = 1.0 if choices.weight is None else choices.weight[i]
        if choices.layout == "pairs":
            total -= weight * np.log(3 if three else 2)
            continue
        stages = 1 if choices.n_ranked is None else min(choices.n_ranked[i], size - 1)
        total -= weight * sum(np.log(size - j) for j in range(stages))
    return total


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("weights", [False, True])
def test_the_null_log_likelihood_by_definition(layout, weights):
    choices = draw(1, layout=layout, weights=weights).choices
    expected = null_by_definition(choices, three=False)
    assert null_log_likelihood(choices, "half") == pytest.approx(expected, rel=1e-12)
    # It is what a model with utilities of 0 has.
    model = ChoiceMixture(l2=0.1).fit(choices)
    model.coef_ = np.zeros_like(model.coef_)
    assert model.pointwise(choices).sum() == pytest.approx(expected, rel=1e-12)
    if layout == "tied pairs":
        three = null_by_definition(choices, three=True)
        assert null_log_likelihood(choices, "davidson") == pytest.approx(three, rel=1e-12)
        model = BradleyTerry(ties="davidson", l2=0.1).fit(choices)
        model.coef_, model._extra = np.zeros_like(model.coef_), np.zeros((1, 1))
        assert model.pointwise(choices).sum() == pytest.approx(three, rel=1e-12)


def test_sets_of_one_and_rankings_of_all():
    choices = Choices.from_choice_sets([0, 1, 4], [0, 0, 1, 2], [0, 1])
    assert null_log_likelihood(choices, "half") == pytest.approx(-np.log(3))
    choices = Choices.from_rankings([0, 4, 5], [0, 1, 2, 3, 1])
    assert null_log_likelihood(choices, "half") == pytest.approx(-np.log(24))


def test_figures_of_fit_by_definition(found, frame):
    model = ConditionalLogit().fit(SAMPLE.choices, frame)
    fit, null = found.statistics, null_by_definition(SAMPLE.choices, three=False)
    assert fit.log_likelihood == model.log_likelihood_
    assert fit.rho_squared == pytest.approx(1 - model.log_likelihood_ / null)
    assert fit.adjusted_rho_squared == pytest.approx(1 - (model.log_likelihood_ - 3) / null)
    assert fit.aic == pytest.approx(model.aic(SAMPLE.choices, frame))
    assert fit.bic == pytest.approx(model.bic(SAMPLE.choices, frame))
    assert (fit.n_annotators, fit.n_judgements, fit.n_parameters) == (50, 500, 3)
    assert model.fit_statistics(SAMPLE.choices) == fit


def test_errors_and_tests_are_those_of_uncertainty(found):
    known = found.uncertainty
    np.testing.assert_array_equal(found.se, known.coef_se)
    np.testing.assert_allclose(found.z, known.coef / known.coef_se)
    np.testing.assert_allclose(found.p, 2 * norm.sf(np.abs(found.z)), rtol=1e-10)
    np.testing.assert_allclose(found.interval, known.interval().coef)


def test_text(found):
    lines = repr(found).splitlines()
    assert lines[0].startswith("ConditionalLogit of 500 choices among 2 to 5 by 50 annotators")
    assert any(re.search(r"adjusted ρ² +[0-9.]+ +judgements +500$", line) for line in lines)
    row = next(line for line in lines if line.startswith("price"))
    estimate, se, z, p, low, high = re.findall(r"-?[0-9.]+(?:e-[0-9]+)?", row)
    assert float(estimate) == pytest.approx(found.estimate[0, 0], abs=0.0006)
    assert float(se) == pytest.approx(found.se[0, 0], abs=0.0006)
    assert float(z) == pytest.approx(found.z[0, 0], abs=0.006)
    assert float(p) == pytest.approx(found.p[0, 0], rel=0.06)
    assert [float(low), float(high)] == pytest.approx(found.interval[0, 0], abs=0.0006)
    assert lines[-1] == "robust standard errors from 50 annotators"
    assert any(line.startswith("time to go ") for line in lines)
    assert str(found) == repr(found)


def test_a_block_for_each_class(classes):
    lines = repr(classes).splitlines()
    places = [lines.index(f"class {z}") for z in range(2)]
    assert lines[places[0] + 1].startswith("share")
    assert places[1] - places[0] == 5
    assert "90% interval" in repr(classes)
    assert "a penalised fit (l2=0.001)" in repr(classes)
    shares = [float(lines[place + 1].split()[1]) for place in places]
    np.testing.assert_allclose(shares, classes.uncertainty.weights, atol=6e-4)


@pytest.mark.parametrize("backend", ["pandas", "polars", "pyarrow"])
def test_frames_of_any_library(classes, found, backend):
    made = classes.to_frame(backend)
    assert type(made).__module__.startswith(backend)
    table = (
        made
        if backend == "pandas"
        else pd.DataFrame(
            made.to_pydict() if backend == "pyarrow" else made.to_dict(as_series=False)
        )
    )
    assert len(table) == 8
    assert table["kind"].tolist() == ["share", *["coefficient"] * 3] * 2
    assert table["component"].tolist() == [0] * 4 + [1] * 4
    coefficients = table[table["kind"] == "coefficient"]
    np.testing.assert_array_equal(coefficients["estimate"], classes.estimate.ravel())
    np.testing.assert_array_equal(coefficients["p"].astype(float), classes.p.ravel())
    np.testing.assert_array_equal(coefficients["upper"], classes.interval[..., 1].ravel())
    assert table["z"].isna().tolist() == [True, False, False, False] * 2
    assert found.to_frame(backend).shape[0] == 3


def test_libraries_that_there_are_not(found):
    with pytest.raises(ValueError, match=r"^backend must be a library of data frames such as"):
        found.to_frame("excel")


def test_latex(found, classes):
    text = found.to_latex()
    assert text.startswith("\\begin{tabular}{lrrrrr}\n\\hline\n")
    assert text.endswith("\\end{tabular}")
    assert "50\\%\\_off \\& more & " in text
    assert "McFadden's $\\rho^2$" in text
    for line in text.splitlines()[3:-1]:
        assert line == r"\hline" or line.endswith(r" \\")
        if "multicolumn" not in line and line != r"\hline":
            assert len(re.findall(r"(?<!\\)&", line)) == 5
    # Braces and dollars match, and no sign stands unescaped.
    for one in (text, classes.to_latex()):
        bare = re.sub(r"\\[&%$#_{}\\]", "", one)
        assert bare.count("{") == bare.count("}")
        assert bare.count("$") % 2 == 0
        assert not re.search(r"[#_~]", bare)
    assert r"\multicolumn{6}{l}{\textit{class 1}} \\" in classes.to_latex()
    assert escaped("a\\b^c~d{e}[f]*") == (
        r"a\textbackslash{}b\textasciicircum{}c\textasciitilde{}d\{e\}{[}f{]}{*}"
    )


def test_probabilities_far_out_are_told():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((60_000, 1))
    utility = 1.5 * x[:, 0] + rng.gumbel(size=60_000)
    chosen = utility.reshape(-1, 3).argmax(axis=1)
    choices = Choices.from_choice_sets(np.arange(0, 60_001, 3), np.arange(60_000), chosen)
    found = ConditionalLogit().fit(choices, x).summary(choices, x)
    assert found.z[0, 0] > 40
    assert "<1e-300" in repr(found)
    assert r"$<$1 $\times 10^{-300}$" in found.to_latex()
    few = choices.take(np.arange(900))
    found = ConditionalLogit().fit(few, x).summary(few, x)
    assert 0 < found.p[0, 0] < 1e-20
    assert re.search(r"[0-9]\.[0-9]e-[0-9]{2} ", repr(found))


def test_items_stand_best_first_and_are_less_their_mean():
    choices = draw(6, layout="rankings", n_items=50, n_each=20).choices
    found = PlackettLuce(prior=0.1).fit(choices).summary(choices)
    text = repr(found)
    best = choices.item_ids[found.estimate[0].argmax()]
    assert text.splitlines()[8].startswith(str(best))
    assert "… 10 more" in text
    assert "… " not in found.to_text()
    assert "utilities are less their mean: z and p are of the distance from it" in text
    assert "a penalised fit (prior=0.1)" in text
    assert found.to_frame()["parameter"].tolist() == choices.item_ids.tolist()


def test_ties_positions_weights_and_what_is_not_determined():
    rng = np.random.default_rng(0)
    first = rng.integers(0, 4, 400)
    second = (first + rng.integers(1, 4, 400)) % 4
    choices = Choices.from_pairs(
        np.array(list("abcd"))[first],
        np.array(list("abcd"))[second],
        tie=rng.random(400) < 0.2,
        first=rng.random(400) < 0.6,
        weight=rng.uniform(0.5, 2, 400),
        item_ids=list("abcde"),
    )
    model = BradleyTerry(ties="davidson", position_effect=True, l2=0.1).fit(choices)
    found = model.summary(choices)
    assert found.labels == ("a", "b", "c", "d", "e", "shown first", "ties, log nu")
    assert found.estimate[0, -1] == pytest.approx(np.log(model.tie_))
    table = found.to_frame()
    assert table["kind"].tolist() == ["utility"] * 5 + ["position", "ties"]
    assert table["mark"].tolist()[4] == "not determined"
    assert (found.z[0, 4], found.p[0, 4], found.se[0, 4]) == (0.0, 1.0, np.inf)
    text = repr(found)
    assert re.search(r"^e +not determined$", text, re.MULTILINE)
    assert re.search(r"by weight and count +[0-9.]+", text)
    assert "utilities are less the mean of 4 of 5 items" in text
    assert r"e & not determined & &" in re.sub(" +", " ", found.to_latex())
    assert not np.isnan(np.concatenate([found.z, found.p, found.se])).any()


def test_hard_classes_have_no_summary():
    sample = draw(0)
    model = ChoiceMixture(2, hard=True, random_state=0, n_init=1).fit(sample.choices)
    with pytest.raises(ValueError, match=r"^standard errors are of a smooth likelihood"):
        model.summary(sample.choices)


def test_statsmodels_agrees():
    """Logistic regression on differences of pairs, whose null model has equal chances."""
    logit = pytest.importorskip("statsmodels.discrete.discrete_model")
    sample = draw(1, layout="pairs", n_annotators=60, n_each=12)
    choices, x = sample.choices, sample.features
    turned = np.random.default_rng(0).random(len(choices)) < 0.5
    difference = np.where(turned, -1, 1)[:, None] * (x[choices.winner] - x[choices.loser])
    other = logit.Logit(~turned, difference).fit(disp=False, tol=1e-12)
    found = ConditionalLogit().fit(choices, x).summary(choices, x, robust=False)
    fit = found.statistics
    assert fit.log_likelihood == pytest.approx(other.llf, rel=1e-10)
    assert fit.aic == pytest.approx(other.aic, rel=1e-10)
    np.testing.assert_allclose(found.estimate[0], other.params, rtol=1e-6)
    np.testing.assert_allclose(found.se[0], other.bse, rtol=1e-6)
    np.testing.assert_allclose(found.z[0], other.tvalues, rtol=1e-6)
    np.testing.assert_allclose(found.p[0], other.pvalues, rtol=1e-4)
    np.testing.assert_allclose(found.interval[0], other.conf_int(), rtol=1e-6)


def test_electricity(data_dir):
    rows = pd.read_csv(data_dir / "electricity" / "electricity.csv.gz")
    choices = Choices.from_frame(
        rows, "choice_sets", choice_set="chid", chosen="choice", annotator="id"
    )
    x = rows[["pf", "cl", "loc", "wk", "tod", "seas"]]
    found = ConditionalLogit().fit(choices, x).summary(choices, x)
    fit = found.statistics
    assert round(fit.log_likelihood, 4) == -4958.6491
    assert fit.null_log_likelihood == pytest.approx(-4308 * np.log(4))
    assert fit.aic == pytest.approx(2 * 6 + 2 * 4958.6491, abs=1e-3)
    assert fit.bic == pytest.approx(6 * np.log(361) + 2 * 4958.6491, abs=1e-3)
    assert found.labels == ("pf", "cl", "loc", "wk", "tod", "seas")
    assert "<1e-300" not in repr(found)


@pytest.mark.parametrize("named", ["each", None])
@pytest.mark.parametrize("n_components", [1, 2])
def test_counted_choices_have_the_summary_of_those_written_out(named, n_components):
    if named is None and n_components == 2:
        pytest.skip("classes are of people")
    rng = np.random.default_rng(0)
    orders = np.array([rng.permutation(4) for _ in range(12)])
    count = rng.integers(1, 30, 12)
    counted = Choices.from_rankings(
        np.arange(0, 49, 4), orders.ravel(), annotator=named, count=count
    )
    written = counted.written_out()
    model = ChoiceMixture(n_components, l2=0.1, n_init=1, random_state=0).fit(counted)
    other = ChoiceMixture(n_components, l2=0.1, n_init=1, random_state=0).fit(written)
    found, expected = model.summary(counted), other.summary(written)
    np.testing.assert_allclose(found.se, expected.se, rtol=1e-4)
    for name in ("log_likelihood", "null_log_likelihood", "aic", "bic", "n_units"):
        mine, theirs = getattr(found.statistics, name), getattr(expected.statistics, name)
        assert mine == pytest.approx(theirs, rel=1e-6)
    for by in ("judgement", "annotator") if named else ("judgement",):
        pointwise = model.pointwise(counted, by=by)
        assert pointwise.sum() == pytest.approx(model.log_likelihood_, rel=1e-10)
    assert "by weight and count" in repr(found)
    assert found.statistics.n_annotators == (count.sum() if named else None)
    assert f"standard errors from {count.sum()} " in repr(found)
    assert "(12 distinct)" in repr(found)


@pytest.mark.parametrize("kind", [BradleyTerry, ChoiceMixture])
def test_a_saved_model_has_the_same_summary(kind, tmp_path):
    choices = draw(1, layout="tied pairs", n_items=5).choices
    model = kind(ties="davidson", l2=0.1).fit(choices)
    model.save(tmp_path / "model.npz")
    again = kind.load(tmp_path / "model.npz")
    assert repr(again.summary(choices)) == repr(model.summary(choices))
    assert "ties are told by the logarithm" in repr(model.summary(choices))
    assert again.fit_statistics(choices) == model.fit_statistics(choices)
    np.testing.assert_array_equal(again.pointwise(choices), model.pointwise(choices))
