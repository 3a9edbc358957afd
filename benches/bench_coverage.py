"""Facility location and k-medoids of a large pool, by time and by the value that is reached."""

from __future__ import annotations

from functools import cache

from baselines import cover_peers, greedy
from data import corpus
from work import Call, Work, scaled

import prefmath
from prefmath.selection import set_value

N, D, K = scaled(20_000), 384, scaled(200, 5)


@cache
def rows():
    return corpus(N, D)


def select(method):
    def run(x):
        result = prefmath.select(x, K, method=method)
        return result.indices, result.gains

    return run


def value(method):
    return lambda result: f"value {set_value(rows(), result[0], method):,.1f}"


def as_good(method):
    """Reach the value of the reference, or a little less: float32 sees ties."""

    def agree(result, reference):
        found, expected = (set_value(rows(), r[0], method) for r in (result, reference))
        assert found >= 0.998 * expected

    return agree


WORKS = (
    Work(
        name="facility_location",
        title=f"facility_location, one pool of {N:,} × {D}, k = {K}",
        data=rows,
        calls={
            "prefmath": Call(select("facility_location")),
            "NumPy, lazy": Call(lambda x: greedy.facility_lazy(x, K)),
            "apricot": Call(lambda x: cover_peers.apricot(x, K), needs="apricot", once=True),
            "submodlib": Call(lambda x: cover_peers.submodlib(x, K), needs="submodlib", once=True),
        },
        agree=as_good("facility_location"),
        baseline="NumPy, lazy",
        bars={"NumPy, lazy": 0.4},
        memory_bar=130,
        remark=value("facility_location"),
    ),
    Work(
        name="k_medoids",
        title=f"k_medoids, one pool of {N:,} × {D}, k = {K}",
        data=rows,
        calls={
            "prefmath": Call(select("k_medoids")),
            "NumPy, lazy, without swaps": Call(lambda x: greedy.facility_lazy(x, K)),
            "kmedoids, FasterPAM": Call(
                lambda x: cover_peers.fasterpam(x, K), needs="kmedoids", once=True
            ),
        },
        agree=as_good("k_medoids"),
        baseline="NumPy, lazy, without swaps",
        bars={"kmedoids, FasterPAM": 0.5},
        remark=value("k_medoids"),
    ),
)


def bench_coverage(work, who, timed):
    timed(work, who)
