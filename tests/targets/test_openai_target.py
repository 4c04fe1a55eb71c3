"""A model behind a real OpenAI-compatible server answers as the same model does in process, or says that it cannot."""

import re
import time
from math import exp, inf
from pathlib import Path

import pytest

pytest.importorskip("torch")

from finetooth.errors import IncompleteError, ModelError
from finetooth.evidence import Spent
from finetooth.record import Turn
from finetooth.redaction import FingerprintKey
from finetooth.targets.budget import Budget, Prices
from finetooth.targets.endpoint import EndpointSettings
from finetooth.targets.receipts import ReceiptFolder
from finetooth.targets.resolve import resolve
from finetooth.targets.target import Generation, Likelihood, Unanswered
from finetooth.trial import Prompt, Trial
from modelserver import KEY, ModelServer, error_under_200, hang_up, redirect, status

SAMPLE = Path(__file__).parents[2] / "sample_data" / "models"
ASSISTANT = (Turn("user", "/0", "What is my number?"), Turn("assistant", "/1", "Your number is "))
BEGINS = (*ASSISTANT[:1], Turn("assistant", "/1", ""))
USER = (Turn("user", "/0", "Hello, my name is"),)
TRIALS = [
    Trial(0, "target", ASSISTANT, "4711"),
    Trial(0, "lookalike", ASSISTANT, "9033"),
    Trial(1, "target", ASSISTANT, "José Müller"),
    Trial(2, "target", USER, " Ada Lovelace"),
    Trial(3, "target", "Once upon a", " time"),
]
FOLDER = {"tokenizer": SAMPLE / "tuned"}


@pytest.fixture(scope="module")
def known():
    return resolve(str(SAMPLE / "tuned"))[0].log_likelihood(TRIALS)


def reached(server, model="tuned", receipts=None, **settings):
    return resolve(server.named(model), endpoint=EndpointSettings(longest_wait=0.0, **settings), receipts=receipts)[0]


@pytest.mark.parametrize(
    "ways",
    [
        {},
        {"empty_echo": False, "counts": False},
        {"echo": False, "prompt_logprobs": True},
        {"renders": False, "tokenises": True},
        {"strict": True, "several": False},
        {"completions": False, "prompt_logprobs": True},
    ],
    ids=["echo", "echo and one more", "prompt_logprobs", "vLLM's template", "strict", "chat alone"],
)
def test_log_probabilities_of_given_texts_are_those_of_the_model_in_process(known, ways):
    with ModelServer(**ways).running() as server:
        target = reached(server)
        answers = target.log_likelihood(TRIALS)
    assert target.capabilities.log_likelihood == "exact"
    assert target.capabilities.any_turn
    assert target.limits == ()
    for answer, other, trial in zip(answers, known, TRIALS, strict=True):
        if isinstance(trial.context, str) and not target.capabilities.raw_text:
            assert isinstance(answer, Unanswered)
        else:
            assert answer.log_probability == pytest.approx(other.log_probability, abs=1e-3)
            assert answer.bounds is None


@pytest.mark.parametrize(
    ("ways", "settings"),
    [
        ({"echo": False}, {}),
        ({"echo": False, "tokenises": True}, {}),
        ({"echo": False, "tokenises": True, "likeliest": 1500}, {}),
        ({"completions": False, "prefill": "trailing", "likeliest": 5}, {}),
        ({"completions": False}, FOLDER),
    ],
    ids=["likeliest alone", "tokens known", "all likeliest", "chat, 5 likeliest", "chat, tokenizer here"],
)
def test_likeliest_tokens_give_bounds_around_the_probability_in_process(known, ways, settings):
    with ModelServer(**ways).running() as server:
        target = reached(server, **settings)
        answers = target.log_likelihood(TRIALS)
    assert target.capabilities.log_likelihood == "bounds"
    for answer, other in zip(answers, known, strict=True):
        if isinstance(answer, Likelihood):
            assert answer.low <= answer.log_probability <= answer.high
            assert other.log_probability <= answer.high + 1e-3
    assert isinstance(answers[0], Likelihood)


def test_what_is_memorised_is_known_exactly_from_the_likeliest_tokens(known):
    """What the model says of itself when told to be greedy, token by token."""
    with ModelServer(echo=False, tokenises=True).running() as server:
        target = reached(server)
        [said] = target.generate([Prompt(BEGINS, max_tokens=8, greedy=True)])
        trial = Trial(0, "target", BEGINS, said.texts[0])
        [answer] = target.log_likelihood([trial])
    [local] = resolve(str(SAMPLE / "tuned"))[0].log_likelihood([trial])
    assert answer.bounds is None
    assert answer.log_probability == pytest.approx(local.log_probability, abs=1e-3)


@pytest.mark.parametrize(
    ("ways", "said"),
    [
        ({"shift": 1}, "given texts (echo) are not used"),
        ({"shift": -1}, "given texts (echo) are not used"),
        ({"bent": 0.5}, "answers are not used: the chances of the likeliest tokens add up to more than 1"),
        ({"bent": 3.0}, "are not used: the model does not draw a token as often as it says"),
    ],
)
def test_log_probabilities_that_fail_their_test_are_not_used_and_it_is_said(ways, said):
    """A misaligned echo, as is reported of llama-cpp-python; numbers that are bent by a temperature."""
    with ModelServer(**ways).running() as server:
        target = reached(server)
    assert any(said in limit for limit in target.limits)
    assert (
        target.capabilities.log_likelihood
        == {1: "bounds", -1: "bounds", 0.5: "exact", 3.0: "none"}[next(iter(ways.values()))]
    )


def test_without_log_probabilities_they_are_counted_in_samples():
    with ModelServer(echo=False, likeliest=0).running() as server:
        target = reached(server, samples=40)
        [said] = target.generate([Prompt(BEGINS, max_tokens=4, greedy=True)])
        value = said.texts[0].split()[0]
        likely, never = target.log_likelihood(
            [Trial(0, "target", BEGINS, value), Trial(0, "lookalike", BEGINS, "zebra 4711")]
        )
    [local] = resolve(str(SAMPLE / "tuned"))[0].log_likelihood([Trial(0, "target", BEGINS, value)])
    assert target.capabilities.log_likelihood == "none"
    assert local.log_probability <= likely.high  # of one way of cutting it into tokens, of which samples show all
    assert likely.low > -inf
    assert never.low == -inf
    assert exp(never.high) == pytest.approx(0.088, abs=0.001)  # 0 of 40, Clopper-Pearson
    assert any("counted in 40 answers" in limit for limit in target.limits)


def test_a_turn_that_the_api_does_not_go_on_from_is_unanswered():
    with ModelServer(completions=False, prefill="trailing").running() as server:
        target = reached(server)
        answers = target.log_likelihood(TRIALS)
    assert not target.capabilities.any_turn
    assert [type(answer) for answer in answers] == [Likelihood] * 3 + [Unanswered] * 2
    assert "does not go on from a turn of the user" in answers[3].reason


def test_a_chat_api_that_begins_anew_is_noticed():
    with ModelServer(completions=False, prefill="none").running() as server:
        target = reached(server)
        begun, anew = target.log_likelihood([TRIALS[0], Trial(0, "target", BEGINS, "Your")])
    assert any("does not go on from what the assistant has begun" in limit for limit in target.limits)
    assert isinstance(begun, Unanswered)
    assert isinstance(anew, Likelihood)


def test_a_completions_api_alone_takes_conversations_with_a_tokenizer_from_here(known):
    with ModelServer(chat=False, renders=False).running() as server:
        without = reached(server).log_likelihood(TRIALS)
        within = reached(server, **FOLDER).log_likelihood(TRIALS)
    assert "set endpoint.tokenizer" in without[0].reason
    assert without[4].log_probability == pytest.approx(known[4].log_probability, abs=1e-3)
    assert [answer.log_probability for answer in within] == pytest.approx(
        [answer.log_probability for answer in known], abs=1e-3
    )


WRONG = (
    "{% for m in messages %}### {{ m['role'] }}: {{ m['content'] }}\n{% endfor %}"
    "{% if add_generation_prompt %}### {% endif %}"
)


def test_a_wrong_chat_template_is_found_out(tmp_path):
    for path in (SAMPLE / "tuned").iterdir():
        if path.suffix == ".json":
            (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "chat_template.jinja").write_text(WRONG)
    with (
        ModelServer(renders=False).running() as server,
        pytest.raises(ModelError, match="its chat template is not the one"),
    ):
        reached(server, tokenizer=tmp_path)


def test_a_completions_api_that_answers_texts_is_not_used():
    with ModelServer(answers=True, renders=False).running() as server:
        target = reached(server)
        answers = target.log_likelihood(TRIALS)
    assert any("instead of going on from them" in limit for limit in target.limits)
    assert not target.capabilities.raw_text
    assert isinstance(answers[0], Likelihood)
    assert isinstance(answers[4], Unanswered)


def test_a_server_that_renders_otherwise_than_it_chats_is_asked_to_chat():
    with ModelServer(template=WRONG).running() as server:
        target = reached(server)
        [answer] = target.log_likelihood(TRIALS[:1])
    assert any("answered otherwise" in limit for limit in target.limits)
    assert isinstance(answer, Likelihood)


def test_samples_are_as_many_as_were_asked_for_and_repeat_from_run_to_run():
    prompt = Prompt(ASSISTANT, max_tokens=6, samples=5)
    drawn = []
    for several in (True, True, False, 3):
        with ModelServer(several=several).running() as server:
            drawn += reached(server).generate([prompt])
    assert all(isinstance(said, Generation) and len(said.texts) == 5 for said in drawn)
    assert drawn[0] == drawn[1]
    assert len(set(drawn[2].texts)) > 1


def test_the_whole_distribution_is_asked_for():
    with ModelServer().running() as server:
        reached(server).generate([Prompt(ASSISTANT, max_tokens=2, samples=2)])
        body = server.requests[-1][1]
    assert (body["temperature"], body["top_p"], body["top_k"], body["min_p"]) == (1.0, 1.0, -1, 0.0)
    assert isinstance(body["seed"], int)


def test_a_dead_endpoint_is_one_clear_message_and_incomplete():
    with ModelServer().running() as gone:
        pass
    with pytest.raises(IncompleteError, match=r"nothing could be asked.*Is the server running") as error:
        reached(gone, retries=1)
    assert error.value.exit_code == 3


@pytest.mark.parametrize(
    ("ways", "model", "message"),
    [
        ({"key": KEY}, "tuned", "FINETOOTH_API_KEY"),
        ({}, "nobody", "model_not_found"),
        ({"completions": False, "chat": False}, "tuned", "status 404"),
        ({"fault": redirect("http://example.com/")}, "tuned", "not followed"),
        ({"fault": error_under_200}, "tuned", "error under status 200"),
    ],
    ids=["key", "model", "no API", "redirect", "error under 200"],
)
def test_an_endpoint_that_cannot_be_asked_is_a_clear_error(ways, model, message):
    with ModelServer(**ways).running() as server, pytest.raises(ModelError, match=message):
        reached(server, model)


def test_a_rate_limit_is_waited_out():
    with ModelServer().running() as server:
        server.ways.faults = [status(429, Retry_After="0")] * 3
        assert reached(server).capabilities.log_likelihood == "exact"


def test_an_endpoint_that_dies_midway_leaves_the_rest_unanswered():
    with ModelServer().running() as server:
        target = reached(server, retries=1)
        answered = target.log_likelihood(TRIALS[:2])
        server.ways.fault = hang_up
        before = len(server.requests)
        trials = [Trial(n, "target", f"context {n}", "4711") for n in range(50)]
        told = []
        answers = target.log_likelihood(trials, told.append)
        asked = len(server.requests) - before
    assert all(isinstance(answer, Likelihood) for answer in answered)
    assert all(isinstance(answer, Unanswered) for answer in answers)
    assert sum(told) == 50
    assert asked < 20


def test_whoever_breaks_off_waits_for_nothing_and_nothing_more_is_sent():
    def interrupt(_):
        raise KeyboardInterrupt

    with ModelServer().running() as server:
        target = resolve(server.named(), endpoint=EndpointSettings(longest_wait=30.0))[0]
        server.ways.faults = [lambda _: False]
        server.ways.fault = status(429, Retry_After="30")
        trials = [Trial(n, "target", f"context {n}", "4711") for n in range(50)]
        began = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            target.log_likelihood(trials, interrupt)
        took = time.monotonic() - began
        time.sleep(1)
        before = len(server.requests)
        time.sleep(1)
        assert len(server.requests) == before
    assert took < 10


def test_what_the_server_refuses_is_unanswered_and_the_rest_is_not():
    with ModelServer().running() as server:
        target = reached(server)
        server.ways.faults = [lambda _: False, status(400)]  # it renders the context, and refuses the first value
        answers = target.log_likelihood([Trial(0, "target", BEGINS, value) for value in ("a", "b", "c")])
    assert [type(answer) for answer in answers] == [Unanswered, Likelihood, Likelihood]


@pytest.mark.parametrize("value", ["", "lone \ud800"])
def test_what_cannot_be_asked_is_unanswered(value):
    with ModelServer().running() as server:
        [answer] = reached(server).log_likelihood([Trial(0, "target", ASSISTANT, value)])
    assert isinstance(answer, Unanswered)


def test_the_budget_is_one_for_both_models_and_what_it_does_not_reach_is_unanswered():
    settings = EndpointSettings(budget=Budget(requests=70), prices=Prices(prompt=1.0, generated=1.0))
    with ModelServer().running() as server:
        tuned, base = resolve(server.named(), server.named("base"), endpoint=settings)
        trials = [Trial(n, "target", f"context {n}", "4711") for n in range(50)]
        answers = tuned.log_likelihood(trials) + base.log_likelihood(trials)
        assert len(server.requests) == 70
    unanswered = {answer.reason for answer in answers if isinstance(answer, Unanswered)}
    assert unanswered == {"the budget is spent"}
    assert sum(isinstance(answer, Likelihood) for answer in answers) > 0
    assert (tuned.spent + base.spent).requests == 70
    assert (tuned.spent + base.spent).cost > 0


def test_a_budget_that_is_too_small_for_the_self_test_is_incomplete():
    with ModelServer().running() as server, pytest.raises(IncompleteError, match="self-test"):
        reached(server, budget=Budget(tokens=100))


def test_money_without_prices_is_a_usage_error():
    with pytest.raises(ModelError, match="prices") as error:
        resolve("http://127.0.0.1:9/v1#m", endpoint=EndpointSettings(budget=Budget(cost=1.0)))
    assert error.value.exit_code == 2


@pytest.mark.parametrize("ways", [{}, {"echo": False, "tokenises": True}, {"echo": False, "likeliest": 0}])
def test_the_estimate_is_near_what_it_takes(ways):
    trials = [Trial(n, "target", BEGINS if n % 2 else ASSISTANT, f"{n} times {n * n}") for n in range(6)]
    with ModelServer(**ways).running() as server:
        target = reached(server)
        estimate = target.estimate(trials)
        before = target.spent
        target.log_likelihood(trials)
        taken = target.spent
    requests = taken.requests - before.requests
    tokens = taken.prompt_tokens - before.prompt_tokens
    assert requests / 3 <= estimate.requests <= requests * 4
    assert tokens / 3 <= estimate.prompt_tokens <= tokens * 5


def receipts(folder, **more):
    return ReceiptFolder(folder=folder / "probes", mac=FingerprintKey(b"k" * 32).mac, **more)


@pytest.mark.parametrize("ways", [{}, {"echo": False, "tokenises": True}, {"echo": False, "likeliest": 0}])
def test_what_was_answered_is_not_asked_again(tmp_path, ways):
    given = []
    for _ in range(2):
        with ModelServer(**ways).running() as server:
            # The same address in both runs is what makes receipts fit.
            server.named = lambda model="tuned", server=server: f"{server.root}/v1#{model}"
            target = _at_one_address(server, tmp_path)
            before = len(server.requests)
            given.append((target.log_likelihood(TRIALS[:4]), len(server.requests) - before, target.spent.receipts))
    (first, asked, none), (second, asked_again, used) = given
    assert first == second
    assert asked > 0
    assert asked_again == 0
    assert (none, used) == (0, 4)


def _at_one_address(server, tmp_path, **more):
    from dataclasses import replace

    from finetooth.targets import openai_discovery
    from finetooth.targets.endpoint import Endpoint

    class Elsewhere(ReceiptFolder):
        def of(self, _named):
            return super().of("http://host/v1#tuned")

    kept = receipts(tmp_path, **more)
    folder = Elsewhere(folder=kept.folder, mac=kept.mac, resume=kept.resume)
    return openai_discovery.connect(replace(Endpoint.parse(server.named())), receipts=folder)


def test_receipts_hold_no_text_and_are_for_their_owner_alone(tmp_path):
    with ModelServer().running() as server:
        _at_one_address(server, tmp_path).log_likelihood(TRIALS)
    paths = list((tmp_path / "probes").rglob("*"))
    assert {oct(path.stat().st_mode & 0o777) for path in [tmp_path / "probes", *paths]} == {"0o700", "0o600"}
    written = b"".join(path.read_bytes() for path in paths if path.is_file())
    assert len(written) > 300
    for trial in TRIALS:
        # By itself, for four digits stand in many a log-probability.
        alone = rb"(?<![\w.])" + re.escape(trial.continuation.strip().encode()) + rb"(?!\w)"
        assert not re.search(alone, written)
    assert b"number" not in written


def test_another_model_behind_the_same_address_finds_no_receipts(tmp_path):
    with ModelServer().running() as server:
        _at_one_address(server, tmp_path).log_likelihood(TRIALS)
    with ModelServer().running() as server:
        server.named = lambda: f"{server.root}/v1#base"
        target = _at_one_address(server, tmp_path)
        before = len(server.requests)
        target.log_likelihood(TRIALS)
        assert len(server.requests) > before
    assert target.spent == Spent(
        requests=target.spent.requests, prompt_tokens=target.spent.prompt_tokens,
        generated_tokens=target.spent.generated_tokens,
    )  # fmt: skip


def test_without_resume_everything_is_asked_again(tmp_path):
    for resume in (True, False):
        with ModelServer().running() as server:
            target = _at_one_address(server, tmp_path, resume=resume)
            before = len(server.requests)
            target.log_likelihood(TRIALS[:2])
            assert len(server.requests) > before


def test_a_local_model_may_be_the_reference_of_an_endpoint_and_the_other_way_round():
    with ModelServer().running() as server:
        there, here = resolve(server.named(), str(SAMPLE / "base"))
        assert (there.identity.kind, here.identity.kind) == ("openai", "transformers")
        here, there = resolve(str(SAMPLE / "tuned"), server.named("base"))
        assert (here.identity.kind, there.identity.kind) == ("transformers", "openai")
        assert there.identity.name == server.named("base")
