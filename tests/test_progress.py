"""Long comparisons say how far they have come, and stop when they are told to."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from prefmath import duplicate_groups, near_duplicates, nearest_neighbors, similarity_matrix
from prefmath._progress import _Bar, part, reporting

CALLS = {
    "similarity_matrix": lambda x, **more: similarity_matrix(x[:8000], **more),
    "similarity_matrix of two": lambda x, **more: similarity_matrix(x[:1500], x, **more),
    "nearest_neighbors": lambda x, **more: nearest_neighbors(x, 3, **more).indices,
    "nearest_neighbors of two": lambda x, **more: nearest_neighbors(x, 3, x, **more).indices,
    "nearest_neighbors by parts": lambda x, **more: (
        nearest_neighbors(x, 3, max_memory=60_000_000, **more).indices
    ),
    "near_duplicates": lambda x, **more: near_duplicates(x, 0.9, **more).pairs,
    "duplicate_groups": lambda x, **more: duplicate_groups(x, 0.9, **more).labels,
}


def rows(n, d):
    return np.random.default_rng(0).standard_normal((n, d), np.float32)


@pytest.mark.parametrize("n_threads", [1, 2])
@pytest.mark.parametrize("name", CALLS)
def test_it_is_told_how_much_is_done(name, n_threads):
    told = []
    callers = set()

    def progress(done, total):
        told.append((done, total))
        callers.add(threading.get_ident())

    x = rows(2500, 16)
    found = CALLS[name](x, progress=progress, n_threads=n_threads)
    np.testing.assert_array_equal(found, CALLS[name](x, progress=False, n_threads=n_threads))
    if not told:  # it was over before there was anything to tell
        return
    assert callers == {threading.get_ident()}
    assert all(type(number) is int for numbers in told for number in numbers)
    done, totals = zip(*told, strict=True)
    assert len(set(totals)) == 1
    assert done[-1] == totals[0]
    assert list(done) == sorted(set(done))
    assert done[0] >= 0


class EnoughError(Exception):
    """Raised by the one who is told."""


@pytest.mark.parametrize("n_threads", [1, 2])
@pytest.mark.parametrize("error", [EnoughError, KeyboardInterrupt])
@pytest.mark.parametrize("name", CALLS)
def test_what_it_raises_ends_the_work(name, error, n_threads):
    n_calls = 0

    def progress(_done, _total):
        nonlocal n_calls
        n_calls += 1
        raise error

    with pytest.raises(error):
        CALLS[name](rows(24_000, 400), progress=progress, n_threads=n_threads)
    assert n_calls == 1


@pytest.mark.parametrize("name", CALLS)
def test_nothing_is_shown_without_a_terminal(name, capfd):
    CALLS[name](rows(50, 3))
    CALLS[name](rows(50, 3), progress=None)
    assert capfd.readouterr() == ("", "")


@pytest.fixture
def terminal(monkeypatch):
    pytest.importorskip("rich")
    monkeypatch.setattr("prefmath._progress._has_terminal", lambda: True)
    monkeypatch.setenv("FORCE_COLOR", "1")  # rich takes any file for a terminal then
    return monkeypatch


def test_a_bar_on_a_terminal_when_it_takes_long(terminal, capsys):
    with reporting(None, "much work") as report:
        report(1, 3)
        assert capsys.readouterr().err == ""
        terminal.setattr("prefmath._progress._PATIENCE", 0.0)
        report(2, 3)
    assert "much work" in capsys.readouterr().err
    with reporting(progress=False, title="much work") as report:
        assert report is None


def test_the_bar_goes_when_the_work_fails(terminal):
    closed = []
    terminal.setattr(_Bar, "close", lambda bar: closed.append(bar))  # noqa: PLW0108

    def work():
        with reporting(None, "work"):
            raise EnoughError

    with pytest.raises(EnoughError):
        work()
    assert len(closed) == 1


def test_parts_of_the_work_are_told_as_one():
    told = []
    for index in range(3):
        report = part(lambda *numbers: told.append(numbers), index, 3)
        report(1, 2)
        report(2, 2)
    assert told == [(1, 6), (2, 6), (3, 6), (4, 6), (5, 6), (6, 6)]
    assert part(None, 0, 3) is None


@pytest.mark.parametrize("progress", [True, 3, "bar"])
@pytest.mark.parametrize("name", CALLS)
def test_what_cannot_be_told(name, progress):
    message = rf"^progress must be a function of two numbers, False or None, not {progress!r}$"
    with pytest.raises(TypeError, match=message):
        CALLS[name](rows(5, 3), progress=progress)
