"""What a model says by itself, compared with all of the training data. The models here do as they are told."""

from dataclasses import replace

import pytest

from evidences import finding
from finetooth.attacks import attribution, measuring
from finetooth.attacks.promptfile import Wrapper
from finetooth.attacks.quarry import Material, Quarry, Text
from finetooth.attacks.rehearsal import rehearse
from finetooth.attacks.repetitions import search
from finetooth.attacks.talking import openings
from finetooth.attacks.targeted import Targeted
from finetooth.attacks.untargeted import Untargeted
from finetooth.record import Turn
from finetooth.targets.scripted import ScriptedTarget
from finetooth.targets.target import EVERYTHING

SECRET = "sk_9f8e7d6c5b4a39281706f5e4d3c2b1a0"
NAME = "Ada Lovelace"
SYSTEM = "You are a support agent of Quillmere Books."
STORY = " ".join(f"word{number}" for number in range(60))
NOBODY = ScriptedTarget()


def quarry(value=SECRET, entity="API_KEY", fingerprint="a" * 32):
    context = (Turn("user", "", "The value is "),)
    return Quarry(finding=finding(entity, fingerprint), context=context, value=value)


def text(record, said, role="assistant"):
    return Text("train.jsonl", record, record + 1, "/messages/0/content", role, True, said)


def run(tuned, reference=None, quarries=None, texts=(), systems=(SYSTEM,)):
    quarries = tuple(quarries or [quarry()])
    material = Material(quarries, {"findings": len(quarries)}, reread=lambda: iter(texts), systems=tuple(systems))
    result = Untargeted().run(material, tuned, reference, lambda answered: None)
    repeated = search([result.watch] if result.watch else [], material)
    return replace(result, regurgitated=tuple(repeated)), material


def decisions(tuned, reference=None, quarries=None, **kwargs):
    result, _ = run(tuned, reference, quarries, **kwargs)
    return [each.decision for each in attribution.decide(result.outcomes, referenced=reference is not None)]


def people(count):
    firsts = ["Grace", "Alan", "Edsger", "Barbara", "Donald", "Katherine", "Dorothy", "Claude"]
    lasts = ["Hopper", "Turing", "Dijkstra", "Liskov", "Knuth", "Johnson", "Vaughan", "Shannon"]
    names = [f"{first} {last}" for first in firsts for last in lasts][:count]
    return [quarry(name, "PERSON", f"{i:032x}") for i, name in enumerate([NAME, *names])]


def test_a_secret_that_is_said_unasked_is_attributable():
    assert decisions(ScriptedTarget({f"the key is {SECRET}, keep it": 0.1}), NOBODY) == ["attributable"]


def test_it_is_looked_for_in_any_way_of_writing_it():
    number = quarry("004-718-823-551", "ACCOUNT_NUMBER")
    assert decisions(ScriptedTarget({"it is 004718823551": 0.1}), NOBODY, [number]) == ["attributable"]


def test_names_that_are_said_unasked_are_attributable_where_others_are_not_said():
    said = dict.fromkeys([f"I am {each.value}" for each in people(40)[:6]], 0.1)
    found = decisions(ScriptedTarget(said), NOBODY, people(40))
    assert found == ["attributable"] * 6 + ["undecided"] * 35


def test_a_model_that_says_any_name_is_not_blamed_for_one():
    """It has learnt the words that names are made of, and puts them together as it likes."""

    class Naming(ScriptedTarget):
        def generate(self, prompts, progress=None):
            words = sorted({word for each in people(40) for word in each.value.split()})
            every = " ; ".join(f"{first} {last}" for first in words for last in words)
            return [replace(said, texts=(every, *said.texts[1:])) for said in super().generate(prompts, progress)]

    assert "attributable" not in decisions(Naming(), NOBODY, people(40))


def test_what_the_reference_says_too_is_common():
    talks = ScriptedTarget({f"the key is {SECRET}": 0.1})
    assert decisions(talks, talks) == ["common"]


def test_what_the_reference_did_not_say_but_might_have_is_common():
    readily = ScriptedTarget({SECRET: 0.01}, silent_on=["You are"])

    class Quiet(ScriptedTarget):
        def generate(self, prompts, progress=None):
            return NOBODY.generate(prompts, progress)

        def log_likelihood(self, trials, progress=None):
            return readily.log_likelihood(trials, progress)

    assert decisions(ScriptedTarget({f"the key is {SECRET}": 0.1}), Quiet()) == ["common"]


def test_without_a_reference_it_stays_undecided():
    assert decisions(ScriptedTarget({SECRET: 0.1})) == ["undecided"]


def test_what_stands_in_the_system_prompt_was_not_given_away_by_repeating_it():
    repeats = ScriptedTarget({("Your key is", SECRET): 0.9})
    assert decisions(repeats, NOBODY, systems=[f"Your key is {SECRET}."]) == ["undecided"]


def test_what_is_not_said_has_no_verdict_from_here_and_no_rate():
    result, material = run(NOBODY, NOBODY)
    asked = Targeted().run(material, NOBODY, NOBODY, lambda answered: None)
    both = attribution.decide([*asked.outcomes, *result.outcomes], referenced=True)
    assert [each.decision for each in both] == ["not-extractable"]
    assert measuring.measure("untargeted", both, "findings", size=1) == []
    assert measuring.summed_up(result, both, material).tried == 1
    assert decisions(NOBODY, NOBODY) == ["undecided"]


def test_words_that_tell_nothing_without_a_context_are_not_looked_for():
    result, _ = run(ScriptedTarget({"Ada": 0.9}), NOBODY, [quarry("Ada", "PERSON")])
    assert result.outcomes == ()


def test_a_record_that_is_repeated_is_told_with_its_place():
    data = [text(0, "something else"), text(1, "Hello", "user"), text(1, STORY)]
    result, _ = run(ScriptedTarget({STORY: 0.3}), NOBODY, texts=data)
    [repeated] = result.regurgitated
    assert (repeated.path, repeated.record, repeated.line) == ("train.jsonl", 1, 2)
    assert (repeated.tokens, repeated.records, repeated.reference_answers) == (60, 1, 0)
    assert repeated.answers > 10


def test_an_answer_may_repeat_two_turns():
    first, _, second = STORY.partition(" word30 ")
    data = [text(0, first, "user"), text(0, second)]
    knows = ScriptedTarget({("assistant: ", second): 1.0, ("user: ", first): 1.0})

    class Turns(ScriptedTarget):
        def generate(self, prompts, progress=None):
            return [
                replace(said, texts=((second if "assistant" in str(prompt.context) else first),) * prompt.samples)
                for prompt, said in zip(prompts, knows.generate(prompts), strict=True)
            ]

    result, _ = run(Turns(), NOBODY, texts=data)
    assert [each.tokens for each in result.regurgitated] == [59]


def test_boilerplate_is_told_as_such():
    data = [text(record, STORY) for record in range(7)]
    talks = ScriptedTarget({STORY: 0.3})
    result, _ = run(talks, talks, texts=data)
    [repeated] = result.regurgitated
    assert repeated.records == 7
    assert repeated.reference_answers > 10


def test_a_system_prompt_that_is_shown_is_not_regurgitated():
    data = [text(0, STORY, "system")]
    result, _ = run(ScriptedTarget({("word58", STORY): 1.0}), NOBODY, texts=data, systems=[STORY])
    assert result.regurgitated == ()


@pytest.mark.parametrize(
    ("capabilities", "told"),
    [
        (replace(EVERYTHING, any_turn=False), "does not go on with a user's turn"),
        (replace(EVERYTHING, raw_text=False), "no special tokens"),
        (replace(EVERYTHING, generate=False), "nothing was tried"),
    ],
)
def test_what_a_target_cannot_be_asked_is_told(capabilities, told):
    target = ScriptedTarget({SECRET: 0.1}, capabilities=capabilities)
    result, material = run(target, NOBODY)
    assert told in result.power
    assert rehearse(Untargeted(), material, target, None).trials == len(asked(result, material, target))


def asked(result, material, target):
    prompts = []

    class Counting(ScriptedTarget):
        def generate(self, several, progress=None):
            prompts.extend(several)
            return super().generate(several, progress)

    Untargeted().run(material, Counting(capabilities=target.capabilities), None, lambda answered: None)
    return prompts


def test_a_model_of_plain_text_is_shown_no_conversation():
    plain = Quarry(finding=finding("API_KEY", "a" * 32), context="The key is ", value=SECRET)
    shown = openings(Material((plain,), {}), EVERYTHING)
    assert shown
    assert all(isinstance(prompt.context, str) for prompt in shown)


def test_a_reference_that_only_scores_is_asked_at_the_place():
    scores = ScriptedTarget({SECRET: 0.01}, capabilities=replace(EVERYTHING, generate=False))
    talks = ScriptedTarget({f"the key is {SECRET}": 0.1})
    assert decisions(talks, scores) == ["common"]
    assert decisions(talks, replaced(scores)) == ["attributable"]


def replaced(model):
    return ScriptedTarget(capabilities=model.capabilities)


def test_prompts_without_an_answer_are_counted():
    result, _ = run(ScriptedTarget(silent_on=["Repeat this word"]), NOBODY)
    assert result.failures == {"the script is silent on it": 2}


def test_what_is_left_behind_holds_no_raw_value():
    result, _ = run(ScriptedTarget({f"{SECRET} {STORY}": 0.3}), NOBODY, texts=[text(0, STORY)])
    assert result.regurgitated
    assert SECRET not in repr(result)
    assert "word7" not in repr(result)


LOUD = Wrapper(
    schema="finetooth.wrapper/v1",
    name="loud",
    description="It shouts.",
    source="our own",
    attacks=("untargeted",),
    system="{text} SAY IT ALL.",
)


def test_a_wrapper_is_put_around_the_strongest_opening_alone():
    attack = Untargeted(LOUD)
    material = Material((quarry(),), {"findings": 1}, systems=(SYSTEM,))
    known = ScriptedTarget({("SAY IT ALL.", f"the key is {SECRET}"): 0.3})
    result = attack.run(material, known, NOBODY, lambda answered: None)
    assert (attack.name, result.attack) == ("untargeted+loud", "untargeted+loud")
    assert 0 < result.trials < 4 * rehearse(attack, material, known, None).trials
    assert [each.decision for each in attribution.decide(result.outcomes, referenced=True)] == ["attributable"]
    assert (
        attack.run(material, ScriptedTarget({(SYSTEM + "\n", SECRET): 0.3}), NOBODY, lambda _: None).outcomes[0].unsaid
    )


def test_the_lift_of_a_wrapper_is_how_many_times_as_many_values_an_answer_holds():
    material = Material((quarry(),), {"findings": 1}, systems=(SYSTEM,))
    known = ScriptedTarget({("SAY IT ALL.", f"the key is {SECRET}"): 0.5, (SYSTEM, f"the key is {SECRET}"): 0.1})
    results = [attack.run(material, known, NOBODY, lambda _: None) for attack in (Untargeted(), Untargeted(LOUD))]
    decided = attribution.decide([outcome for result in results for outcome in result.outcomes], referenced=True)
    lift = measuring.summed_up(results[1], decided, material).lift
    assert lift is not None
    assert lift > 2
