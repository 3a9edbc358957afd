"""What commands write: never over what they read, over other files only with --force."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from command_line import refusal, run
from prefmath.io.files import read_array, write_array, write_table


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_table("p.csv", pa.table({"e0": [1.0, 0, 1], "e1": [0.0, 1, 1]}))
    write_table("j.csv", pa.table({"winner": ["a", "b"], "loser": ["b", "a"]}))
    write_table("x.csv", pa.table({"item": ["a", "b"], "f0": [1.0, 0], "f1": [2.0, 1]}))
    return tmp_path


def spellings():
    """Return names of the file p.csv."""
    Path("sub").mkdir()
    Path("link.csv").symlink_to("p.csv")
    Path("link2.csv").symlink_to("link.csv")
    os.link("p.csv", "hard.csv")
    absolute = str(Path("p.csv").resolve())
    return ["p.csv", "sub/../p.csv", absolute, "link.csv", "link2.csv", "hard.csv"]


@pytest.mark.parametrize("force", [[], ["--force"]])
def test_the_input_is_never_the_output(force):
    before = Path("p.csv").read_bytes()
    names = spellings()
    for read in names:
        for written in names:
            message = refusal("select", read, "-k", 2, "-o", written, *force)
            named = "" if read == written else f" as {read!r}"
            assert message == (
                f"the output {written!r} is a file that is read{named}: name another"
            )
    assert Path("p.csv").read_bytes() == before


@pytest.mark.parametrize("force", [[], ["--force"]])
def test_no_other_file_that_is_read_is_the_output(force):
    write_array("e.npy", np.eye(3))
    assert refusal("select", "p.csv", "-k", 2, "--embedding", "e.npy", "-o", "e.npy", *force) == (
        "the output 'e.npy' is a file that is read: name another"
    )
    os.link("x.csv", "m.npz")
    assert refusal("fit", "j.csv", "--features", "x.csv", "-o", "m.npz", *force) == (
        "the output 'm.npz' is a file that is read as 'x.csv': name another"
    )
    os.link("j.csv", "j.npz")
    assert refusal("fit", "j.csv", "-o", "j.npz", *force).startswith("the output 'j.npz' is a file")


@pytest.mark.parametrize(
    ("arguments", "output"),
    [
        (["select", "p.csv", "-k", 2], "o.csv"),
        (["select", "p.csv", "-k", 2], "o.npy"),
        (["select", "p.csv", "-k", 2], "o.parquet"),
        (["fit", "j.csv"], "m.npz"),
    ],
)
def test_a_file_is_replaced_only_when_told_to(arguments, output):
    Path(output).write_text("mine")
    Path(output).chmod(0o640)
    message = refusal(*arguments, "-o", output)
    assert message == f"{output!r} exists already: --force replaces it"
    assert Path(output).read_text() == "mine"
    assert run(*arguments, "-o", output, "--force").status == 0
    assert Path(output).read_bytes() != b"mine"
    assert Path(output).stat().st_mode & 0o777 == 0o640


def test_an_error_leaves_the_old_file():
    write_array("o.npy", np.arange(3))
    refusal("select", "p.csv", "-k", 9, "-o", "o.npy", "--force")
    np.testing.assert_array_equal(read_array("o.npy"), np.arange(3))
    assert not list(Path().glob(".*"))


def test_links_stay_and_lead_to_the_result():
    Path("real").mkdir()
    Path("real/o.npy").write_text("old")
    Path("link.npy").symlink_to("real/o.npy")
    Path("dangling.npy").symlink_to("real/new.npy")
    assert refusal("select", "p.csv", "-k", 2, "-o", "link.npy") == (
        "'link.npy' exists already: --force replaces it"
    )
    assert run("select", "p.csv", "-k", 2, "-o", "link.npy", "--force").status == 0
    assert run("select", "p.csv", "-k", 2, "-o", "dangling.npy").status == 0
    assert Path("link.npy").is_symlink()
    assert Path("dangling.npy").is_symlink()
    for name in ("o", "new"):
        assert not Path(f"real/{name}.npy").is_symlink()
        assert read_array(f"real/{name}.npy").shape == (2,)


@pytest.mark.parametrize("force", [[], ["--force"]])
def test_what_is_no_file_is_neither_replaced_nor_waited_for(force):
    os.mkfifo("pipe.npy")
    Path("null.npy").symlink_to("/dev/null")
    Path("zero.npy").symlink_to("/dev/zero")
    Path("folder.npy").mkdir()
    Path("a.npy").symlink_to("b.npy")
    Path("b.npy").symlink_to("a.npy")
    Path("far.npy").symlink_to("no/o.npy")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket.npy")
        before = {path: path.lstat().st_ino for path in Path().iterdir()}
        for name, message in {
            "pipe.npy": "'pipe.npy' is a pipe, not a file: write to a file",
            "null.npy": "'null.npy' is a device, not a file: write to a file",
            "zero.npy": "'zero.npy' is a device, not a file: write to a file",
            "socket.npy": "'socket.npy' is a socket, not a file: write to a file",
            "folder.npy": "'folder.npy' is a folder",
            "a.npy": "'a.npy' is a symbolic link that leads back to itself",
            "far.npy": f"no such folder: {str(Path('no').resolve())!r}",
            "p.csv/o.npy": "no such folder: 'p.csv'",
            "x" * 300 + ".npy": "file name too long: ",
        }.items():
            assert refusal("select", "p.csv", "-k", 2, "-o", name, *force).startswith(message)
        assert before == {path: path.lstat().st_ino for path in Path().iterdir()}
    assert Path("/dev/null").is_char_device()


LIMITED = """
import resource, sys
from prefmath.cli import main
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
main(sys.argv[1:])
"""


@pytest.mark.parametrize("output", ["o.npy", "o.csv", "o.csv.gz", "o.parquet"])
def test_no_room_for_the_result_is_a_sentence(output):
    """A limit on the size of a file is to a program what a full disk is."""
    n = 60_000
    rng = np.random.default_rng(0)
    numbers = {f"e{j}": rng.standard_normal(n) for j in range(2)}
    write_table("many.parquet", pa.table({**numbers, "by": np.arange(n)}))
    Path(output).write_text("mine")
    command = [sys.executable, "-c", LIMITED, "select", "many.parquet", "--embedding", "e"]
    command += ["--by", "by", "-k", "1", "-o", output, "--force"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("prefmath: error: ")
    assert done.stderr.endswith(f": {output!r}\n")
    assert done.stderr.count("\n") == 1
    assert Path(output).read_text() == "mine"
    assert not list(Path().glob(".*"))


@pytest.mark.skipif(os.name != "posix" or os.getuid() == 0, reason="root may write anywhere")
def test_what_may_not_be_written_to_is_a_sentence():
    Path("o.npy").write_text("mine")
    Path("o.npy").chmod(0o400)
    Path("sub").mkdir(mode=0o500)
    assert refusal("select", "p.csv", "-k", 2, "-o", "o.npy", "--force") == (
        "'o.npy' may not be written to"
    )
    assert refusal("select", "p.csv", "-k", 2, "-o", "sub/o.npy").startswith(
        "nothing can be written to "
    )
