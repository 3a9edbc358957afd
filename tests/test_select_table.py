"""select_table: any frame in, the same kind out; select over a stream of chunks."""

from __future__ import annotations

import re
from itertools import pairwise

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import prefmath
from prefmath import select, select_batch, select_table
from prefmath.selection import select_stream, set_value

N, D, K = 30, 6, 3


def columns():
    rng = np.random.default_rng(0)
    return {
        "prompt_id": rng.choice(["b", "a", "c"], N),
        "embedding": rng.standard_normal((N, D)).astype(np.float32),
        "quality": rng.uniform(0.1, 1, N),
        "language": rng.choice(["de", "en"], N),
        "row": np.arange(N),
    }


def arrow():
    given = columns()
    flat = pa.array(given["embedding"].ravel())
    return pa.table(given | {"embedding": pa.FixedSizeListArray.from_arrays(flat, D)})


def lists():
    given = columns()
    return pa.table(given | {"embedding": given["embedding"].tolist()})


KINDS = {
    "Arrow": arrow,
    "Arrow, lists": lists,
    "Arrow, in chunks": lambda: pa.concat_tables([arrow()[:11], arrow()[11:]]),
    "Arrow batch": lambda: arrow().to_batches()[0],
    "pandas": lambda: pd.DataFrame(columns() | {"embedding": list(columns()["embedding"])}),
    "Polars": lambda: pl.from_arrow(arrow()),
    "Polars, lists": lambda: pl.from_arrow(lists()),
}


def column(table, name):
    values = table[name]
    return values.to_pylist() if hasattr(values, "to_pylist") else values.to_list()


def expected(**options):
    """Return the rows that select_batch chooses, pools in the order of their first rows."""
    given = columns()
    rows = []
    for label in dict.fromkeys(given["prompt_id"].tolist()):
        pool = np.flatnonzero(given["prompt_id"] == label)
        x, offsets = given["embedding"][pool], [0, len(pool)]
        of_pool = {name: values[pool] for name, values in options.items()}
        found = select_batch(x, offsets, K, method="mmr", **of_pool)
        rows.extend(pool[found.indices[0]].tolist())
    return rows


@pytest.mark.parametrize("kind", KINDS)
def test_the_chosen_rows_come_back_as_the_same_kind(kind):
    table = KINDS[kind]()
    found = select_table(table, K, method="mmr", quality="quality")
    assert type(found) is type(table)
    assert column(found, "row") == expected(quality=columns()["quality"])
    assert column(found, "rank") == [1, 2, 3] * 3


def test_groups_masks_and_several_columns():
    given = columns()
    never = np.zeros(N, bool)
    never[::4] = True
    found = select_table(
        arrow(), 2, method="max_min", groups="language", quota=1, exclude=never, include=[1]
    )
    assert 1 in column(found, "row")
    assert not set(column(found, "row")) & set(range(0, N, 4))
    languages = np.array(column(found, "language")).reshape(3, 2)
    assert (np.sort(languages, axis=1) == ["de", "en"]).all()
    wide = pl.DataFrame({f"e{at}": given["embedding"][:, at] for at in range(D)})
    one = select_table(wide, K, by=None, embedding=wide.columns, method="mmr", rank="place")
    rows = select(given["embedding"], K, method="mmr").indices
    np.testing.assert_array_equal(one.drop("place").to_numpy(), given["embedding"][rows])


def test_in_batches_of_whole_pools_as_in_ray_and_spark():
    table = arrow().sort_by("prompt_id")
    whole = select_table(table, K, method="mmr")
    sizes = np.unique(column(table, "prompt_id"), return_counts=True)[1]
    edges = np.cumsum([0, *sizes])
    for first, last in pairwise(edges.tolist()):
        (batch,) = table.slice(first, last - first).combine_chunks().to_batches()
        found = select_table(batch, K, method="mmr")
        assert isinstance(found, pa.RecordBatch)
        label = column(batch, "prompt_id")[0]
        assert found.to_pylist() == [row for row in whole.to_pylist() if row["prompt_id"] == label]
        assert found.schema.equals(whole.schema)


def test_a_partition_whose_batches_cut_pools_as_in_spark():
    def choose(batches):
        batches = list(batches)
        if batches:
            yield from select_table(pa.Table.from_batches(batches), K, method="mmr").to_batches()

    table = arrow()
    found = pa.Table.from_batches(choose(iter(table.to_batches(max_chunksize=7))))
    assert found.to_pylist() == select_table(table, K, method="mmr").to_pylist()
    assert list(choose(iter([]))) == []


def test_a_table_without_rows_gives_one_with_the_same_columns():
    for make in KINDS.values():
        empty = make()[:0]
        found = select_table(empty, K)
        assert type(found) is type(empty)
        assert len(found) == 0
        assert column(found, "rank") == []


def test_in_lazy_frames_of_polars():
    frame = pl.from_arrow(arrow())
    schema = {**frame.schema, "rank": pl.Int64}
    lazy = frame.lazy().map_batches(lambda part: select_table(part, K, method="mmr"), schema=schema)
    assert lazy.collect().equals(select_table(frame, K, method="mmr"))
    grouped = frame.group_by("prompt_id", maintain_order=True).map_groups(
        lambda part: select_table(part, K, method="mmr")
    )
    assert grouped.equals(select_table(frame, K, method="mmr"))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"by": "prompt"}, "table has no column 'prompt' for by: it has 'prompt_id'"),
        ({"quality": "score"}, "table has no column 'score' for quality"),
        ({"rank": "row"}, "table has a column 'row' already: name another with rank="),
        ({"k": 20}, "exceeds the"),
    ],
)
def test_what_select_table_refuses(options, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        select_table(arrow(), **({"k": K} | options))


def test_bad_embeddings_are_named():
    ragged = pa.table({"prompt_id": [0, 0], "embedding": [[1.0, 2.0], [3.0]]})
    with pytest.raises(ValueError, match="unequal length: 1 values in row 1 after 2"):
        select_table(ragged, 1)
    missing = pa.table({"prompt_id": [0, 0], "embedding": [[1.0, 2.0], None]})
    with pytest.raises(ValueError, match="column 'embedding' for embedding has no value in row 1"):
        select_table(missing, 1)


class Tensor:
    """What a tensor of torch on the CPU is to NumPy: values that must be detached first."""

    def __init__(self, values):
        self.values = values

    def detach(self):
        return self.values


def test_tensors_are_taken_without_a_copy():
    x = columns()["embedding"]
    from prefmath._validate import as_embeddings

    assert np.shares_memory(as_embeddings(Tensor(x)), x)
    assert select(Tensor(x), 3).indices.tolist() == select(x, 3).indices.tolist()


@pytest.mark.parametrize("method", ["dpp", "max_min"])
def test_one_pass_over_chunks(method):
    x = np.random.default_rng(0).standard_normal((800, 8)).astype(np.float32)
    found = select(np.array_split(x, 9), 6, method=method, stream=True)
    whole = select_stream([x], 6, method)
    assert found.indices.tolist() == whole.indices.tolist()
    assert found.value == pytest.approx(set_value(x, found.indices, method))
    assert found.upper_bound >= select(x, 6, method=method).value
    if method == "max_min":
        assert found.value * 4 * 1.21 >= select(x, 6, method=method).value
        assert found.gains[1:].min() == pytest.approx(found.value)
    else:
        regular = [
            np.linalg.slogdet(np.eye(6) + cosines(x[rows]))[1]
            for rows in (found.indices, select(x, 6).indices)
        ]
        assert regular[0] >= 0.4 * regular[1]


def cosines(x):
    unit = x / np.linalg.norm(x.astype(np.float64), axis=1, keepdims=True)
    return unit @ unit.T


def test_what_a_stream_refuses():
    x = np.ones((4, 2), np.float32)
    for options, message in (
        ({"method": "mmr"}, "a stream has the methods 'dpp' and 'max_min', not 'mmr'"),
        ({"quality": [1, 1, 1, 1]}, "without quality and rules"),
        ({"method": "max_min"}, "only 1 of 4 rows differ enough, fewer than k=2"),
    ):
        with pytest.raises(ValueError, match=message):
            select([x], 2, stream=True, **options)
    with pytest.raises(ValueError, match=r"X\[4\] is all zeros"):
        select_stream([x, 0 * x], 1)
    assert len(select_stream([], 0)) == 0


def test_select_table_is_public():
    assert prefmath.select_table is select_table
