"""Row numbers so far apart that no table is made of them; where it is the caller's, it may be."""

from __future__ import annotations

import re

import numpy as np
import pytest

from prefmath import Choices
from prefmath.models import BradleyTerry, ChoiceMixture, ConditionalLogit, PlackettLuce

LARGEST = 2**31 - 1


@pytest.mark.parametrize(
    ("model", "make"),
    [
        (BradleyTerry(), Choices.from_pairs),
        (BradleyTerry(l2=1.0), Choices.from_pairs),
        (BradleyTerry(prior=1.0), Choices.from_pairs),
        (BradleyTerry(ties="davidson", l2=1.0), Choices.from_pairs),
        (ChoiceMixture(1), Choices.from_pairs),
        (ChoiceMixture(2), Choices.from_pairs),
    ],
)
def test_a_damaged_row_makes_no_table_of_all_below(model, make):
    # Sorted by annotator the damaged pair stands elsewhere than in the input.
    choices = make([0, LARGEST, 1], [1, 0, 0], annotator=["c", "a", "b"])
    message = (
        "items without item_ids are row numbers, and item 2147483647 of judgement 1 makes a table "
        "of 2,147,483,648 rows for 3 items that were judged: mend it, or name the items by item_ids"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        model.fit(choices)


def test_nor_does_one_of_rankings_or_of_arrays():
    with pytest.raises(ValueError, match=r"item 1073741824 of judgement 1 makes a table"):
        PlackettLuce(l2=1.0).fit(Choices.from_rankings([0, 2, 4], [0, 1, 1, 2**30]))
    with pytest.raises(ValueError, match=r"item 2147483647 of judgement 2 makes a table"):
        BradleyTerry(l2=1.0).fit_pairs([0, 1, LARGEST], [1, 0, 0])


def test_the_cure_is_to_name_the_items():
    ids = np.array([0, 1, LARGEST])
    choices = Choices.from_pairs(ids, ids[[1, 2, 0]], item_ids=ids)
    assert BradleyTerry(l2=1.0).fit(choices).utilities_.shape == (3,)


def test_a_long_table_of_features_of_which_few_rows_were_judged_is_fine():
    features = np.zeros((2_000_000, 1), np.float32)
    features[[5, -1]] = [[1], [2]]
    last = len(features) - 1
    choices = Choices.from_pairs([5, last, last], [last, 5, 5])
    assert ConditionalLogit().fit(choices, features).converged_
    with pytest.raises(ValueError, match="makes a table of 2,000,000 rows"):
        ChoiceMixture(1).fit(choices)
