"""How a call is timed: checked, warmed up, then wall and processor time of every round."""

from __future__ import annotations

import statistics
import time

import pytest

from prefmath._kernels import kernels

# A call is repeated for about so many seconds, at least and at most so often.
SECONDS, LEAST, MOST = 3.0, 3, 31


def pytest_generate_tests(metafunc):
    """Every caller of every piece of work of a module is one benchmark."""
    if "who" in metafunc.fixturenames:
        calls = [(work, who) for work in metafunc.module.WORKS for who in work.calls]
        ids = [f"{work.name}: {who}" for work, who in calls]
        metafunc.parametrize(("work", "who"), calls, ids=ids)


@pytest.fixture
def timed(benchmark):
    """Time one way of doing a piece of work."""

    def measure(work, who):
        call, prepared = work.calls[who], work.prepared(who)
        result = call.run(prepared)
        work.agree(result, work.reference)
        processor, begun = [], time.perf_counter()

        def once():
            before = time.process_time()
            call.run(prepared)
            processor.append(time.process_time() - before)

        once()
        rounds = int(SECONDS / (time.perf_counter() - begun))
        processor.clear()
        benchmark.group = work.title
        benchmark.pedantic(once, rounds=min(max(rounds, LEAST), MOST))
        benchmark.extra_info.update(
            work=work.name,
            who=who,
            backend=kernels.__name__.removeprefix("prefmath._"),
            share=call.share,
            processor=statistics.median(processor),
            remark=work.remark(result),
        )

    return measure
