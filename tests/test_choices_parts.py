"""Parts of choices: by index, split to fit and to test on, in folds; frames and equality."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import GridSearchCV, GroupKFold, KFold, cross_val_score

from prefmath import Choices
from prefmath.models import BradleyTerry, ChoiceMixture, ConditionalLogit, cross_validate


def drawn(n=200, seed=0, **about):
    rng = np.random.default_rng(seed)
    left = rng.integers(5, size=n)
    right = (left + rng.integers(1, 5, size=n)) % 5
    return Choices.from_pairs(
        np.minimum(left, right),
        np.maximum(left, right),
        annotator=rng.integers(20, size=n),
        **about,
    )


LAYOUTS = {
    "pairs": lambda: drawn(tie=np.arange(200) % 7 == 0, first=np.arange(200) % 2 == 0),
    "labels": lambda: Choices.from_pairs(["a", "b", "c"], ["b", "c", "a"], annotator=[2, 1, 2]),
    "sets": lambda: Choices.from_choice_sets(
        [0, 2, 5, 7], [1, 2, 0, 3, 4, 4, 0], [1, 2, 0], annotator=["u", "t", "u"], weight=[1, 2, 3]
    ),
    "rankings": lambda: Choices.from_rankings(
        [0, 3, 5], list("abcca"), n_ranked=[2, 2], annotator=["each"] * 2, context=[5, 6]
    ),
    "counts": lambda: Choices.from_pairs([0, 1], [1, 0], count=[7, 3]),
}
COLUMNS = {
    "pairs": {"winner": "winner", "loser": "loser"},
    "choice_sets": {"choice_set": "choice_set", "item": "item", "chosen": "chosen"},
    "rankings": {"choice_set": "choice_set", "item": "item", "rank": "rank"},
}


@pytest.mark.parametrize("name", LAYOUTS)
@pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow"])
def test_a_frame_makes_the_same_choices(name, library):
    choices = LAYOUTS[name]()
    frame = choices.to_frame(library)
    columns = frame.column_names if library == "pyarrow" else list(frame.columns)
    about = {
        column: column
        for column in ("tie", "first", "annotator", "weight", "count", "context")
        if column in columns
    }
    again = Choices.from_frame(frame, choices.layout, **COLUMNS[choices.layout], **about)
    assert again.restore(again.offsets[:-1] * 0).shape == (len(choices),)
    assert again.to_frame(library).equals(frame)
    if choices.item_ids is None:
        assert np.array_equal(again.items, choices.items)


def test_equal_is_what_says_the_same():
    choices = LAYOUTS["pairs"]()
    assert choices == LAYOUTS["pairs"]()
    assert choices == pickle.loads(pickle.dumps(choices))  # noqa: S301
    assert choices == choices[:]
    assert choices != choices[::-1]
    assert choices != drawn()
    assert choices != "choices"
    with pytest.raises(TypeError, match="unhashable"):
        hash(choices)


def test_indexing_is_taking():
    choices = LAYOUTS["labels"]()
    assert choices[1:] == choices.take([1, 2])
    assert choices[[2, 0]] == choices.take([2, 0])
    assert choices[np.array([True, False, True])] == choices.take([0, 2])
    with pytest.raises(TypeError, match="taken by a slice, a mask or a list of rows, not 1"):
        choices[1]
    with pytest.raises(ValueError, match="selects none"):
        choices[3:]


def test_annotators_and_contexts_stay_whole():
    choices = drawn(context=np.arange(200) % 13)
    for by, of in (("annotator", lambda c: c.annotator_ids), ("context", lambda c: c.context)):
        train, test = choices.split(0.3, by=by, random_state=0)
        assert not set(of(train).tolist()) & set(of(test).tolist())
        assert len(train) + len(test) == 200
        parts = [test for _, test in choices.folds(4, by=by, random_state=0)]
        assert sum(map(len, parts)) == 200
        seen = [set(of(part).tolist()) for part in parts]
        assert sum(map(len, seen)) == len(set.union(*seen))
    assert choices.split(random_state=1)[1] == choices.split(random_state=1)[1]
    assert len(choices.split(0.25, by="judgement")[1]) == 50
    assert choices.split(0.2, random_state=0)[1].n_annotators == 4


def test_counts_are_dealt_one_by_one():
    choices = Choices.from_rankings(
        [0, 3, 6], [0, 1, 2, 2, 1, 0], annotator="each", count=[312, 100]
    )
    train, test = choices.split(0.25, random_state=0)
    assert train.count.sum() == 309
    assert test.count.sum() == 103
    parts = [test.count.sum() for _, test in choices.folds(5, random_state=0)]
    assert sorted(parts) == [82, 82, 82, 83, 83]


def test_what_cannot_be_split_is_told():
    alone = Choices.from_pairs([0, 1], [1, 2])
    with pytest.raises(ValueError, match="needs annotators, and nobody is named"):
        alone.split(by="annotator")
    with pytest.raises(ValueError, match="needs choices with a context"):
        alone.split(by="context")
    with pytest.raises(ValueError, match="by must be"):
        alone.split(by="item")
    with pytest.raises(ValueError, match="test_size must be a share"):
        alone.split(2)
    with pytest.raises(ValueError, match="n_folds=3 exceeds the 2 judgements"):
        alone.folds(3)
    with pytest.raises(ValueError, match="one judgement alone"):
        alone[:1].split()


def test_cross_validation_by_hand():
    choices = drawn()
    found = cross_validate(BradleyTerry(prior=1), choices, n_folds=4, random_state=0)
    assert found.by == "annotator"
    for at, (train, test) in enumerate(choices.folds(4, random_state=0)):
        model = BradleyTerry(prior=1).fit(train)
        assert found.score[at] == model.score(test)
        assert found.train_score[at] == model.score(train)
        right = model.utilities_[test.winner] > model.utilities_[test.loser]
        assert found.accuracy[at] == pytest.approx(right.mean())
        assert found.n_judgements[at] == len(test)
    assert found.chance == pytest.approx(-np.log(2))
    assert "by annotator" in repr(found)


def test_equally_probable_is_half_right():
    choices = Choices.from_pairs([0, 1, 2, 0], [1, 2, 0, 1], annotator=[0, 0, 1, 1])
    found = cross_validate(ConditionalLogit(l2=1), choices, np.zeros((3, 1)), n_folds=2)
    assert found.accuracy.tolist() == [0.5, 0.5]


def test_a_refusal_names_the_fold():
    choices = Choices.from_pairs(
        [0, 1, 0, 1, 2, 0], [1, 0, 1, 0, 0, 2], annotator=[0, 0, 0, 0, 1, 1]
    )
    with pytest.raises(ValueError, match="without fold 0: "):
        cross_validate(ChoiceMixture(2), choices, n_folds=2, random_state=0)
    with pytest.raises(TypeError, match=r"choices must be prefmath\.Choices"):
        cross_validate(BradleyTerry(), pd.DataFrame())


def test_scikit_learn_cuts_choices():
    choices = drawn()
    splitter = KFold(5, shuffle=True, random_state=0)
    search = GridSearchCV(BradleyTerry(), {"prior": [0.1, 1.0, 100.0]}, cv=splitter).fit(choices)
    expected = [
        BradleyTerry(prior=1.0).fit(choices[train]).score(choices[test])
        for train, test in splitter.split(choices)
    ]
    assert search.cv_results_["mean_test_score"][1] == pytest.approx(np.mean(expected))
    groups = choices.restore(choices.annotator_index)
    scores = cross_val_score(BradleyTerry(prior=1), choices, groups=groups, cv=GroupKFold(4))
    assert np.isfinite(scores).all()
