"""Peak memory of one call: ``python benches/memory.py WORK WHO`` prints bytes beside its input.

The call is made once before, so that what is loaded or compiled only once does not count, unless
it takes very long. The
kernel's high-water mark is reset in between, which needs Linux; tracemalloc would not see what Rust
or BLAS allocate.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import sys
from pathlib import Path

MODULES = (
    "bench_selection",
    "bench_objectives",
    "bench_coverage",
    "bench_samples",
    "bench_exact",
    "bench_given",
    "bench_similarity",
    "bench_neighbors",
    "bench_figures",
    "bench_linear",
    "bench_sums",
    "bench_conditional_logit",
    "bench_items",
    "bench_utilities",
    "bench_choices",
    "bench_wide",
)


def peak(name: str, who: str) -> int:
    """Return the bytes that a call needs at its peak, its result among them."""
    works = {
        work.name: work for module in MODULES for work in importlib.import_module(module).WORKS
    }
    work = works[name]
    call, prepared = work.calls[who], work.prepared(who)
    if not call.once:
        call.run(prepared)
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    before = _status("VmRSS")
    result = call.run(prepared)
    after = _status("VmHWM")
    del result
    return after - before


def _status(field: str) -> int:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(field))


if __name__ == "__main__":
    print(peak(*sys.argv[1:]))
