"""The same records are read out of every kind of file; what cannot be read is told by its line."""

import gzip
import json
import pickle

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from prefmath.io import read, read_chosen_rejected
from prefmath.io._records.opened import open_records

RECORDS = [
    {"prompt": "q", "chosen": 'one, "quoted"\nand broken', "rejected": "two; é", "user_id": "u1"},
    {"prompt": "p", "chosen": "three", "rejected": "four\r\nfive", "user_id": "u2"},
]


def as_csv(separator=",", end="\n"):
    def cell(text):
        return '"' + text.replace('"', '""') + '"'

    lines = [RECORDS[0], *RECORDS]
    rows = [list(lines[0]), *(record.values() for record in RECORDS)]
    return end.join(separator.join(map(cell, row)) for row in rows) + end


FILES = {
    "a.jsonl": "\n".join(map(json.dumps, RECORDS)),
    "blank.jsonl": "\n\n" + "\n\n".join(map(json.dumps, RECORDS)) + "\n\n",
    "bom.jsonl": "\ufeff" + "\n".join(map(json.dumps, RECORDS)),
    "windows.ndjson": "\r\n".join(map(json.dumps, RECORDS)),
    "list.json": json.dumps(RECORDS),
    "pretty.json": json.dumps(RECORDS, indent=2),
    "wrapped.json": json.dumps({"version": 1, "data": RECORDS}, indent=1),
    "columns.json": json.dumps({name: [r[name] for r in RECORDS] for name in RECORDS[0]}, indent=1),
    "a.csv": as_csv(),
    "bom.csv": "\ufeff" + as_csv(";", "\r\n"),
    "a.tsv": as_csv("\t"),
    "bars.txt": as_csv("|"),
}


def content(source):
    preferences = read(source)
    choices = preferences.choices
    texts = [preferences.items["text"][item] for item in choices.items]
    return texts, choices.annotator_ids.tolist(), list(preferences.prompts["text"])


EXPECTED = content(RECORDS)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("packed", ["", ".gz", ".zst"])
def test_text_files(name, packed, tmp_path):
    data = FILES[name].encode()
    path = tmp_path / f"{name}{packed}"
    if packed == ".gz":
        data = gzip.compress(data)
    if packed == ".zst":
        data = pa.compress(data, "zstd", asbytes=True)
    path.write_bytes(data)
    assert content(path) == EXPECTED
    assert content(str(path)) == EXPECTED


def test_tables(tmp_path):
    table = pa.Table.from_pylist(RECORDS)
    parquet.write_table(table, tmp_path / "a.parquet")
    folder = tmp_path / "stored"
    folder.mkdir()
    with pa.ipc.new_stream(folder / "data-0.arrow", table.schema) as writer:
        writer.write_table(table)
    (folder / "state.json").write_text(json.dumps({"_data_files": [{"filename": "data-0.arrow"}]}))
    columns = {name: [record[name] for record in RECORDS] for name in RECORDS[0]}
    for source in (
        tmp_path / "a.parquet", folder, folder / "data-0.arrow", table, pd.DataFrame(RECORDS),
        pl.DataFrame(RECORDS), pl.LazyFrame(RECORDS), columns, iter(RECORDS), tuple(RECORDS),
    ):  # fmt: skip
        assert content(source) == EXPECTED


def test_nested_records_of_a_parquet_file(tmp_path):
    talk = [{"role": "user", "content": "q"}, {"role": "assistant", "content": "yes"}]
    other = [talk[0], {"role": "assistant", "content": "no"}]
    parquet.write_table(
        pa.Table.from_pylist([{"chosen": talk, "rejected": other}]), tmp_path / "a.parquet"
    )
    assert list(read(tmp_path / "a.parquet").items["text"]) == ["yes", "no"]


def test_nested_columns_of_pandas_and_missing_values():
    talk = [{"role": "user", "content": "q"}, {"role": "assistant", "content": "yes"}]
    frame = pd.DataFrame({
        "chosen": [np.array(talk, object)],
        "rejected": [np.array([talk[0], {"role": "assistant", "content": "no"}], object)],
        "user_id": pd.array([pd.NA], "string"),
        "margin": pd.array([pd.NA], "Int64"),
    })  # fmt: skip
    assert list(read(frame).items["text"]) == ["yes", "no"]


def test_numbers_that_are_none_are_read_alike(tmp_path):
    record = '{"prompt": "q", "chosen": "a", "rejected": "b", "margin": NaN}'
    for name, written in (("a.jsonl", record), ("a.json", f"[{record}]")):
        (tmp_path / name).write_text(written)
        assert "strength" not in read(tmp_path / name).judgements


def test_other_ends_of_lines_are_parts_of_cells(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text('prompt,chosen,rejected\nhi\u2028there,a\x0bb,c\n"x\u0085y",d,\n')
    preferences = read(path)
    assert list(preferences.prompts["text"]) == ["hi\u2028there"]
    assert preferences.report.dropped == {"chosen or rejected is missing or empty": [3]}


def test_one_record_over_lines_is_a_record(tmp_path):
    path = tmp_path / "a.json"
    record = {"prompt": "q", "answers": [{"answer": "a", "rank": 1}, {"answer": "b", "rank": 2}]}
    path.write_text(json.dumps(record, indent=1))
    assert list(read(path).items["text"]) == ["a", "b"]
    battle = {"model_a": "x", "model_b": "y", "winner": "left"}
    path.write_text(json.dumps({"data": [battle]}, indent=1))
    with pytest.raises(ValueError, match=r"a\.json', row 0: winner must be"):
        read(path)


def test_a_survey_export_has_three_rows_of_names(tmp_path):
    path = tmp_path / "export.csv"
    path.write_text(
        'model_a,model_b,winner,ResponseId\n"Which, a",b,w,Response ID\n'
        '"{""ImportId"":""Q1""}","{""ImportId"":""Q2""}","{""ImportId"":""Q3""}",'
        '"{""ImportId"":""_recordId""}"\nx,y,model_a,R_1\n'
    )
    preferences = read(path)
    assert preferences.items["item"] == ["x", "y"]
    assert preferences.judgements["row"] == [4]


def test_numbers_with_a_comma_for_decimals(tmp_path):
    path = tmp_path / "scores.csv"
    path.write_text("prompt;chosen;rejected;score_chosen;score_rejected\nq;a;b;7,5;5\n")
    assert read(path).judgements["strength"] == [2.5]


REFUSED = {
    ("a.jsonl", '{"chosen": "a", "rejected": "b"}\n{"chosen": "a"'): r"line 2 is not JSON",
    ("a.jsonl", '{"chosen": "a", "rejected": "b"}\n[1]'): "line 2 must hold an object",
    ("a.json", '[{"chosen": "a", "rejected": "b"},\n'): r"line 2 is not JSON",
    ("a.json", "[1, 2]"): "line 1 must hold an object",
    ("a.json", ""): "holds no records",
    ("a.csv", "chosen,rejected\n"): "holds no records",
    ("a.csv", "chosen,rejected\na,b\na,b,c\n"): "line 3 has 3 values under 2 names",
    ("a.csv", 'chosen,rejected\na,b\n"a,b\n'): "line 3 cannot be read",
    ("a.csv", "chosen,chosen\na,b\n"): "two columns of the name 'chosen'",
    ("a.xlsx", "x"): "must end in .json",
    ("a.parquet", "x"): "cannot be read",
    ("a.jsonl.gz", "x"): "not compressed as its name says",
    ("a.jsonl.zst", "x"): "not compressed as its name says",
    ("a.soc", "# ALTERNATIVE NAME 1: a\n1: 1,2\n"): "line 2 ranks alternative 2, which",
    ("a.soc", "# ALTERNATIVE NAME 1: a\n1: 1,1\n"): "line 2 ranks alternative 1 twice",
    ("a.soc", "# ALTERNATIVE NAME 1: a\nx: 1\n"): "line 2 must be such as",
}


@pytest.mark.parametrize(("name", "written"), REFUSED)
def test_what_cannot_be_read_is_told(name, written, tmp_path):
    path = tmp_path / name
    path.write_text(written)
    with pytest.raises(ValueError, match=REFUSED[name, written]) as caught:
        read(path)
    assert str(path) in str(caught.value)


def test_text_in_another_encoding_is_told(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes("chosen,rejected\né,b\n".encode("latin-1"))
    with pytest.raises(ValueError, match="is not in UTF-8"):
        read(path)
    path.write_bytes("chosen,rejected\né,b\n".encode("utf-16"))
    with pytest.raises(ValueError, match="is in UTF-16: save it in UTF-8"):
        read(path)
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "none.csv")
    with pytest.raises(TypeError, match="source must be a path"):
        read(7)
    with pytest.raises(TypeError, match=r"source\[1\] is int"):
        read([RECORDS[0], 1])
    with pytest.raises(ValueError, match="'chosen' has 1 values and 'rejected' 2"):
        read({"chosen": ["a"], "rejected": ["b", "c"]})
    with pytest.raises(ValueError, match="separator must be one character"):
        read(path, separator=",,")


def test_a_long_list_is_read_as_it_comes(tmp_path):
    path = tmp_path / "long.json"
    records = [{"chosen": "x" * 3000, "rejected": f"{at}é"} for at in range(1500)]
    path.write_text(json.dumps(records, indent=1, ensure_ascii=False))
    found = list(open_records(path))
    assert [record for _, record in found] == records
    # Every record takes four lines, after the one that opens the list.
    assert [line for line, _ in found] == list(range(2, 2 + 4 * 1500, 4))


def test_texts_beyond_memory_and_pickles(tmp_path):
    path = tmp_path / "large.jsonl"
    with path.open("w") as file:
        for at in range(70):
            file.write(json.dumps({"chosen": f"{at}" * 1_000_000, "rejected": f"{at}"}) + "\n")
    preferences = read_chosen_rejected(path)
    assert preferences.items["text"][138][:4] == "6969"
    assert list(preferences.items["text"])[137] == "68"
    some = read(RECORDS)
    again = pickle.loads(pickle.dumps(some))  # noqa: S301
    assert list(again.items["text"]) == list(some.items["text"])
    assert list(again.items.to_frame("polars")["text"]) == list(some.items["text"])


@settings(max_examples=150, deadline=None)
@given(
    name=st.sampled_from(sorted(FILES)),
    at=st.floats(0, 1),
    cut=st.integers(0, 40),
    put=st.binary(max_size=6),
)
def test_damaged_files_are_data_or_a_sentence(name, at, cut, put, tmp_path_factory):
    data = FILES[name].encode()
    start = int(at * len(data))
    path = tmp_path_factory.mktemp("damaged") / name
    path.write_bytes(data[:start] + put + data[start + cut :])
    try:
        read(path)
    except ValueError as error:
        assert str(path) in str(error)  # noqa: PT017 -- none may come, too
