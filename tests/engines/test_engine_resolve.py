"""Which engine is meant, and which fits."""

import os

import pytest

from finetooth.engines.inline import InlineEngine
from finetooth.engines.local import LocalEngine
from finetooth.engines.resolve import FittingEngine, resolve
from finetooth.errors import UsageError


class Where:
    """A job that tells in which process it is done."""

    movable = True

    def run(self, plan, watch):
        return str(os.getpid()).encode()


@pytest.mark.parametrize(("name", "kind"), [(None, FittingEngine), ("inline", InlineEngine), ("local", LocalEngine)])
def test_an_engine_by_its_name(name, kind):
    assert isinstance(resolve(name, None), kind)


@pytest.mark.parametrize(("name", "workers"), [("spark", None), ("inline", 2), (None, 0), ("local", -1)])
def test_what_makes_no_sense_is_refused(name, workers):
    with pytest.raises(UsageError, match=r"--engine|--workers"):
        resolve(name, workers)


@pytest.mark.parametrize(("jobs", "here"), [(0, True), (2, True), (3, False), (9, False)])
def test_little_work_is_done_here_and_much_elsewhere(jobs, here):
    done = list(FittingEngine(2).run(((number, Where()) for number in range(jobs)), os.getpid, lambda _: None))
    assert sorted(number for number, _ in done) == list(range(jobs))
    assert all((int(process) == os.getpid()) is here for _, process in done)
