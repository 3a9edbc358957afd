"""Loading a model waits for nothing and allocates no more than the file has."""

import io
import json
import os
import socket
import tracemalloc
import zipfile

import numpy as np
import pytest

from prefmath.io.models import load_model

HEADER = {
    "format": "prefmath model",
    "version": "1.0",
    "model": "BradleyTerry",
    "parameters": {
        "ties": "half",
        "position_effect": False,
        "l2": 0.0,
        "prior": 1.0,
        "tol": 1e-08,
        "max_iter": 100,
        "warm_start": False,
        "n_threads": None,
    },
    "values": {
        "log_likelihood_": -1.5,
        "lower_bound_": -1.5,
        "lower_bounds_": [-2.0, -1.5],
        "converged_": True,
        "n_iter_": 1,
        "annotator_ids_": None,
        "_layout": "pairs",
        "_ties": "half",
        "_n_positions": 0,
        "_linear": False,
        "_n_free": 2,
    },
    "feature_names": None,
}
ARRAYS = {
    "coef_": np.array([[0.5, 0.25, -0.75]]),
    "_extra": np.zeros((1, 0)),
    "weights_": np.ones(1),
    "responsibilities_": np.ones((1, 1)),
    "item_ids_": np.array(["a", "b", "c"]),
}


def npy(array):
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


def members(header=HEADER, **changed):
    arrays = {"header": np.array(json.dumps(header)), **ARRAYS}
    return {f"{name}.npy": npy(array) for name, array in arrays.items()} | {
        f"{name}.npy": content for name, content in changed.items()
    }


def archive(path, content, method=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", method) as file:
        for name, data in content.items():
            file.writestr(name, data)
    return path


def test_files_of_the_first_version(tmp_path):
    model = load_model(archive(tmp_path / "m.npz", members()))
    assert model.item_ids_.tolist() == ["a", "b", "c"]
    np.testing.assert_array_equal(model.utilities_, ARRAYS["coef_"][0])
    assert (model.prior, model.converged_, model.n_iter_) == (1.0, True, 1)


def huge(shape, data=b""):
    """Return an array whose header tells of more than follows."""
    text = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}"
    line = text.encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(line).to_bytes(2, "little") + line + data


def bombs(folder):
    """Return names of small files that tell of much."""
    path = folder / "bomb.npz"
    yield archive(path, members(coef_=huge((1, 10**12))))
    yield archive(path, members(coef_=huge((10**12, 0))))
    yield archive(path, members(coef_=huge((0, 10**30))))
    yield archive(path, members(item_ids_=huge(10**12).replace(b"<f8", b"<U0")))
    zeros = members(coef_=npy(np.zeros((1, 10**7))))
    yield archive(path, zeros, zipfile.ZIP_DEFLATED)
    archive(path, members())
    content = path.read_bytes()
    # sizes in the list of members at the end
    at = content.index(b"PK\x01\x02")
    path.write_bytes(content[: at + 20] + b"\xf0\xff\xff\xff" * 2 + content[at + 28 :])
    yield path
    # all members are the same bytes, the first array
    data = bytearray(content)
    place = at
    while data[place : place + 4] == b"PK\x01\x02":
        data[place + 42 : place + 46] = bytes(4)
        name, extra, comment = np.frombuffer(data[place + 28 : place + 34], "<u2").tolist()
        place += 46 + name + extra + comment
    path.write_bytes(bytes(data))
    yield path


def test_declared_sizes_are_bounded(tmp_path):
    tracemalloc.start()
    try:
        for path in bombs(tmp_path):
            tracemalloc.reset_peak()
            before = tracemalloc.get_traced_memory()[0]
            with pytest.raises(ValueError, match=r"bomb\.npz' holds no model of prefmath: "):
                load_model(path)
            assert tracemalloc.get_traced_memory()[1] < before + (1 << 20)
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_compressed_members_are_refused(tmp_path, method):
    with pytest.raises(ValueError, match="its array 'header' is compressed, as prefmath writes"):
        load_model(archive(tmp_path / "m.npz", members(), method))


def test_members_that_are_no_arrays_of_a_model(tmp_path):
    path = tmp_path / "m.npz"
    for name in ("../../x.npy", "__class__.npy", "fit.npy", "/etc/passwd"):
        with pytest.raises(ValueError, match=r"it has an array '.*', which no model has"):
            load_model(archive(path, {**members(), name: npy(np.ones(1))}))
    twice = pytest.warns(UserWarning, match="Duplicate name")
    with zipfile.ZipFile(archive(path, members()), "a") as file, twice:
        file.writestr("coef_.npy", npy(np.ones((1, 3))))
    with pytest.raises(ValueError, match="it has two arrays 'coef_'"):
        load_model(path)
    objects = np.empty(3, object)
    with pytest.raises(ValueError, match="it holds Python objects, which are never loaded"):
        load_model(archive(path, members(item_ids_=npy(objects))))


def test_an_encrypted_archive(tmp_path):
    content = bytearray(archive(tmp_path / "m.npz", members()).read_bytes())
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + place] |= 1
    (tmp_path / "m.npz").write_bytes(bytes(content))
    with pytest.raises(ValueError, match=r"m\.npz' holds no model of prefmath: it is no archive"):
        load_model(tmp_path / "m.npz")


def test_what_is_no_file_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.npz")
    (tmp_path / "null.npz").symlink_to("/dev/null")
    (tmp_path / "loop.npz").symlink_to("loop.npz")
    (tmp_path / "folder.npz").mkdir()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "s.npz"))
        for name, message in {
            "pipe": "is a pipe, not a file",
            "null": "is a device, not a file",
            "s": "is a socket, not a file",
            "loop": "is a symbolic link that leads back to itself",
            "folder": "is a folder",
        }.items():
            with pytest.raises(OSError, match=rf"{name}\.npz' {message}"):
                load_model(tmp_path / f"{name}.npz")
