"""Every error of select_table names the row of the table, the pool by its label, and the column."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from prefmath import select_table

N, D = 40, 4


def columns(seed):
    """Return 40 rows in an order that is not that of their pools, all good."""
    rng = np.random.default_rng(seed)
    return {
        "prompt_id": rng.permutation(np.repeat(["a", "b", "c", "d"], 10)),
        "embedding": rng.uniform(0.2, 1, (N, D)).tolist(),
        "score": rng.uniform(0.1, 1, N).tolist(),
        "lang": rng.choice(["de", "en"], N).tolist(),
    }


def rows_of(given, label):
    return [row for row, other in enumerate(given["prompt_id"]) if other == label]


def nan_inside(given, row):
    given["embedding"][row][2] = float("nan")
    return {}, f"column 'embedding' for embedding must be finite: it holds nan in row {row}, at pl"


def zeros(given, row):
    given["embedding"][row] = [0.0] * D
    return {}, f"needs non-zero rows: embedding of row {row} is all zeros"


def null_inside(given, row):
    given["embedding"][row][1] = None
    return {}, f"column 'embedding' for embedding holds a null inside the list of row {row}, at p"


def null_list(given, row):
    given["embedding"][row] = None
    return {}, f"column 'embedding' for embedding has no value in row {row}"


def short_list(given, row):
    row = max(row, 1)
    given["embedding"][row] = [1.0]
    return {}, f"column 'embedding' holds lists of unequal length: 1 values in row {row} after 4"


def negative_quality(given, row):
    given["score"][row] = -2.0
    return {"quality": "score"}, f"table['score'][{row}]=-2.0; scores of either sign"


def infinite_quality(given, row):
    given["score"][row] = float("inf")
    return {"quality": "score"}, f"table['score'][{row}]=inf"


def null_quality(given, row):
    given["score"][row] = None
    return {"quality": "score"}, f"column 'score' for quality has no value in row {row}"


def null_label(given, row):
    given["lang"][row] = None
    return {"groups": "lang", "quota": 2}, f"column 'lang' for groups has no value in row {row}"


def null_pool(given, row):
    given["prompt_id"] = list(given["prompt_id"])
    given["prompt_id"][row] = None
    return {}, f"column 'prompt_id' for by has no value in row {row}"


def include_and_exclude(_, row):
    options = {"include": [row], "exclude": np.arange(N) == row}
    return options, f"row {row} is both in include and in exclude"


def include_beyond(_, row):
    return {"include": [row, N]}, "include must name rows of the table, 0 to 39: include[1]=40"


def include_twice(_, row):
    return {"include": [row, row]}, f"include names row {row} 2 times"


def include_too_many(given, row):
    label = given["prompt_id"][row]
    include = rows_of(given, label)[:4]
    return {"include": include}, f"include has 4 rows of pool prompt_id='{label}', more than k=3"


def include_of_no_use(given, row):
    label = given["prompt_id"][row]
    first, second = rows_of(given, label)[3:5]
    given["embedding"][second] = given["embedding"][first]
    return {"include": [first, second]}, f"include cannot hold row {second}: it adds nothing"


def include_too_similar(given, row):
    first, second = rows_of(given, given["prompt_id"][row])[5:7]
    given["embedding"][second] = given["embedding"][first]
    message = f"include has row {first} and row {second}, whose similarity is 1, more than"
    return {"include": [first, second], "max_similarity": 0.9, "method": "max_sum"}, message


def too_few_rows(given, row):
    label = given["prompt_id"][row]
    exclude = rows_of(given, label)[:8]
    message = f"k=3 exceeds the 2 candidates of pool prompt_id='{label}' that the rules allow"
    return {"exclude": exclude}, message


def too_few_that_differ(given, row):
    label = given["prompt_id"][row]
    for other in rows_of(given, label):
        given["embedding"][other] = given["embedding"][row]
    return {}, f"only 1 candidates of pool prompt_id='{label}' differ and have a positive quality"


def quota_impossible(given, row):
    label = given["prompt_id"][row]
    for other in rows_of(given, label):
        given["lang"][other] = "fr"
    for other in range(N):
        if given["prompt_id"][other] != label:
            given["lang"][other] = "de"
    options = {"groups": "lang", "quota": {"fr": (1, None)}}
    pools = dict.fromkeys(given["prompt_id"].tolist())
    first = next(other for other in pools if other != label)
    message = f"quota asks for 1 of group 'fr', and 0 can be chosen of pool prompt_id='{first}'"
    return options, message


def quota_unknown(*_):
    message = "quota names group 'DE', which no row is in: groups holds 'de' and 1 more"
    return {"groups": "lang", "quota": {"DE": 1}}, message


def too_similar(given, row):
    label = given["prompt_id"][row]
    for at, other in enumerate(rows_of(given, label)):
        given["embedding"][other] = [1.0, 1e-3 * at, 0.0, 0.0]
    for other in set(given["prompt_id"].tolist()) - {label}:
        for at, place in enumerate(rows_of(given, other)):
            given["embedding"][place] = np.eye(D)[at % D].tolist()
    message = (
        f"the greedy choice found only 1 candidates of pool prompt_id='{label}' that keep the "
        "rules, fewer than k=3: exact=True finds a set of as many if there is one, a higher "
        "max_similarity lets more in, allow_fewer=True returns these"
    )
    return {"method": "max_min", "max_similarity": 0.9}, message


FAULTS = [
    nan_inside,
    zeros,
    null_inside,
    null_list,
    short_list,
    negative_quality,
    infinite_quality,
    null_quality,
    null_label,
    null_pool,
    include_and_exclude,
    include_beyond,
    include_twice,
    include_too_many,
    include_of_no_use,
    include_too_similar,
    too_few_rows,
    too_few_that_differ,
    quota_impossible,
    quota_unknown,
    too_similar,
]

KINDS = {"arrow": pa.table, "polars": pl.DataFrame, "pandas": pd.DataFrame}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("fault", FAULTS)
def test_the_row_and_the_pool_that_are_named_are_those_of_the_table(fault, kind):
    for seed in range(6):
        given = columns(seed)
        row = int(np.random.default_rng(100 + seed).integers(N))
        options, message = fault(given, row)
        with pytest.raises(ValueError, match=re.escape(message)):
            select_table(KINDS[kind](given), 3, **options)


def test_what_exact_cannot_choose_is_named_by_the_pool():
    given = columns(0)
    for other in rows_of(given, "c"):
        given["lang"][other] = "fr"
        given["embedding"][other] = [1.0, 0.0, 0.0, 0.0]
    for label in "abd":
        for at, other in enumerate(rows_of(given, label)):
            given["lang"][other] = "fr" if at < 4 else "de"
            given["embedding"][other] = np.eye(D)[at % D].tolist()
    options = {"groups": "lang", "quota": {"fr": (2, None)}, "max_similarity": 0.5, "exact": True}
    message = "no choice from pool prompt_id='c' keeps quota, include and max_similarity"
    with pytest.raises(ValueError, match=re.escape(message)):
        select_table(pa.table(given), 3, method="max_sum", **options)


def test_columns_of_numbers_are_named():
    given = columns(1)
    wide = {f"e{at}": [row[at] for row in given["embedding"]] for at in range(D)}
    wide["e2"][7] = float("nan")
    message = "column 'e2' for embedding must be finite: it holds nan in row 7"
    with pytest.raises(ValueError, match=message):
        select_table(pa.table({**given, **wide}), 3, embedding=list(wide))
    for name, what in (("lang", "texts: embed them first"), ("yes", "bool")):
        table = pa.table({**given, **wide, "yes": [True] * N})
        message = f"column '{name}' for embedding must hold numbers, and holds {what}"
        with pytest.raises(TypeError, match=message):
            select_table(table, 3, embedding=["e0", name])
    for kind in KINDS.values():
        message = "column 'lang' for embedding must hold numbers, and holds texts: embed them first"
        with pytest.raises(TypeError, match=message):
            select_table(kind(given), 3, embedding="lang")


def test_pools_of_several_columns_are_named_by_all():
    given = columns(2)
    found = select_table(pa.table(given), 1, by=["prompt_id", "lang"], method="mmr")
    pools = list(zip(given["prompt_id"].tolist(), given["lang"], strict=True))
    chosen = found.to_pydict()
    named = list(zip(chosen["prompt_id"], chosen["lang"], strict=True))
    assert named == list(dict.fromkeys(pools))
    sizes = {pool: pools.count(pool) for pool in dict.fromkeys(pools)}
    k = min(sizes.values()) + 1
    first = next(pool for pool, size in sizes.items() if size < k)
    message = f"candidates of pool prompt_id='{first[0]}', lang='{first[1]}'"
    with pytest.raises(ValueError, match=re.escape(message)):
        select_table(pa.table(given), k, by=["prompt_id", "lang"], method="mmr")


def test_what_is_no_table_of_rows():
    frame = pl.DataFrame(columns(0))
    with pytest.raises(TypeError, match="a lazy LazyFrame does not yet: give what its collect"):
        select_table(frame.lazy(), 3)
    with pytest.raises(TypeError, match=r"table must be a data frame, such as .* not dict"):
        select_table(columns(0), 3)
    with pytest.raises(TypeError, match="select_table has no option 'qouta': it has include, "):
        select_table(frame, 3, qouta={"en": 1})


@pytest.mark.parametrize("kind", KINDS.values())
def test_arguments_that_are_no_names_and_no_number(kind):
    table = kind(columns(0))
    for options, message in (
        ({"by": 3}, "by must be the name of a column or a list of names, not 3"),
        ({"by": []}, "by must be the name of a column or a list of names, not []"),
        ({"embedding": ()}, "embedding must be the name of a column or a list of names, not ()"),
        ({"k": [1, 2]}, "k must be a whole number, not [1, 2]"),
        ({"quality": "lang"}, "table['lang'] must hold real numbers, not texts"),
    ):
        with pytest.raises(TypeError, match=re.escape(message)):
            select_table(table, **({"k": 3} | options))


@pytest.mark.parametrize("kind", KINDS)
def test_a_table_without_rows_gives_none_whatever_its_labels_are(kind):
    full = columns(0)
    full["lang"] = np.arange(N)
    full["prompt_id"] = np.arange(N) % 4
    table = KINDS[kind](full)
    empty = table.iloc[:0] if kind == "pandas" else table[:0]
    found = select_table(
        empty, 3, by=["prompt_id", "lang"], quality="score", groups="lang", quota={1: 2}
    )
    assert len(found) == 0
    names = found.column_names if kind == "arrow" else list(found.columns)
    assert names == [*full, "rank"]
    for name in full:
        assert found[name].type == empty[name].type if kind == "arrow" else True
