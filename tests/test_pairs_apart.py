"""Pairs are stored one item after the other, and taken apart in one place."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import prefmath
from prefmath import Choices


def test_choices_of_pairs_tell_who_won():
    winner, loser = np.array([3, 0, 2]), np.array([1, 2, 3])
    choices = Choices.from_pairs(winner, loser, annotator=["b", "a", "b"])
    np.testing.assert_array_equal(choices.restore(choices.winner), winner)
    np.testing.assert_array_equal(choices.restore(choices.loser), loser)
    assert choices.winner.flags.c_contiguous
    assert choices.winner.dtype == choices.loser.dtype == np.int32


@pytest.mark.parametrize("side", ["winner", "loser"])
def test_nothing_else_has_sides(side):
    sets = Choices.from_choice_sets([0, 2], [0, 1], [0])
    with pytest.raises(ValueError, match=r"^only pairs have a winner and a loser, not choice_sets"):
        getattr(sets, side)


def test_one_file_takes_pairs_apart():
    package = Path(prefmath.__file__).parent
    texts = {path: path.read_text() for path in package.rglob("*.py")}
    apart = [path.name for path, text in texts.items() if "0::2]" in text or "1::2]" in text]
    assert apart == ["judgements.py"]
