"""CSV: line breaks inside quotes at any size, and what is damaged is said, not swallowed."""

import csv
import gzip
import io

import numpy as np
import pytest

from prefmath.io import _csv
from prefmath.io.files import read_table


def written(rows, newline="\n"):
    stream = io.StringIO()
    csv.writer(stream, lineterminator=newline).writerows(rows)
    return stream.getvalue().encode()


def save(folder, content, suffix=".csv"):
    path = folder / f"t{suffix}"
    path.write_bytes(gzip.compress(content, mtime=0) if suffix == ".csv.gz" else content)
    return path


def answers(n, length):
    rng = np.random.default_rng(0)
    words = np.array(['one "two"', "three,", "\n", "four\r\n", "fünf", "six"])
    return [[i, " ".join(words[rng.integers(0, 6, length)])] for i in range(n)]


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
def test_line_breaks_inside_quotes_above_a_megabyte(tmp_path, suffix, newline, bom):
    rows = answers(20_000, 30)
    content = bom + written([["id", "text"], *rows], newline)
    assert len(content) > 3 << 20
    back = read_table(save(tmp_path, content, suffix))
    assert back.column_names == ["id", "text"]
    assert back["id"].to_pylist() == [row[0] for row in rows]
    assert back["text"].to_pylist() == [row[1] for row in rows]


@pytest.mark.parametrize("n_lines", [1_500_000, 12_000_000])
def test_a_row_longer_than_a_block(tmp_path, n_lines):
    long = "y\n" * n_lines
    assert len(long) > _csv.BLOCK * (16 if n_lines > 10**7 else 1)
    back = read_table(save(tmp_path, written([["id", "text"], [1, "a"], [2, long], [3, "b\n"]])))
    assert back["text"].to_pylist() == ["a", long, "b\n"]


@pytest.mark.parametrize("chunk", [1, 2, 3, 7, 64, 1 << 22])
def test_marks_are_counted_across_chunks(tmp_path, monkeypatch, chunk):
    monkeypatch.setattr(_csv, "CHUNK", chunk)
    good = b'id,text\n1,"a ""b""\nc"\n2,""\n3,""""\n"4",x'
    assert _csv._is_well_quoted(save(tmp_path, good))
    for bad in (b'id,text\n1,"a\n', b'id,text\n1,"a"b"\n2,c\n', b'id\n5" pipe\n', b'"'):
        assert not _csv._is_well_quoted(save(tmp_path, bad))


def test_a_mark_that_nothing_opened_is_a_character(tmp_path):
    content = b'id,size\n1,5" pipe\n2,"7"" pipe"\n3,6" pipe\n'
    back = read_table(save(tmp_path, content))
    assert back["size"].to_pylist() == ['5" pipe', '7" pipe', '6" pipe']


MANY = b"7,word\n" * 300_000
REFUSED = {
    "has quotation marks that do not pair up in the row that begins in line 2: one": (
        b'id,text\n1,"a\n' + b"2,b\n" * 9
    ),
    "has quotation marks that do not pair up in the row that begins in line 300002:": (
        b"id,text\n" + MANY + b'1,"a\n' + MANY
    ),
    "has quotation marks that do not pair up in the row that begins in line 4: one": (
        b'id,text\n0,"fine\n"\n1,"a\n2,"b"\n3,"c"\n'
    ),
    "has 2 columns, but 3 in row 1: '3,4,5'": b"a,b\n1,2\n3,4,5\n",
    "has 2 columns, but 1 in row 300000: '3'": b"id,text\n" + MANY + b"3\n" + MANY,
    "is empty": b"",
    "is in UTF-16: save it in UTF-8": "a,b\n1,é\n".encode("utf-16"),
    "is not in UTF-8: column 'b' holds b'\\xe9' in row 1": "a,b\n1,2\n1,é\n".encode("latin-1"),
}


@pytest.mark.parametrize("message", REFUSED)
@pytest.mark.parametrize("suffix", [".csv", ".csv.gz"])
def test_refusals(tmp_path, message, suffix):
    path = save(tmp_path, REFUSED[message], suffix)
    with pytest.raises(ValueError, match=r"^'") as caught:
        read_table(path)
    assert str(caught.value).startswith(f"{str(path)!r} {message}")


@pytest.mark.parametrize("damage", [slice(0, 60), slice(3, None), slice(0, 10)])
def test_damaged_compression(tmp_path, damage):
    content = gzip.compress(written(answers(50, 9)), mtime=0)
    path = tmp_path / "t.csv.gz"
    path.write_bytes(content[damage])
    with pytest.raises(ValueError, match=r"t\.csv\.gz' is not compressed as its name says, or is"):
        read_table(path)


def test_the_limit_of_the_csv_module_is_put_back(tmp_path):
    limit = csv.field_size_limit()
    with pytest.raises(ValueError, match="do not pair up"):
        read_table(save(tmp_path, b'id,text\n1,"a\n'))
    assert csv.field_size_limit() == limit
