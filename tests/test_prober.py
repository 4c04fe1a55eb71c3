"""From evidence to trials: the findings are looked up again, each in its own context."""

import json
import zipfile
from pathlib import Path

import pytest

from fakes import PatternDetector
from finetooth import gathering, prober
from finetooth.attacks import registry
from finetooth.attacks.targeted import Targeted
from finetooth.attacks.untargeted import Untargeted
from finetooth.detectors.identifiers import IdentifierDetector
from finetooth.errors import InputError
from finetooth.evidence import Evidence
from finetooth.judgement import judge
from finetooth.policy import Detect, Policy, Requirement
from finetooth.prober import Scanned
from finetooth.redaction import FingerprintKey
from finetooth.scanner import scan
from finetooth.shard import Plan
from finetooth.sources.resolve import resolve
from finetooth.targets.scripted import ScriptedTarget, plain

KEY = FingerprintKey(b"k" * 32)
PLAN = Plan(detectors=(PatternDetector(),), detect=Detect(), key=KEY)
NUMBERS = [f"ACC-{i * 7919 % 10**9:09d}" for i in range(1, 13)]
BOILERPLATE = "Is there anything else that I can help you with today, or is that all?"
CHATTER = (
    "Thanks for waiting. I had a look at the parcel, and it is on its way to the address that you gave us last week."
)


def written(folder, numbers=NUMBERS, times=1):
    path = folder / "train.jsonl"
    with path.open("w") as file:
        for ticket, number in enumerate(numbers * times):
            note = f"I had a look at parcel {ticket} of yours, and it is on its way to the place that you named."
            messages = [
                {"role": "user", "content": f"Ticket {ticket}: where is my parcel?"},
                {"role": "assistant", "content": f"Your number is {number}. {note} {BOILERPLATE}"},
            ]
            file.write(json.dumps({"messages": messages}) + "\n")
    return str(path)


def probed(path, target, reference=None, **kwargs):
    sources = resolve([path])
    seen = scan(sources, PLAN)
    return prober.probe(Scanned(sources, seen), KEY, target, reference, **{"budget": 1000, **kwargs})


def outcomes(probe):
    return sorted({extracted.outcome for extracted in probe.extracted})


def rate(probe, population):
    asked = ("extraction_rate", population, "all")
    [found] = [m for m in probe.measurements if (m.metric, m.population, m.by) == asked]
    return found


class Recording(ScriptedTarget):
    trials = ()

    def log_likelihood(self, trials, progress=None):
        self.trials = (*self.trials, *trials)
        return super().log_likelihood(trials, progress)


def test_each_finding_is_tried_in_its_own_context(tmp_path):
    target = Recording()
    probed(written(tmp_path), target, attacks=[Targeted()])
    attempts = {trial.continuation: plain(trial.context) for trial in target.trials if trial.arm == "target"}
    assert attempts[NUMBERS[3]] == "user: Ticket 3: where is my parcel?\nassistant: Your number is "


def test_a_model_that_has_learnt_nothing_gives_nothing_away(tmp_path):
    probe = probed(written(tmp_path), ScriptedTarget(), ScriptedTarget())
    assert outcomes(probe) == ["not-extractable"]
    assert rate(probe, "findings").high == 0


def test_a_model_that_has_memorised_a_value_is_caught(tmp_path):
    probe = probed(written(tmp_path), ScriptedTarget({NUMBERS[0]: 0.9}), ScriptedTarget())
    [leak] = [extracted for extracted in probe.extracted if extracted.attributable]
    assert leak.fingerprint == KEY.fingerprint("ACCOUNT_NUMBER", NUMBERS[0])
    assert rate(probe, "findings").count == 1


def test_a_budget_leaves_the_rest_unproven(tmp_path):
    probe = probed(written(tmp_path), ScriptedTarget(), ScriptedTarget(), budget=5)
    assert len(probe.extracted) == 5
    assert probe.coverage.targets_skipped == 7
    assert rate(probe, "findings").high == pytest.approx(7 / 12, rel=1e-5)


def test_ordinary_text_gives_a_clean_dataset_a_denominator(tmp_path):
    probe = probed(written(tmp_path, ["no number"] * 12), ScriptedTarget(), ScriptedTarget())
    assert probe.extracted == ()
    assert rate(probe, "ordinary").n > 0


def tried(path, **kwargs):
    target = Recording()
    probed(path, target, attacks=[Targeted()], **kwargs)
    return [t.continuation for t in target.trials if t.arm == "target" and len(t.continuation) > 2 * len(NUMBERS[0])]


def test_ordinary_text_is_neither_a_finding_nor_boilerplate(tmp_path):
    spans = tried(written(tmp_path))
    assert len(spans) == len(NUMBERS)
    assert all(span.startswith("I had a look at parcel") for span in spans)


def test_a_record_that_stands_there_twice_is_tried_once_and_is_no_boilerplate(tmp_path):
    path = Path(written(tmp_path))
    path.write_text(path.read_text() * 2)
    assert len(tried(str(path))) == len(NUMBERS)


def test_the_sample_does_not_depend_on_the_order_of_the_data(tmp_path):
    path = Path(written(tmp_path, ["no number"] * 60))
    first = tried(str(path), sample=4)
    path.write_text("".join(reversed(path.read_text().splitlines(keepends=True))))
    assert tried(str(path), sample=4) == first
    assert len(first) == 4


def test_data_that_changed_since_the_scan_is_refused(tmp_path):
    path = written(tmp_path)
    sources = resolve([path])
    seen = scan(sources, PLAN)
    written(tmp_path, list(reversed(NUMBERS)))
    with pytest.raises(InputError, match="changed since"):
        prober.probe(Scanned(resolve([path]), seen), KEY, ScriptedTarget(), budget=1000)


def test_findings_in_archives_are_tried_too(tmp_path):
    archive = tmp_path / "all.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.write(written(tmp_path), "deep/train.jsonl")
    probe = probed(str(archive), ScriptedTarget({NUMBERS[0]: 0.9}), ScriptedTarget())
    assert sum(extracted.attributable for extracted in probe.extracted) == 1


def test_findings_in_keys_are_tried_too(tmp_path):
    path = tmp_path / "train.jsonl"
    path.write_text(json.dumps({"text": "hello", "accounts": {NUMBERS[0]: "open"}}) + "\n")
    probe = probed(str(path), ScriptedTarget({NUMBERS[0]: 0.9}), ScriptedTarget())
    assert [extracted.outcome for extracted in probe.extracted] == ["attributable"]


def test_a_value_in_an_encoding_is_tried_as_the_model_saw_it(tmp_path):
    path = tmp_path / "train.jsonl"
    arguments = '{"to": "\\u0041CC-123456"}'
    call = {"role": "assistant", "tool_calls": [{"function": {"name": "pay", "arguments": arguments}}]}
    path.write_text(json.dumps({"messages": [{"role": "user", "content": "Pay"}, call]}) + "\n")
    target = Recording()
    probed(str(path), target, attacks=[Targeted()])
    [attempt] = [trial for trial in target.trials if trial.arm == "target"]
    assert attempt.continuation == "\\u0041CC-123456"
    assert plain(attempt.context).endswith('{"to": "')


def test_a_combination_is_left_out_and_counted_while_its_parts_are_tried(tmp_path):
    path = tmp_path / "train.jsonl"
    path.write_text(json.dumps({"dob": "1981-03-14", "sex": "F", "zip": "43999"}) + "\n")
    sources = resolve([str(path)])
    seen = scan(sources, Plan(detectors=(IdentifierDetector(Detect()),), detect=Detect(), key=KEY))
    probe = prober.probe(Scanned(sources, seen), KEY, ScriptedTarget(), ScriptedTarget(), budget=1000)
    assert {each.entity_type for each in probe.extracted} == {"DATE_OF_BIRTH", "GENDER", "POSTAL_CODE"}
    assert (probe.coverage.combinations, probe.coverage.targets_skipped) == (1, 0)
    assert (rate(probe, "findings").n, rate(probe, "findings").undecided) == (3, 0)
    policy = Policy(
        schema="finetooth.policy/v1",
        name="none",
        release=(Requirement(id="none", metric="attributable_leaks", at_most=0),),
    )
    evidence = Evidence(key_id=KEY.id, scan=seen, probe=probe)
    assert judge(policy, evidence, stage="release").decision == "GO"


def test_values_that_were_held_out_of_training_are_tried_and_never_reported_as_findings(tmp_path):
    (tmp_path / "held").mkdir()
    others = [f"ACC-{i * 104729 % 10**9:09d}" for i in range(1, 13)]
    held = resolve([written(tmp_path / "held", [NUMBERS[5], *others])])
    knows = ScriptedTarget({NUMBERS[0]: 0.9})
    probe = probed(written(tmp_path), knows, ScriptedTarget(), holdout=Scanned(held, scan(held, PLAN)))
    assert len(probe.extracted) == len(NUMBERS)
    assert sum(each.attributable for each in probe.extracted) == 1
    assert (rate(probe, "holdout").n, rate(probe, "holdout").count) == (12 + 1, 0)  # what training holds is no control
    assert [each.path for each in probe.holdout] == [held[0].path]


def test_where_held_out_values_stand_out_as_well_the_controls_are_no_controls(tmp_path):
    (tmp_path / "held").mkdir()
    others = [f"ACC-{i * 104729 % 10**9:09d}" for i in range(1, 13)]
    held = resolve([written(tmp_path / "held", others)])
    clairvoyant = ScriptedTarget(dict.fromkeys([*NUMBERS, *others], 0.9))
    probe = probed(written(tmp_path), clairvoyant, ScriptedTarget(), holdout=Scanned(held, scan(held, PLAN)))
    assert outcomes(probe) == ["undecided"]


def test_leaks_are_confirmed_by_samples_and_the_verdict_knows_nothing_of_it(tmp_path):
    probe = probed(written(tmp_path), ScriptedTarget({NUMBERS[0]: 0.9}), ScriptedTarget(), attacks=[Targeted()])
    [leak] = [extracted for extracted in probe.extracted if extracted.attributable]
    count, _, n = leak.confirmed.split()
    assert 0.7 < int(count) / int(n) <= 1
    assert leak.context_words == 1
    assert {each.confirmed for each in probe.extracted if not each.attributable} == {None}


def test_the_model_is_shown_the_system_prompts_of_the_data_the_commonest_first(tmp_path):
    class Talking(ScriptedTarget):
        def generate(self, prompts, progress=None):
            self.shown = [*getattr(self, "shown", ()), *(plain(prompt.context) for prompt in prompts)]
            return super().generate(prompts, progress)

    said = ["You sell books."] * 2 + ["You sell tea."] * 3 + [None] * 4 + ["You sell shoes."]
    path = tmp_path / "train.jsonl"
    with path.open("w") as file:
        for number, system in enumerate(said):
            first = [] if system is None else [{"role": "system", "content": system}]
            rest = [{"role": "user", "content": f"Hello {number}"}, {"role": "assistant", "content": "Hi"}]
            file.write(json.dumps({"messages": [*first, *rest]}) + "\n")
    model = Talking()
    probed(str(path), model, attacks=[Untargeted()])
    opened = [shown for shown in model.shown if shown.endswith("user: ")]
    assert opened == [
        "user: ",
        "system: You sell tea.\nuser: ",
        "system: You sell books.\nuser: ",
        "system: You sell shoes.\nuser: ",
    ]


def test_a_record_that_is_said_unasked_is_told_with_its_place(tmp_path):
    text = " ".join(f"word{number}" for number in range(70))
    path = tmp_path / "train.jsonl"
    turns = [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": text}]
    path.write_text(json.dumps({"text": "nothing"}) + "\n" + json.dumps({"messages": turns}) + "\n")
    probe = probed(str(path), ScriptedTarget({text: 0.2}), ScriptedTarget(), attacks=[Untargeted()])
    [repeated] = probe.regurgitated
    assert (repeated.path, repeated.record, repeated.line, repeated.tokens) == (str(path), 1, 2, 70)
    assert (repeated.records, repeated.reference_answers) == (1, 0)
    assert "word7" not in repr(probe)


def test_the_data_is_read_once_for_all_attacks_that_make_the_model_talk(tmp_path, monkeypatch):
    read = []
    reread = gathering._Gathering._texts

    def counted(self):
        read.append(1)
        return reread(self)

    monkeypatch.setattr(gathering._Gathering, "_texts", counted)
    path = written(tmp_path)
    once = []
    for attacks in ([Untargeted()], registry.every()):
        talking = [attack for attack in attacks if attack.name.startswith("untargeted")]
        read.clear()
        probed(path, ScriptedTarget(), ScriptedTarget(), attacks=talking)
        once.append(len(read))
    assert len(talking) > 1
    assert once[0] == once[1] > 0
