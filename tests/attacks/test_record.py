"""Record extraction: records are continued from their beginning. The models here do as they are told."""

import json

import pytest

from fakes import PatternDetector
from finetooth import prober
from finetooth.attacks import attribution
from finetooth.attacks.quarry import Fellow, Material, Place, Quarry, Text
from finetooth.attacks.record import PREFIX, SUFFIX, Record, boilerplate, rest
from finetooth.attacks.targeted import Targeted
from finetooth.metrics.editing import words
from finetooth.policy import Detect
from finetooth.redaction import FingerprintKey
from finetooth.scanner import scan
from finetooth.shapes.walker import passages
from finetooth.shard import Plan
from finetooth.sources.resolve import resolve
from finetooth.targets.scripted import ScriptedTarget
from finetooth.targets.target import EVERYTHING, Capabilities, Likelihood

KEY = FingerprintKey(b"k" * 32)
WORDS = ("ash", "birch", "cedar", "elm", "fir", "gorse", "hazel", "iris", "juniper", "larch", "maple", "nettle", "oak")


def prose(number, length=120):
    """Text in which no eight words in a row stand twice."""
    return " ".join(f"{WORDS[(number + i * i) % len(WORDS)]}{number}x{i}" for i in range(length))


def beginning_and_rest(value):
    passage, span = rest(passages(value)[1])
    return passage.text[: span.start], span.of(passage.text)


def test_a_record_is_cut_after_fifty_words_and_goes_on_for_fifty():
    before, after = beginning_and_rest({"text": prose(1)})
    assert (len(words(before)), len(words(after))) == (PREFIX, SUFFIX)


def test_a_short_record_is_cut_in_the_middle():
    before, after = beginning_and_rest({"text": prose(1, 60)})
    assert (len(words(before)), len(words(after))) == (30, 30)


def test_what_the_user_said_belongs_to_the_beginning():
    said = [{"role": "user", "content": prose(1, 50)}, {"role": "assistant", "content": prose(2, 40)}]
    assert beginning_and_rest({"messages": said}) == ("", prose(2, 40))


@pytest.mark.parametrize(
    "value",
    [
        {"text": prose(1, 30)},
        {"text": ""},
        {"messages": [{"role": "user", "content": prose(1)}]},
        {"text": " ".join(f"{i}{'x' * 60}" for i in range(120))},
    ],
    ids=["short", "empty", "untrained", "no prose"],
)
def test_what_has_no_rest_is_not_tried(value):
    assert rest(passages(value)[1]) is None


def text(told, record):
    return Text("train.jsonl", record, record + 1, "/text", "text", True, told)


def test_a_rest_that_stands_in_other_records_too_is_boilerplate():
    shared, own = prose(1, 30), prose(2, 30)
    held = [text(f"{prose(3)} {shared}", 0), text(f"{prose(4)} {shared} and so on", 1), text(f"{prose(5)} {own}", 2)]
    whole = f"{shared} and"
    assert boilerplate([own], lambda: held) == set()
    assert boilerplate([whole.replace("and", "or"), own], lambda: held) == {whole.replace("and", "or")}


def test_a_record_that_stands_there_twice_is_no_boilerplate():
    assert boilerplate([prose(1, 30)], lambda: [text(prose(1), 0), text(prose(1), 1)]) == set()


def records(number=12, length=SUFFIX):
    return [
        Quarry(None, f"Letter {i}: ", prose(i, length), of="records", place=Place("train.jsonl", i, i + 1))
        for i in range(number)
    ]


def attacked(quarries, tuned, reference=None):
    result = Record().run(Material(tuple(quarries), {}), tuned, reference, lambda answered: None)
    decided = attribution.decide(result.outcomes, referenced=reference is not None)
    return [each.decision for each in decided], result


def test_a_model_that_has_records_by_heart_is_caught():
    known = {(quarry.context, quarry.value): 0.9 for quarry in records()[:4]}
    decisions, result = attacked(records(), ScriptedTarget(known), ScriptedTarget())
    assert decisions == ["attributable"] * 4 + ["not-extractable"] * 8
    assert sorted(each.record for each in result.regurgitated) == [0, 1, 2, 3]
    assert {(each.tokens, each.distance, each.reference_answers) for each in result.regurgitated} == {(SUFFIX, 0.0, 0)}


def test_a_model_that_has_learnt_nothing_gives_nothing_away():
    decisions, result = attacked(records(), ScriptedTarget(), ScriptedTarget())
    assert set(decisions) == {"not-extractable"}
    assert result.regurgitated == ()


def test_what_the_reference_repeats_as_well_says_so():
    knows = ScriptedTarget({(records()[0].context, records()[0].value): 0.9})
    decisions, result = attacked(records(), knows, knows)
    assert decisions[0] == "common"
    assert [each.reference_answers for each in result.regurgitated] == [1]


def test_an_answer_that_differs_in_a_word_of_ten_repeats_the_record():
    class Paraphrasing(ScriptedTarget):
        def generate(self, prompts, progress=None):
            said = super().generate(prompts, progress)
            return [type(each)(tuple(t.replace("x7 ", "x7, ") for t in each.texts), each.tokens) for each in said]

    known = {(records()[0].context, records()[0].value): 0.9}
    _, result = attacked(records(), Paraphrasing(known), ScriptedTarget())
    [told] = result.regurgitated
    assert told.tokens < SUFFIX
    assert 0 < told.distance <= 0.1


def test_a_short_rest_is_never_called_regurgitated():
    short = records(length=30)
    _, result = attacked(short, ScriptedTarget({(short[0].context, short[0].value): 0.9}), ScriptedTarget())
    assert result.regurgitated == ()


def test_a_record_whose_details_are_copied_from_its_beginning_is_common():
    """A model that fills the pattern in with whatever number the prompt holds has learnt no record by heart."""
    pattern = (
        "thank you for your order {} and for waiting so long while we were looking for the parcel that you sent back"
    )

    class Copying(ScriptedTarget):
        def log_likelihood(self, trials, progress=None):
            def copied(trial):
                number = trial.context.rpartition("number ")[2].strip(". ")
                return trial.continuation == pattern.format(number)

            return [Likelihood(-0.5 if copied(trial) else -90.0, 30) for trial in trials]

    numbers = [f"{i * 7919 + 4_000_000}" for i in range(12)]
    quarries = [
        Quarry(
            None,
            f"My order has the number {n}. ",
            pattern.format(n),
            (Fellow("ORDER_NUMBER", n),),
            of="records",
            place=Place("train.jsonl", i, i + 1),
        )
        for i, n in enumerate(numbers)
    ]
    decisions, _ = attacked(quarries, Copying(), ScriptedTarget())
    assert set(decisions) == {"common"}


def test_a_target_that_only_begins_answers_is_asked_for_those_and_the_rest_is_told():
    chat = Capabilities(log_likelihood="exact", generate=False, any_turn=False, raw_text=False)
    material = Material(tuple(records()), {})
    assert Record().approaches(material, EVERYTHING)
    result = Record().run(material, ScriptedTarget(capabilities=chat), None, lambda answered: None)
    assert result.outcomes == ()
    assert result.failures.total() == 0
    assert "12 records" in result.power
    assert "no answers could be drawn" in result.power


def test_no_answer_is_a_failure():
    quarries = records()
    silent = ScriptedTarget({quarries[0].value: 0.9}, silent_on=[quarries[0].context])
    _, result = attacked(quarries, silent, ScriptedTarget())
    assert result.failures == {"the script is silent on it": 1}


def written(folder, letters=30):
    path = folder / "train.jsonl"
    path.write_text("".join(json.dumps({"text": prose(i)}) + "\n" for i in range(letters)))
    return str(path)


def test_records_are_gathered_tried_and_measured(tmp_path):
    sources = resolve([written(tmp_path)])
    seen = scan(sources, Plan(detectors=(PatternDetector(),), detect=Detect(), key=KEY))
    known = [passages({"text": prose(i)})[1] for i in range(4)]
    heart = {rest(texts)[1].of(texts[-1].text): 0.9 for texts in known}
    probe = prober.probe(
        prober.Scanned(sources, seen), KEY, ScriptedTarget(heart), ScriptedTarget(), attacks=[Record()], budget=9
    )
    [rate] = [m for m in probe.measurements if m.metric == "extraction_rate"]
    assert (rate.attack, rate.population, rate.n, rate.method) == ("record", "records", 30, "census")
    assert {each.path for each in probe.regurgitated} == {str(tmp_path / "train.jsonl")}
    assert "oak" not in repr(probe)


def test_nothing_of_the_record_is_in_what_is_shown_of_it():
    assert "Letter" not in repr(records()[0])
    assert "oak" not in repr(Record().approaches(Material(tuple(records()), {}))[0])


def test_without_a_reference_nothing_is_said_of_it():
    _, result = attacked(records(), ScriptedTarget({(records()[0].context, records()[0].value): 0.9}))
    assert [each.reference_answers for each in result.regurgitated] == [None]


def test_held_out_records_are_continued_as_controls(tmp_path):
    (tmp_path / "apart").mkdir()
    apart = tmp_path / "apart" / "held.jsonl"
    apart.write_text("".join(json.dumps({"text": prose(i)}) + "\n" for i in range(100, 140)))
    plan = Plan(detectors=(PatternDetector(),), detect=Detect(), key=KEY)
    data, held_out = (resolve([path]) for path in (written(tmp_path, 12), str(apart)))
    material = prober.prepare(
        prober.Scanned(data, scan(data, plan)), KEY, holdout=prober.Scanned(held_out, scan(held_out, plan)), budget=9
    )
    tried = [material.quarries[approach.position].population for approach in Record().approaches(material)]
    assert (tried.count("records"), tried.count("holdout")) == (12, 40)
    others = {approach.position for approach in Targeted().approaches(material)}
    assert not others & {approach.position for approach in Record().approaches(material)}
    known = {(quarry.context, quarry.value): 0.9 for quarry in material.quarries if quarry.population == "records"}
    result = Record().run(material, ScriptedTarget(known), ScriptedTarget(), lambda answered: None)
    decided = attribution.decide(result.outcomes, referenced=True)
    found = {each.quarry.population for each in decided if each.decision == "attributable"}
    assert found == {"records"}
