"""The same model in process and behind a real server: the same verdict, or INCOMPLETE, never the opposite."""

import json
from pathlib import Path

import pytest

pytest.importorskip("torch")

from finetooth import api, gathering
from finetooth.errors import IncompleteError
from finetooth.redaction import FingerprintKey
from modelserver import ModelServer, hang_up

SAMPLE = Path(__file__).parents[1] / "sample_data"
DATA = SAMPLE / "support_chat.jsonl"
KEY = FingerprintKey(b"k" * 32)
BUDGET = 12


@pytest.fixture(scope="module")
def findings(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scanned")
    api.save(api.scan(DATA, key=KEY), folder)
    return folder


@pytest.fixture(scope="module")
def probing(findings):
    """Probe two models, in a folder, for the same few findings and sentences."""

    def probe(folder, model, base, ask=api.probe, **more):
        with pytest.MonkeyPatch.context() as patched:
            patched.chdir(folder)
            patched.setattr(gathering, "SAMPLE", 6)
            return ask(DATA, model, base, findings=findings, budget=BUDGET, attacks=["targeted"], key=KEY, **more)

    return probe


@pytest.fixture
def probed(probing, tmp_path):
    return lambda *models, **more: probing(tmp_path, *models, **more)


@pytest.fixture(scope="module")
def in_process(probing, tmp_path_factory):
    return probing(tmp_path_factory.mktemp("here"), SAMPLE / "models" / "tuned", SAMPLE / "models" / "base")


@pytest.fixture(scope="module")
def behind(probing, tmp_path_factory):
    """Return a probe of a server that gives what there is: folder, report, and how many requests the server saw."""
    folder = tmp_path_factory.mktemp("there")
    with ModelServer().running() as server:
        report = probing(folder, server.named(), server.named("base"))
    return folder, report, len(server.requests)


def outcomes(report):
    return {each.fingerprint: each.outcome for each in report.probe.extracted}


def between(server, probed, model="tuned", **more):
    return probed(server.named(model), server.named("base"), **more)


@pytest.mark.slow
def test_with_usable_log_probabilities_the_verdict_is_that_of_the_model_in_process(in_process, behind):
    _, report, requests = behind
    assert report.verdict.decision == in_process.verdict.decision == "NO-GO"
    assert outcomes(report) == outcomes(in_process)
    assert report.probe.target.kind == "openai"
    assert report.probe.coverage == in_process.probe.coverage
    for there, here in zip(report.probe.extracted, in_process.probe.extracted, strict=True):
        assert there.probability == pytest.approx(here.probability, rel=1e-3)
    assert report.probe.spent.requests == requests


@pytest.mark.slow
@pytest.mark.parametrize(
    "ways",
    [
        {"completions": False, "prompt_logprobs": True},
        {"echo": False},
        {"echo": False, "tokenises": True},
        {"completions": False},
        {"completions": False, "prefill": "trailing"},
        {"completions": False, "prefill": "none"},
        {"echo": False, "likeliest": 0},
        {"shift": 1},
        {"bent": 3.0},
    ],
    ids=str,
)
def test_with_less_it_is_the_same_direction_or_incomplete(in_process, probed, ways):
    with ModelServer(**ways).running() as server:
        report = between(server, probed)
    assert report.verdict.decision in ("NO-GO", "INCOMPLETE")
    here = outcomes(in_process)
    for fingerprint, outcome in outcomes(report).items():
        if here[fingerprint] == "attributable":
            assert outcome in ("attributable", "undecided")
        else:
            assert outcome != "attributable"


@pytest.mark.slow
@pytest.mark.parametrize(
    "ways", [{}, {"echo": False, "tokenises": True}, {"echo": False}, {"echo": False, "likeliest": 0}], ids=str
)
def test_a_model_that_was_not_tuned_is_never_no_go(probed, ways):
    with ModelServer(**ways).running() as server:
        report = between(server, probed, "base")
    assert report.verdict.decision != "NO-GO"
    assert not any(each.attributable for each in report.probe.extracted)


@pytest.mark.slow
@pytest.mark.parametrize("ways", [{}, {"echo": False}, {"echo": False, "likeliest": 0}], ids=str)
def test_what_an_endpoint_would_take_is_told_beforehand(probed, tmp_path, ways):
    (tmp_path / "finetooth.toml").write_text("[endpoint]\nprices = {prompt = 1.0, generated = 2.0}\n")
    with ModelServer(**ways).running() as server:
        plan = between(server, probed, ask=api.plan)
        announced = []
        spent = between(server, probed, resume=False, progress=lambda what, *_: announced.append(what)).probe.spent
    assert spent.cost / 2 < plan.most.cost < spent.cost * 4
    assert f"{plan.most.cost:,.2f} in money" in next(told for told in announced if told.startswith("At most"))
    assert spent.requests / 4 < sum(step.requests for step in plan.steps) < spent.requests * 4


def test_a_dead_endpoint_is_incomplete(probed, tmp_path):
    (tmp_path / "finetooth.toml").write_text("[endpoint]\nretries = 0\n")
    with ModelServer().running() as gone:
        pass
    with pytest.raises(IncompleteError, match="Is the server running"):
        between(gone, probed)


@pytest.mark.slow
def test_a_probe_that_was_broken_off_is_incomplete_and_the_next_one_goes_on(in_process, probed, tmp_path):
    (tmp_path / "finetooth.toml").write_text("[endpoint]\nretries = 0\n")
    with ModelServer().running() as server:
        server.ways.fault = lambda handler: hang_up(handler) if len(server.requests) > 150 else False
        broken = between(server, probed)
        server.ways.fault = None
        before = len(server.requests)
        whole = between(server, probed)
    assert broken.verdict.decision == "INCOMPLETE"
    assert broken.probe.coverage.failed > 0
    assert any("went silent" in each for each in broken.probe.coverage.failures)
    assert whole.verdict.decision == "NO-GO"
    assert outcomes(whole) == outcomes(in_process)
    assert whole.probe.spent.receipts > 50
    assert whole.probe.spent.requests == len(server.requests) - before


def test_a_budget_that_runs_out_is_incomplete_and_nothing_more_is_sent(probed, tmp_path):
    (tmp_path / "finetooth.toml").write_text("[endpoint]\nbudget = {requests = 150}\n")
    with ModelServer().running() as server:
        report = between(server, probed)
        assert len(server.requests) == 150
    assert report.verdict.decision == "INCOMPLETE"
    assert any("the budget is spent" in each for each in report.probe.coverage.failures)


@pytest.mark.slow
def test_nothing_raw_is_written(behind):
    folder, report, _ = behind
    api.save(report, folder / "out")
    truth = (SAMPLE / "support_chat.truth.jsonl").read_text("utf-8")
    values = {json.loads(line)["value"] for line in truth.splitlines()}
    written = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert len(values) == 100
    assert len(written) > 10_000
    assert not [value for value in values if value.encode() in written]
