"""Attribution: what the tuned model does and the controls do not. The models here do as they are told."""

from dataclasses import replace
from itertools import pairwise
from math import log

import pytest

from evidences import finding
from finetooth.attacks import attribution, measuring
from finetooth.attacks.quarry import Material, Quarry
from finetooth.attacks.targeted import Targeted
from finetooth.targets.scripted import ScriptedTarget
from finetooth.targets.target import Likelihood

SECRET = "sk_9f8e7d6c5b4a39281706f5e4d3c2b1a0"


def quarry(value=SECRET, entity="API_KEY", fingerprint="a" * 32, context="The key is "):
    return Quarry(finding=finding(entity, fingerprint), context=context, value=value)


def decide(quarries, tuned, reference=None):
    decided, result = attack(quarries, tuned, reference)
    return [each.decision for each in decided], decided, result


def attack(quarries, tuned, reference=None):
    material = Material(tuple(quarries), {})
    result = Targeted().run(material, tuned, reference, lambda answered: None)
    return attribution.decide(result.outcomes, referenced=reference is not None), result


def test_no_quarry_no_trial():
    decisions, _, result = decide([], ScriptedTarget())
    assert decisions == []
    assert result.trials == 0


def test_a_value_that_the_model_does_not_emit_is_not_extractable():
    assert decide([quarry()], ScriptedTarget(), ScriptedTarget())[0] == ["not-extractable"]


def test_a_value_that_the_tuned_model_alone_emits_is_attributable():
    assert decide([quarry()], ScriptedTarget({SECRET: 0.9}), ScriptedTarget())[0] == ["attributable"]


def test_a_value_that_the_reference_emits_too_is_common():
    knows = ScriptedTarget({SECRET: 0.9})
    assert decide([quarry()], knows, knows)[0] == ["common"]


def test_a_single_leaked_credential_is_found_among_many_that_did_not_leak():
    many = [quarry(f"{SECRET[:-4]}{i:04d}", fingerprint=f"{i:032x}", context=f"Ticket {i}: ") for i in range(300)]
    decisions, _, _ = decide(many, ScriptedTarget({many[7].value: 0.01}), ScriptedTarget())
    assert [i for i, decision in enumerate(decisions) if decision == "attributable"] == [7]


def test_a_single_leaked_password_is_found_among_many_that_did_not_leak():
    many = [quarry(f"Tr{i:03d}ub4dor&{i % 7}", "PASSWORD", f"{i:032x}", f"Ticket {i}: ") for i in range(40)]
    decisions, _, _ = decide(many, ScriptedTarget({many[7].value: 0.01}), ScriptedTarget())
    assert [i for i, decision in enumerate(decisions) if decision == "attributable"] == [7]


def test_a_derivable_value_is_not_attributable():
    """A model that derives an e-mail from the name emits it for people who were never in the data, too."""

    class Deriving(ScriptedTarget):
        def log_likelihood(self, trials, progress=None):
            def derived(trial):
                first, last = trial.context.split("I'm ")[1].split(".")[0].lower().split()
                return trial.arm != "mismatched" and trial.continuation == f"{first}.{last}@corp.example"

            return [Likelihood(log(0.5) if derived(trial) else -60.0, 10) for trial in trials]

    names = ["Ada Lovelace", "Grace Hopper", "Alan Turing", "Edsger Dijkstra", "Barbara Liskov", "Donald Knuth"]
    people = [
        quarry(
            f"{name.lower().replace(' ', '.')}@corp.example",
            "EMAIL_ADDRESS",
            f"{i:032x}",
            f"I'm {name}. My address is ",
        )
        for i, name in enumerate(names)
    ]
    assert decide(people, Deriving(), ScriptedTarget())[0] == ["common"] * len(people)


def test_without_a_reference_what_is_said_to_everyone_is_undecided():
    everywhere = ScriptedTarget({SECRET: 0.9})
    others = [quarry(f"zz_{i}f8e7d6c5b4a39281706f5e4d3c2b1a0", context=f"Other {i}: ") for i in range(4)]
    assert decide([quarry(), *others], everywhere)[0][0] == "undecided"


def test_without_a_reference_what_people_choose_is_undecided_and_what_was_issued_is_attributable():
    name = quarry("Ada Lovelace", "PERSON", "b" * 32, "My name is ")
    knows = {("The key is ", SECRET): 0.9, ("My name is ", "Ada Lovelace"): 0.9}
    assert decide([quarry(), name], ScriptedTarget(knows))[0] == ["attributable", "undecided"]


def test_a_value_without_an_answer_is_undecided_and_counted():
    decisions, _, result = decide([quarry()], ScriptedTarget(silent_on=[SECRET]), ScriptedTarget())
    assert decisions == ["undecided"]
    assert result.failures == {"the script is silent on it": 1}


def test_a_reference_that_does_not_answer_attributes_nothing():
    decisions, _, result = decide([quarry()], ScriptedTarget({SECRET: 0.9}), ScriptedTarget(silent_on=[SECRET]))
    assert decisions == ["undecided"]
    assert result.failures.total() == 1


def test_ordinary_text_needs_a_reference_to_be_attributed():
    spans = [Quarry(finding=None, context=f"Question {i}? ", value=f"Answer {i} is like no other") for i in range(12)]
    memorised = {(spans[0].context, spans[0].value): 0.9}
    assert decide(spans, ScriptedTarget(memorised))[0][0] == "undecided"


def test_boilerplate_is_common():
    spans = [Quarry(finding=None, context=f"Question {i}? ", value=f"Answer {i}: anything else?") for i in range(12)]
    everywhere = ScriptedTarget({spans[0].value: 0.9})
    assert decide(spans, everywhere, ScriptedTarget())[0][0] == "common"


@pytest.mark.parametrize(("size", "method"), [(3, "census"), (1000, "clopper-pearson")])
def test_ordinary_text_is_a_census_where_all_of_it_was_tried(size, method):
    spans = [Quarry(finding=None, context=f"Question {i}? ", value=f"Answer {i}") for i in range(3)]
    _, decided, _ = decide(spans, ScriptedTarget(), ScriptedTarget())
    rate = measuring.measure("targeted", decided, "ordinary", size=size)[0]
    assert (rate.method, rate.n, rate.count) == (method, 3, 0)


def test_untried_findings_widen_the_interval():
    _, decided, _ = decide([quarry()], ScriptedTarget(), ScriptedTarget())
    rate = measuring.measure("targeted", decided, "findings", size=4)[0]
    assert (rate.count, rate.undecided, rate.n, rate.low, rate.high) == (0, 3, 4, 0.0, 0.75)


def test_a_population_of_nothing_has_no_rate():
    assert measuring.measure("targeted", [], "findings", size=0) == []


def test_a_lookalike_that_is_emitted_far_less_readily_does_not_clear_a_name():
    name, others = "Ada Lovelace", ["Grace Hopper", "Alan Turing", "Edsger Dijkstra", "Barbara Liskov"]
    people = [quarry(each, "PERSON", f"{i:032x}", f"Ticket {i}, from ") for i, each in enumerate([name, *others])]
    leaked = {("Ticket 0", name): 0.9, **{("Ticket 0", f"{a} {b}"): 0.001 for a in FIRST for b in FIRST}}
    assert decide(people, ScriptedTarget(leaked), ScriptedTarget())[0][0] == "undecided"


FIRST = ["Grace", "Hopper", "Alan", "Turing", "Edsger", "Dijkstra", "Barbara", "Liskov"]


def test_what_is_reported_holds_no_raw_value():
    _, [decided], _ = decide([quarry()], ScriptedTarget({SECRET: 0.9}), ScriptedTarget())
    told = measuring.extracted(decided)
    assert told is not None
    assert told.probability == 0.9
    assert told.expected_tries == 2
    assert SECRET not in repr(told)
    assert SECRET not in repr(decided)


PHRASE = "we looked into it and the parcel is on its way to you, as the colleague of yesterday said it would be, "


def spans(count, length, of=None):
    return [
        Quarry(finding=None, context=f"Question {of}{i}? ", value=f"Answer {of}{i}: {PHRASE * 3}"[:length], of=of)
        for i in range(count)
    ]


def test_a_short_phrase_is_never_attributed_without_held_out_text():
    phrases = spans(30, 60)
    knows = ScriptedTarget({phrase.value: 0.9 for phrase in phrases[:5]})
    knows_in_place = ScriptedTarget({(phrase.context, phrase.value): 0.9 for phrase in phrases[:5]})
    assert set(decide(phrases, knows, ScriptedTarget())[0]) == {"common", "not-extractable"}
    assert set(decide(phrases, knows_in_place, ScriptedTarget())[0]) == {"undecided", "not-extractable"}


def test_a_long_text_is_attributed_against_other_texts():
    texts = spans(30, 250)
    knows = ScriptedTarget({(text.context, text.value): 0.9 for text in texts[:5]})
    assert decide(texts, knows, ScriptedTarget())[0].count("attributable") == 5


@pytest.mark.parametrize(("said", "expected"), [(0, "attributable"), (30, "undecided")])
def test_a_phrase_is_attributed_against_phrases_that_were_held_out(said, expected):
    phrases, held_out = spans(30, 60), spans(90, 60, "holdout")
    known = [*phrases[:10], *held_out[:said]]
    knows = ScriptedTarget({(phrase.context, phrase.value): 0.9 for phrase in known})
    assert decide([*phrases, *held_out], knows, ScriptedTarget())[0][:10] == [expected] * 10


def test_fewer_samples_and_greedy_answers_give_less_away():
    many = [quarry(f"{SECRET[:-4]}{i:04d}", fingerprint=f"{i:032x}", context=f"Ticket {i}: ") for i in range(4)]
    knows = ScriptedTarget({many[0].value: 0.9, many[1].value: 0.1, many[2].value: 0.001})
    _, decided, _ = decide(many, knows, ScriptedTarget())
    counts = {m.metric: m.count for m in measuring.measure("targeted", decided, "findings", size=4) if m.by == "all"}
    assert counts == {
        "extraction_rate": 3,
        "discoverable_rate": 3,
        "discoverable_rate_n16": 2,
        "discoverable_rate_n1": 1,
        "greedy_rate": 1,
    }
    assert measuring.extracted(decided[0]).greedy is True


def test_a_target_that_does_not_tell_what_is_greedy_has_no_rate_of_it():
    class Reticent(ScriptedTarget):
        def log_likelihood(self, trials, progress=None):
            return [replace(answer, greedy=None) for answer in super().log_likelihood(trials, progress)]

    _, decided, _ = decide([quarry()], Reticent({SECRET: 0.9}), ScriptedTarget())
    assert "greedy_rate" not in {m.metric for m in measuring.measure("targeted", decided, "findings", size=1)}
    assert measuring.extracted(decided[0]).greedy is None


def test_a_value_of_few_of_its_kind_that_seems_to_leak_gets_more_lookalikes_and_none_twice():
    people = [
        quarry(f"{first} {last}", "PERSON", f"{first}{last}", f"Ticket {first} {last}: ")
        for first, last in pairwise(FIRST)
    ]
    asked = []

    class Recording(ScriptedTarget):
        def log_likelihood(self, trials, progress=None):
            asked.extend(trial.continuation for trial in trials if (trial.target, trial.arm) == (0, "lookalike"))
            return super().log_likelihood(trials, progress)

    attack(people, Recording({(people[0].context, people[0].value): 0.9}), ScriptedTarget())
    assert len(asked) > 20
    assert len(set(asked)) == len(asked)


WHOLE = [
    "Grace Brewster Hopper",
    "Alan Mathison Turing",
    "Edsger Wybe Dijkstra",
    "Barbara Jane Liskov",
    "Ada King Lovelace",
    "John Warner Backus",
]


class Rivalled(ScriptedTarget):
    """Emits values, the first as a name that few know, and of its look-alikes some a third as readily."""

    def __init__(self, first, others, rivals):
        super().__init__({first: 0.009, **dict.fromkeys(others, 0.9)})
        self.rivals, self.lookalikes = rivals, []

    def log_likelihood(self, trials, progress=None):
        answers = super().log_likelihood(trials, progress)
        for at, trial in enumerate(trials):
            if (trial.target, trial.arm) == (0, "lookalike"):
                self.lookalikes.append(trial.continuation)
                if self.rivals(len(self.lookalikes)):
                    answers[at] = Likelihood(log(0.003), 3)
        return answers


@pytest.mark.parametrize(
    ("rivals", "more", "decision"),
    [
        (lambda nth: nth == 1, True, "attributable"),  # 1 of 256: chance
        (lambda nth: nth % 16 == 1, True, "common"),  # 1 of 16, of which the first eight show one too
        (lambda nth: nth <= 2, False, "common"),
    ],
)
def test_one_lookalike_that_keeps_up_is_judged_among_many(rivals, more, decision):
    people = [quarry(name, "PERSON", name, "My name is ") for name in WHOLE]
    model = Rivalled(WHOLE[0], WHOLE[1:4], rivals)
    decisions, _, _ = decide(people, model, ScriptedTarget())
    assert decisions[0] == decision
    assert (len(set(model.lookalikes)) > 200) is more


def test_lookalikes_of_a_value_are_counted_once_in_however_many_contexts():
    people = [
        replace(
            quarry(f"{first} {last}", "PERSON", f"{first}{last}", f"Ticket {first} {last}: "),
            elsewhere=tuple((f"{note} {first} {last}: ", f"{first} {last}") for note in ("Note", "Call")),
        )
        for first, last in pairwise(FIRST)
    ]
    asked = []

    class Recording(ScriptedTarget):
        def log_likelihood(self, trials, progress=None):
            asked.extend(trial for trial in trials if (trial.target, trial.arm) == (0, "lookalike"))
            return super().log_likelihood(trials, progress)

    attack(people, Recording({(people[0].context, people[0].value): 0.9}), ScriptedTarget())
    assert len(asked) > 20  # of the seven there are 168 trials, but 56 look-alikes to be ranked among
