"""Ballots of PrefLib are rankings with counts, or pairs where some are tied."""

import numpy as np
import pytest

from prefmath.io import read, read_preflib
from prefmath.models import PlackettLuce

HEADER = "# FILE NAME: a\n# NUMBER ALTERNATIVES: 3\n# ALTERNATIVE NAME 1: ash\n\
# ALTERNATIVE NAME 2: birch\n# ALTERNATIVE NAME 3: cedar\n"


def written(tmp_path, name, ballots, header=HEADER):
    path = tmp_path / name
    path.write_text(header + "\n".join(ballots) + "\n")
    return path


def test_rankings_count(tmp_path):
    path = written(tmp_path, "a.soi", ["312: 3,2,1", "5: 1", "4: 3, 2 ,1"])
    preferences = read(path)
    choices = preferences.choices
    assert preferences.items["item"] == ["ash", "birch", "cedar"]
    assert choices.n_ranked.tolist() == [3, 1, 3]
    assert choices.items.reshape(3, 3).tolist() == [[2, 1, 0], [0, 1, 2], [2, 1, 0]]
    assert choices.count.tolist() == [312, 5, 4]
    assert preferences.judgements["row"] == [6, 7, 8]
    model = PlackettLuce().fit(choices)
    worth = np.exp(model.utilities_)
    # 316 of 321 begin with cedar.
    assert worth[2] / worth.sum() == pytest.approx(316 / 321, abs=1e-2)


def test_the_old_format_without_a_header(tmp_path):
    header = "3\n1,ash\n2,birch\n3,cedar\n7,7,2\n"
    preferences = read_preflib(written(tmp_path, "a.soc", ["4,1,2,3", "3,3,1,2"], header))
    assert preferences.choices.count.tolist() == [4, 3]
    assert preferences.choices.items.reshape(2, 3).tolist() == [[0, 1, 2], [2, 0, 1]]


def test_ties_are_pairs(tmp_path):
    path = written(tmp_path, "a.toi", ["2: {1,2}", "1: 3,{1,2}"])
    choices = read(path).choices
    found = sorted(
        (int(one), int(two), bool(tie), count)
        for one, two, tie, count in zip(
            choices.winner, choices.loser, choices.tied, choices.count, strict=True
        )
    )
    assert found == [
        (0, 1, True, 1.0),
        (0, 1, True, 2.0),
        (0, 2, False, 2.0),
        (1, 2, False, 2.0),
        (2, 0, False, 1.0),
        (2, 1, False, 1.0),
    ]
    assert choices.n_annotators == 2
    with pytest.raises(ValueError, match="line 6 has alternatives that are tied"):
        read_preflib(path, layout="rankings")
