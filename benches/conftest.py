"""How a call is timed: checked, warmed up, then wall and processor time of every round."""

from __future__ import annotations

import statistics
import time

import pytest
from work import SMALL

from prefmath._kernels import kernels

# A call is repeated for about so many seconds, at least (unless it is long) and at most so often.
SECONDS, LEAST, MOST, LONG = 3.0, 3, 31, 5.0


def pytest_generate_tests(metafunc):
    """Every caller of every piece of work of a module is one benchmark."""
    if "who" in metafunc.fixturenames:
        calls = [
            (work, who)
            for work in metafunc.module.WORKS
            for who, call in work.calls.items()
            if call.possible
        ]
        ids = [f"{work.name}: {who}" for work, who in calls]
        metafunc.parametrize(("work", "who"), calls, ids=ids)


@pytest.fixture
def timed(benchmark):
    """Time one way of doing a piece of work."""

    def measure(work, who):
        call, prepared = work.calls[who], work.prepared(who)
        rounds = 1 if call.once else rounds_after_warming_up(work, who, prepared)
        processor = []

        def once():
            result, _, used = once_timed(call, prepared)
            processor.append(used)
            return result

        benchmark.group = work.title
        result = benchmark.pedantic(once, rounds=rounds)
        if call.once:
            work.check(who, result)
        benchmark.extra_info.update(
            work=work.name,
            who=who,
            backend=kernels.__name__.removeprefix("prefmath._"),
            share=call.share,
            processor=statistics.median(processor),
            remark=work.remark(result),
        )

    return measure


def rounds_after_warming_up(work, who, prepared):
    """Check the result of a call, and return how often to repeat it."""
    call = work.calls[who]
    result, seconds, _ = once_timed(call, prepared)
    work.check(who, result)
    if SMALL:
        return 1
    if seconds < LONG:
        seconds = once_timed(call, prepared)[1]
    least = 1 if seconds > LONG else LEAST
    return min(max(int(SECONDS / seconds), least), MOST)


def once_timed(call, prepared):
    """Return the result of a call, its wall time and the processor time of all threads."""
    begun, before = time.perf_counter(), time.process_time()
    result = call.run(prepared)
    return result, time.perf_counter() - begun, time.process_time() - before
