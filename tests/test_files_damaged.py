"""Whatever has befallen a file, reading it gives what is there or one sentence."""

import os
import socket
import warnings

import numpy as np
import pyarrow as pa
import pytest

from command_line import refusal
from prefmath.io.files import read_array, read_table, write_array, write_table

READERS = {
    "x.npy": read_array,
    "t.parquet": read_table,
    "t.csv": read_table,
    "t.csv.gz": read_table,
}


def good(folder, name):
    rng = np.random.default_rng(0)
    if name.endswith(".npy"):
        write_array(folder / name, rng.standard_normal((20, 3)).astype(np.float32))
    else:
        texts = [f'say "{i}"\n' for i in range(20)]
        write_table(folder / name, pa.table({"x": rng.standard_normal(20), "text": texts}))
    return (folder / name).read_bytes()


def damaged(content, rng):
    """Return the bytes with some changed, left out, doubled or cut off."""
    data = bytearray(content)
    for _ in range(rng.integers(1, 4)):
        at = int(rng.integers(len(data))) if data else 0
        kind = rng.integers(4)
        if kind == 0 and data:
            data[at] = rng.integers(256)
        elif kind == 1:
            del data[at : at + int(rng.integers(1, 9))]
        elif kind == 2:
            data[at:at] = data[at : at + int(rng.integers(1, 9))]
        else:
            del data[at:]
    return bytes(data)


@pytest.mark.parametrize("name", READERS)
def test_damage_is_said_in_a_sentence(tmp_path, name):
    content, rng = good(tmp_path, name), np.random.default_rng(1)
    path, refused = tmp_path / name, 0
    for _ in range(400):
        path.write_bytes(damaged(content, rng))
        try:
            found = READERS[name](path)
            assert found.nbytes <= 1 << 20
        except (ValueError, OSError) as error:
            message = str(error)
            assert message.startswith(repr(str(path)))
            assert "\n" not in message
            refused += 1
    assert refused > 100


def header(text, data=b"\0" * 64):
    line = text.encode() + b" " * (118 - len(text) - 1) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(line).to_bytes(2, "little") + line + data


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x93NUMPY",
        b"a,b\n1,2\n",
        header("{'descr': '<f4', 'fortran_order': False, 'shape': (4, 4)"),
        header("{'descr': '<f4', 'fortran_order': False, 'shape': (-4, 4), }"),
        header("{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000000, 4), }"),
        header("{'descr': '<f4', 'fortran_order': False, 'shape': (0, 1000000000000000000000), }"),
        header("{'descr': '<f4', 'fortran_order': False, 'shape': (4, 5), }"),
        header("{'descr': '|O', 'fortran_order': False, 'shape': (4, 4), }"),
        header("{'descr': 'a4', 'fortran_order': False, 'shape': (100, 4), }"),
        header("{'descr': 7, 'fortran_order': False, 'shape': (4, 4), }"),
        header("{'descr': '<f4', 'shape': (4, 4), }"),
        header("[" * 110),
        header("{'descr': '<f4', 'fortran_order': False, 'shape': 4L, }"),
        b"\x93NUMPY\x09\x00" + bytes(100),
        b"\x93NUMPY\x02\x00\xff\xff\xff\xff" + bytes(100),
    ],
)
def test_damaged_arrays_are_one_line_on_the_command_line(tmp_path, monkeypatch, content):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.npy").write_bytes(content)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        message = refusal("select", "x.npy", "-k", 2, "-o", "o.npy")
    assert message.startswith(("'x.npy' holds no array that NumPy reads: it", "'x.npy' must hold"))


@pytest.mark.parametrize("suffix", [".npy", ".parquet", ".csv", ".csv.gz"])
def test_what_is_no_file_is_not_waited_for(tmp_path, monkeypatch, suffix):
    monkeypatch.chdir(tmp_path)
    os.mkfifo(f"pipe{suffix}")
    (tmp_path / f"null{suffix}").symlink_to("/dev/null")
    (tmp_path / f"loop{suffix}").symlink_to(f"loop{suffix}")
    (tmp_path / f"folder{suffix}").mkdir()
    (tmp_path / f"dangling{suffix}").symlink_to("nowhere")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"socket{suffix}")
        for name, rest in {
            "pipe": "is a pipe, not a file: save what it gives in a file first",
            "null": "is a device, not a file: save what it gives in a file first",
            "socket": "is a socket, not a file: save what it gives in a file first",
            "loop": "is a symbolic link that leads back to itself",
            "folder": "is a folder",
        }.items():
            message = f"'{name}{suffix}' {rest}"
            assert refusal("select", f"{name}{suffix}", "-k", 2, "-o", "o.npy") == message
            if suffix != ".npy":
                assert refusal("fit", f"{name}{suffix}", "-o", "m.npz") == message
        message = f"no such file: 'dangling{suffix}'"
        assert refusal("select", f"dangling{suffix}", "-k", 2, "-o", "o.npy") == message
