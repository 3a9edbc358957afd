"""Kernels whose results do not fit into memory raise MemoryError; none ends the process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from large_calls import CALLS
from prefmath import near_duplicates

pytest.importorskip("prefmath._native")

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits are those of Linux")


def test_every_compiled_kernel_runs_out_of_memory_in_a_sentence():
    from prefmath import _native

    kernels = {name for name in dir(_native) if not name.startswith("__")} - {"instruction_set"}
    assert {name.split(",")[0] for name in CALLS} == kernels
    script = Path(__file__).with_name("large_calls.py")
    command = [sys.executable, str(script), "native"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = result.stdout.splitlines()
    assert result.returncode == 0, f"{lines[-1:]} {result.stderr[-500:]}"
    assert [line.split(" -> ")[0] for line in lines] == list(CALLS)
    assert [line for line in lines if " -> MemoryError: " not in line] == []


_LIMITED = """
import resource, numpy as np, prefmath
x = np.ones((9000, 2), np.float32)
prefmath.near_duplicates(x[:9], -1, n_threads=1)
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + (100 << 20), resource.RLIM_INFINITY))
try:
    prefmath.near_duplicates(x, -1, max_pairs=2 * 10**9, n_threads=1)
except MemoryError as error:
    print(error)
"""


def test_near_duplicates_says_what_to_do():
    command = [sys.executable, "-c", _LIMITED]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr[-500:]
    assert result.stdout.startswith("not enough memory (")
    assert result.stdout.endswith("duplicate_groups, which does not list the pairs\n")


def test_what_no_memory_holds(kernels):
    """Sizes whose product has no number of its own are refused, never multiplied."""
    if not kernels.__name__.endswith("_native"):
        pytest.skip("NumPy's own refusal")
    x, offsets = np.eye(4, 3, dtype=np.float32), np.array([0, 2, 4])
    x[3] = 1
    message = r"cannot allocate \d+ bytes|no memory could hold"
    for k in (1 << 50, (1 << 62) + 7, (1 << 63) - 1):
        for kernel in (kernels.greedy_batch, kernels.exact_batch):
            with pytest.raises(MemoryError, match=message):
                kernel(x, offsets, "dpp", None, 1.0, np.array([2, k]), None, 1)


def test_memory_suffices_for_little():
    assert len(near_duplicates(np.ones((3, 2), np.float32), 1)) == 3
