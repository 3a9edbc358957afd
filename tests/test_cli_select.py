"""prefmath select: the rows that prefmath.select chooses, out of files."""

import numpy as np
import pyarrow as pa
import pytest

import prefmath
from command_line import refusal, run
from prefmath.io.files import read_array, read_table, write_array, write_table

N, D, K = 30, 5, 4


@pytest.fixture(scope="module")
def x():
    return np.random.default_rng(0).standard_normal((N, D)).astype(np.float32)


@pytest.fixture(scope="module")
def prompt():
    """Pools that are not contiguous; p2 comes first."""
    return np.array(["p2", "p0", "p1"])[np.arange(N) % 3]


@pytest.fixture
def table(x, prompt):
    return pa.table(
        {
            "prompt_id": prompt,
            "text": [f"t{i}" for i in range(N)],
            "score": np.arange(N) + 1.0,
            "embedding": pa.FixedSizeListArray.from_arrays(pa.array(x.ravel()), D),
        }
    )


def as_csv(table, x):
    flat = table.drop_columns("embedding")
    for j in range(D):
        flat = flat.append_column(f"e_{j}", pa.array(x[:, j]))
    return flat


def expected(x, prompt, quality=None):
    """Return rows of the file, pool after pool in order of appearance."""
    rows = []
    for name in dict.fromkeys(prompt):
        pool = np.flatnonzero(prompt == name)
        chosen = prefmath.select(x[pool], K, quality=None if quality is None else quality[pool])
        rows.append(pool[chosen.indices])
    return np.array(rows)


def test_one_pool_of_an_array(tmp_path, x):
    write_array(tmp_path / "x.npy", x.astype(np.float64))
    result = run("select", tmp_path / "x.npy", "-k", K, "-o", tmp_path / "rows.npy")
    assert (result.status, result.err) == (0, "")
    assert f"4 of 30 candidates chosen: {tmp_path}" in result.out
    np.testing.assert_array_equal(read_array(tmp_path / "rows.npy"), prefmath.select(x, K).indices)


def test_an_array_to_a_table(tmp_path, x):
    write_array(tmp_path / "x.npy", x)
    assert run("select", tmp_path / "x.npy", "-k", K, "-o", tmp_path / "o.csv").status == 0
    chosen = prefmath.select(x, K)
    back = read_table(tmp_path / "o.csv").to_pydict()
    assert back["row"] == chosen.indices.tolist()
    assert back["rank"] == [1, 2, 3, 4]
    np.testing.assert_allclose(back["gain"], chosen.gains)


@pytest.mark.parametrize("suffix", [".parquet", ".csv", ".csv.gz"])
def test_many_pools_keep_their_rows_and_order(tmp_path, table, x, prompt, suffix):
    source = table if suffix == ".parquet" else as_csv(table, x)
    spec = [] if suffix == ".parquet" else ["--embedding", "e_"]
    write_table(tmp_path / f"pool{suffix}", source)
    arguments = ["select", tmp_path / f"pool{suffix}", "-k", K, "--by", "prompt_id", *spec]
    assert run(*arguments, "-o", tmp_path / f"out{suffix}").status == 0
    assert run(*arguments, "-o", tmp_path / "out.npy").status == 0
    rows = expected(x, prompt)
    back = read_table(tmp_path / f"out{suffix}")
    assert back.column_names == [*source.column_names, "rank", "gain"]
    assert back["text"].to_pylist() == [f"t{row}" for row in rows.ravel()]
    assert back["rank"].to_pylist() == [1, 2, 3, 4] * 3
    assert back["prompt_id"].to_pylist() == ["p2"] * 4 + ["p0"] * 4 + ["p1"] * 4
    np.testing.assert_array_equal(read_array(tmp_path / "out.npy"), rows)


def test_quality(tmp_path, table, x, prompt):
    write_table(tmp_path / "pool.parquet", table)
    run(
        *("select", tmp_path / "pool.parquet", "-k", K, "--by", "prompt_id"),
        *("--quality", "score", "-o", tmp_path / "out.npy"),
    )
    rows = read_array(tmp_path / "out.npy")
    np.testing.assert_array_equal(rows, expected(x, prompt, np.arange(N) + 1.0))
    assert not np.array_equal(rows, expected(x, prompt))


def test_steps_of_few_rows_choose_the_same(tmp_path, table, x, prompt, monkeypatch):
    monkeypatch.setattr("prefmath.cli.select.ROWS_A_STEP", 12)
    write_table(tmp_path / "pool.parquet", table)
    run(
        *("select", tmp_path / "pool.parquet", "-k", K, "--by", "prompt_id"),
        *("-o", tmp_path / "out.npy"),
    )
    np.testing.assert_array_equal(read_array(tmp_path / "out.npy"), expected(x, prompt))


@pytest.mark.parametrize("spec", ["e_", "e_0,e_1, e_2,e_3,e_4", None])
def test_embedding_out_of_columns(tmp_path, table, x, spec):
    write_table(tmp_path / "pool.csv", as_csv(table, x))
    options = ["--quality", "score"] if spec is None else ["--embedding", spec]
    result = run("select", tmp_path / "pool.csv", "-k", K, "-o", tmp_path / "o.npy", *options)
    assert "embedding: 5 numbers in e_0 to e_4" in result.out
    quality = None if spec is not None else np.arange(N) + 1.0
    np.testing.assert_array_equal(
        read_array(tmp_path / "o.npy"), prefmath.select(x, K, quality=quality).indices
    )


@pytest.mark.parametrize(
    "kind", [pa.list_(pa.float64()), pa.large_list(pa.float32()), pa.list_(pa.float16(), D)]
)
def test_kinds_of_lists_in_several_row_groups(tmp_path, x, kind):
    import pyarrow.parquet as pq

    column = pa.array([list(row.astype(np.float16)) for row in x], kind)
    pq.write_table(pa.table({"v": column}), tmp_path / "pool.parquet", row_group_size=7)
    options = ["--embedding", "v", "-o", tmp_path / "o.npy"]
    assert run("select", tmp_path / "pool.parquet", "-k", K, *options).status == 0
    np.testing.assert_array_equal(
        read_array(tmp_path / "o.npy"), prefmath.select(x.astype(np.float16), K).indices
    )


def test_pools_of_categories_of_which_some_are_not_used(tmp_path, table, x, prompt):
    codes = pa.array([["unused", "p0", "p1", "p2"].index(name) for name in prompt])
    category = pa.DictionaryArray.from_arrays(codes, ["unused", "p0", "p1", "p2"])
    write_table(tmp_path / "pool.parquet", table.set_column(0, "prompt_id", category))
    arguments = ["select", tmp_path / "pool.parquet", "-k", K, "--by", "prompt_id"]
    assert run(*arguments, "-o", tmp_path / "o.npy").status == 0
    np.testing.assert_array_equal(read_array(tmp_path / "o.npy"), expected(x, prompt))


def test_embedding_in_a_file_beside_the_table(tmp_path, monkeypatch, table, x, prompt):
    monkeypatch.chdir(tmp_path)
    write_table("pool.csv", table.drop_columns("embedding"))
    write_array("x.npy", x.astype(np.float16))
    arguments = ["select", "pool.csv", "--embedding", "x.npy", "-k", K, "-o", "o.npy"]
    result = run(*arguments, "--by", "prompt_id")
    assert "embedding: 5 numbers in x.npy" in result.out
    np.testing.assert_array_equal(
        read_array("o.npy"), expected(x.astype(np.float16).astype(np.float32), prompt)
    )
    write_array("x.npy", x[1:])
    assert refusal(*arguments, "--force") == "'x.npy' has 29 rows, but the table 30"


def test_real_responses(tmp_path, data_dir):
    folder = data_dir / "llmfao"
    arguments = ["select", folder / "responses.parquet", "--embedding", folder / "embeddings.npy"]
    result = run(*arguments, "--by", "prompt", "-k", 4, "-o", tmp_path / "o.parquet")
    assert "76 of 1,133 candidates chosen, 4 from each of 19 pools" in result.out
    chosen = read_table(tmp_path / "o.parquet")
    x = np.load(folder / "embeddings.npy").astype(np.float32)
    responses = read_table(folder / "responses.parquet")
    rows = expected(x, responses["prompt"].to_numpy())
    assert (
        chosen["response_id"].to_pylist() == responses["response_id"].take(rows.ravel()).to_pylist()
    )


def test_fewer_where_allowed(tmp_path):
    pool = pa.table({"by": [1, 1, 1, 2, 1], "a": [1.0, 1, 0, 3, 1], "b": [0.0, 0, 1, 4, 0]})
    write_table(tmp_path / "pool.csv", pool)
    arguments = ["select", tmp_path / "pool.csv", "-k", 3, "--by", "by", "--allow-fewer"]
    arguments += ["--embedding", "a,b"]
    result = run(*arguments, "-o", tmp_path / "o.npy")
    assert "3 of 5 candidates chosen, 3 from each of 2 pools" in result.out
    assert "2 of 2 pools had fewer than 3 that differ" in result.out
    np.testing.assert_array_equal(read_array(tmp_path / "o.npy"), [[0, 2, -1], [3, -1, -1]])
    run(*arguments, "-o", tmp_path / "o.csv")
    assert read_table(tmp_path / "o.csv")["rank"].to_pylist() == [1, 2, 1]


def test_csv_leaves_lists_out_and_says_so(tmp_path, table):
    write_table(tmp_path / "pool.parquet", table)
    result = run("select", tmp_path / "pool.parquet", "-k", 2, "-o", tmp_path / "o.csv")
    assert "left out, CSV holds no lists: embedding" in result.out
    assert read_table(tmp_path / "o.csv").column_names == [
        *("prompt_id", "text", "score", "rank", "gain")
    ]


def lists(*rows):
    return pa.table({"embedding": list(rows)})


REFUSED = {
    "no such file: 'no.npy'": ("no.npy", None, []),
    "'pool.txt' must end in .npy or .parquet or .csv or .csv.gz": ("pool.txt", None, []),
    "-k must be at least 1, not 0": ("x.npy", np.eye(3), ["-k", 0]),
    "-k must be a whole number, not 'two': see prefmath select --help": (
        "x.npy",
        np.eye(3),
        ["-k", "two"],
    ),
    "'o.xls' must end in .npy or .parquet or .csv or .csv.gz": (
        "x.npy",
        np.eye(3),
        ["-o", "o.xls"],
    ),
    "no such folder: 'no'": ("x.npy", np.eye(3), ["-o", "no/o.npy"]),
    "the pool has 3 candidates, fewer than 4: --allow-fewer takes what there is": (
        *("x.npy", np.eye(3), ["-k", 4]),
    ),
    "the pool has 2 among 3 candidates that differ, fewer than 3: --allow-fewer": (
        *("x.npy", np.eye(3)[[0, 1, 1]], ["-k", 3]),
    ),
    "'x.npy' must hold a matrix of numbers, not float64 of shape (3,)": (
        *("x.npy", np.ones(3), []),
    ),
    "column 1 is nan in row 2": ("x.npy", np.array([[1, 2], [3, 4], [5, np.nan]]), []),
    "column 0 is inf in row 1": ("x.npy", np.array([[1, 2], [np.inf, -np.inf]]), []),
    "the embedding in row 1 is all zeros": ("x.npy", np.array([[1, 2], [0, 0], [1, 1]]), []),
    "'x.npy' has no rows": ("x.npy", np.zeros((0, 3)), []),
    "--by names a column, and 'x.npy' has none": ("x.npy", np.eye(3), ["--by", "prompt"]),
    "no column 'prompt': there are 'embedding'": ("p.parquet", lists([1.0]), ["--by", "prompt"]),
    "no column 'embedding', no column of lists of numbers and no columns 'e0', 'e1', … of one": (
        *("p.parquet", pa.table({"x": [1.0]}), []),
    ),
    "no column is or begins with 'v': there are 'x'": (
        *("p.csv", pa.table({"x": [1.0]}), ["--embedding", "v"]),
    ),
    "no column 'y': there are 'x'": ("p.csv", pa.table({"x": [1.0]}), ["--embedding", "x,y"]),
    "column 'x' must hold numbers: row 0 has 'a'": (
        *("p.parquet", pa.table({"x": ["a"]}), ["--embedding", "x"]),
    ),
    "column 'embedding' must hold lists of numbers, not list<": ("p.parquet", lists(["a"]), []),
    "column 'embedding' holds 1 numbers in row 2, but 2 in row 0": (
        *("p.parquet", lists([1.0, 2], [3.0, 4], [5.0]), []),
    ),
    "column 'embedding' has no value in row 1": ("p.parquet", lists([1.0, 2], None), []),
    "embedding[1] is missing in row 1": ("p.parquet", lists([1.0, 2], [3.0, None]), []),
    "embedding[0] is nan in row 1": ("p.parquet", lists([1.0, 2], [np.nan, 1.0]), []),
    "column 'e' has no value in row 1": (
        *("p.csv", pa.table({"e": [1.0, None], "f": [1.0, 2]}), ["--embedding", "e,f"]),
    ),
    "column 'by' has no value in row 1": (
        *("p.csv", pa.table({"by": [1, None], "f": [1.0, 2]}), ["--by", "by", "--embedding", "f"]),
    ),
    "column 'embedding' must hold one label a row, not list<": (
        *("p.parquet", lists([1.0], [2.0]), ["--by", "embedding"]),
    ),
    "q must be at least 0: -1.0 in row 1": (
        *(
            "p.csv",
            pa.table({"q": [1, -1], "f": [1.0, 2]}),
            ["--quality", "q", "-k", 1, "--embedding", "f"],
        ),
    ),
    "pool 'b' has 1 candidate, fewer than 2: --allow-fewer takes what there is": (
        "p.csv",
        pa.table({"by": ["a", "b", "a"], "e0": [1.0, 2, 3], "e1": [4.0, 5, 7]}),
        ["--by", "by"],
    ),
    "'p.parquet' has a column 'rank' already: rename or drop it": (
        *("p.parquet", pa.table({"embedding": [[1.0]], "rank": [1]}), ["-o", "o.parquet"]),
    ),
}


@pytest.mark.parametrize("message", REFUSED)
def test_refusals(tmp_path, monkeypatch, message):
    monkeypatch.chdir(tmp_path)
    name, content, options = REFUSED[message]
    if isinstance(content, np.ndarray):
        write_array(name, content)
    elif content is not None:
        write_table(name, content)
    before = set(tmp_path.iterdir())
    assert refusal("select", name, "-k", 2, "-o", "o.npy", *options).startswith(message)
    assert set(tmp_path.iterdir()) == before
