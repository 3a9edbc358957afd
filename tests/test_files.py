"""Files are read as what their suffix says, and written whole or not at all."""

import stat

import numpy as np
import pyarrow as pa
import pytest

from prefmath.io.files import read_array, read_table, suffix_of, write_array, write_table
from prefmath.io.replace import refuse_unwritable, replace_file


@pytest.mark.parametrize("array", [np.arange(6.0).reshape(2, 3), np.zeros((0, 4)), np.array("a")])
def test_an_array_comes_back(tmp_path, array):
    write_array(tmp_path / "x.npy", array)
    back = read_array(tmp_path / "x.npy")
    assert back.dtype == array.dtype
    np.testing.assert_array_equal(back, array)


@pytest.mark.parametrize("suffix", [".parquet", ".csv", ".csv.gz", ".CSV"])
def test_a_table_comes_back(tmp_path, suffix):
    table = pa.table({"name": ["a", 'b,"', "c\n"], "x": [1.5, -2.0, 1e-30]})
    write_table(tmp_path / f"t{suffix}", table)
    assert read_table(tmp_path / f"t{suffix}").equals(table)


def test_parquet_keeps_lists(tmp_path):
    table = pa.table({"embedding": pa.array([[1.0, 2.0], [3.0, 4.0]], pa.list_(pa.float32(), 2))})
    write_table(tmp_path / "t.parquet", table)
    assert read_table(tmp_path / "t.parquet").equals(table)


def test_a_file_is_replaced_only_when_whole(tmp_path):
    path = tmp_path / "x.npy"
    write_array(path, np.arange(3))

    def interrupted():
        with replace_file(path) as stream:
            stream.write(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    np.testing.assert_array_equal(read_array(path), np.arange(3))
    assert _names(tmp_path) == ["x.npy"]
    write_array(path, np.arange(4))
    np.testing.assert_array_equal(read_array(path), np.arange(4))
    assert _names(tmp_path) == ["x.npy"]


def test_a_table_that_does_not_fit_leaves_nothing(tmp_path):
    with pytest.raises(ValueError, match="cannot hold this table: Unsupported Type:list"):
        write_table(tmp_path / "x.csv", pa.table({"embedding": [[1.0]]}))
    assert _names(tmp_path) == []


def test_permissions_are_those_of_any_new_file_or_of_the_old_one(tmp_path):
    (tmp_path / "plain").touch()
    write_array(tmp_path / "x.npy", np.arange(3))
    assert _mode(tmp_path / "x.npy") == _mode(tmp_path / "plain")
    (tmp_path / "x.npy").chmod(0o640)
    write_array(tmp_path / "x.npy", np.arange(3))
    assert _mode(tmp_path / "x.npy") == 0o640


def test_a_link_is_followed(tmp_path):
    (tmp_path / "link.npy").symlink_to(tmp_path / "x.npy")
    write_array(tmp_path / "link.npy", np.arange(3))
    assert (tmp_path / "link.npy").is_symlink()
    np.testing.assert_array_equal(read_array(tmp_path / "x.npy"), np.arange(3))


def test_a_view_of_an_array_cannot_be_written_to(tmp_path):
    write_array(tmp_path / "x.npy", np.arange(3))
    assert not read_array(tmp_path / "x.npy").flags.writeable


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda d: read_array(d / "no.npy"), FileNotFoundError, r"no such file: '.*no\.npy'"),
        (read_array, IsADirectoryError, "' is a folder$"),
        (lambda d: read_array(d / "text.npy"), ValueError, "holds no array that NumPy reads"),
        (lambda d: read_array(d / "empty.npy"), ValueError, "holds no array that NumPy reads"),
        (lambda d: read_array(d / "objects.npy"), ValueError, "holds no array .* Python objects"),
        (lambda d: read_table(d / "no.csv"), FileNotFoundError, r"no such file: '.*no\.csv'"),
        (lambda d: read_table(d / "t.txt"), ValueError, r"must end in \.parquet or \.csv or"),
        (lambda d: read_table(d / "bad.csv"), ValueError, "has 2 columns, but 1 in row 1: '3'"),
        (lambda d: read_table(d / "bad.parquet"), ValueError, "not a parquet file that can"),
        (lambda d: write_array(d / "x.csv", np.ones(1)), ValueError, r"must end in \.npy"),
        (lambda d: write_table(d / "x.npy", None), ValueError, r"must end in \.parquet or"),
        (lambda d: refuse_unwritable(d / "no" / "x"), FileNotFoundError, r"no such folder: '.*no'"),
        (refuse_unwritable, IsADirectoryError, "' is a folder$"),
        (
            lambda _: suffix_of("a.csv.bz2", [".csv"]),
            ValueError,
            r"'a\.csv\.bz2' must end in \.csv",
        ),
    ],
)
def test_refusals(tmp_path, call, error, message):
    (tmp_path / "text.npy").write_text("a,b\n1,2\n")
    (tmp_path / "empty.npy").touch()
    np.save(tmp_path / "objects.npy", np.array([{}]), allow_pickle=True)
    (tmp_path / "bad.csv").write_text("a,b\n1,2\n3\n")
    (tmp_path / "bad.parquet").write_text("a,b\n1,2\n")
    with pytest.raises(error, match=message):
        call(tmp_path)


def _names(folder):
    return [path.name for path in folder.iterdir()]


def _mode(path):
    return stat.S_IMODE(path.stat().st_mode)
