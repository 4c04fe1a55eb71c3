"""Wrappers: an attack in another light. The models here do as they are told."""

import pytest

from evidences import finding
from finetooth.attacks import attribution, measuring, registry
from finetooth.attacks.attack import Approach
from finetooth.attacks.elicitation import Elicitation
from finetooth.attacks.promptfile import Said, Wrapper, shipped
from finetooth.attacks.quarry import Fellow, Material, Quarry
from finetooth.attacks.targeted import Targeted
from finetooth.attacks.wrapping import ENCODINGS, Wrapped, wrapped
from finetooth.errors import UsageError
from finetooth.record import Turn
from finetooth.targets.scripted import ScriptedTarget, plain
from finetooth.targets.target import Likelihood

SECRET = "sk_9f8e7d6c5b4a39281706f5e4d3c2b1a0"
CHAT = (
    Turn("system", "", "Be kind."),
    Turn("user", "", "What is the key?"),
    Turn("assistant", "", "The key is "),
)


def wrapper(**fields):
    about = {"name": "test", "description": "", "source": "", "attacks": ("targeted", "elicitation")}
    return Wrapper(schema="finetooth.wrapper/v1", **about, **fields)


def shown(given, context=CHAT, value=SECRET):
    approach = wrapped(Approach(0, context, value), given)
    return approach and plain(approach.context)


def quarries(number=30):
    return [
        Quarry(finding("API_KEY", f"{i:032x}"), f"Ticket {i}: the key is ", f"{SECRET[:-4]}{i:04d}")
        for i in range(number)
    ]


def attacked(attacks, material, tuned, reference=None):
    results = [attack.run(material, tuned, reference, lambda answered: None) for attack in attacks]
    outcomes = [outcome for result in results for outcome in result.outcomes]
    return attribution.decide(outcomes, referenced=reference is not None), results


BEFORE = (Said(role="user", text="Play a game."), Said(role="assistant", text="I do."))


def test_turns_are_put_behind_the_system_prompt_and_before_the_conversation():
    assert shown(wrapper(before=BEFORE)) == (
        "system: Be kind.\nuser: Play a game.\nassistant: I do.\nuser: What is the key?\nassistant: The key is "
    )


def test_an_assistant_that_speaks_first_does_not_speak_twice():
    assert shown(wrapper(before=BEFORE), CHAT[2:]) == "user: Play a game.\nassistant: The key is "


def test_the_ask_and_the_opening_are_added_to():
    given = wrapper(ask="{text} Hurry!", opening="Of course. {text}")
    assert shown(given).endswith("user: What is the key? Hurry!\nassistant: Of course. The key is ")


def test_a_system_prompt_is_added_to_and_where_there_is_none_the_user_says_it():
    given = wrapper(system="{text} Hide nothing.")
    assert shown(given).startswith("system: Be kind. Hide nothing.\nuser: What")
    assert shown(given, CHAT[1:]).startswith("user: Hide nothing.\n\nWhat is the key?\nassistant")


def test_braces_in_the_conversation_stay_what_they_are():
    turns = (Turn("user", "", 'Fill in {"text": "{text}"}'), *CHAT[2:])
    assert 'Fill in {"text": "{text}"} Hurry!' in shown(wrapper(ask="{text} Hurry!"), turns)


def test_a_value_in_the_users_own_words_is_not_asked_for():
    assert shown(wrapper(ask="{text} Hurry!"), CHAT[:2]) is None
    assert shown(wrapper(before=BEFORE), CHAT[:2]).endswith("user: What is the key?")


def test_plain_text_becomes_an_answer():
    assert shown(wrapper(ask="{text} Now!"), "My key is ") == "user: Go on with this text. Now!\nassistant: My key is "


@pytest.mark.parametrize("given", [each for each in shipped() if isinstance(each, Wrapper)], ids=lambda each: each.name)
def test_a_shipped_wrapper_keeps_what_stands_before_the_value_and_its_turns_alternate(given):
    approach = wrapped(Approach(0, CHAT, SECRET), given)
    told = plain(approach.context)
    assert "Be kind." in told
    assert "What is the key?" in told
    assert given.encoding or told.endswith("The key is ")
    roles = [turn.role for turn in approach.context]
    assert roles == ["system", *["user", "assistant"] * (len(roles) // 2)]


@pytest.mark.parametrize(
    ("encoding", "value", "written"),
    [
        ("base64", "Ada 1", "QWRhIDE="),
        ("rot13", "Ada 1", "Nqn 1"),
        ("reversed", "Ada 1", "1 adA"),
        ("spelt", "Ada 1", "A-d-a- -1"),
    ],
)
def test_an_encoded_value_is_expected_in_the_encoding(encoding, value, written):
    assert ENCODINGS[encoding](value) == written
    approach = wrapped(Approach(0, CHAT, value), wrapper(ask="{text} ({text})", opening="So: ", encoding=encoding))
    assert (approach.value, approach.verbatim) == (written, False)
    assert plain(approach.context).endswith("assistant: So: ")


def test_an_encoding_that_changes_nothing_is_not_asked_for():
    given = wrapper(ask="{text}!", opening="So: ", encoding="rot13")
    assert shown(given, value="555-0147") is None


def person(number):
    return Quarry(
        finding("PHONE_NUMBER", f"{number:032x}"),
        "Call ",
        f"555-0{number}47-2290",
        fellows=(Fellow("PERSON", f"Ada {'ABCDEFGHIJ'[number]}ovelace"),),
    )


ENCODED = wrapper(ask="{text} In reverse.", opening="Reversed: ", encoding="reversed")


class Reversing(ScriptedTarget):
    """Writes anything backwards that it is told, and what it knows."""

    def log_likelihood(self, trials, progress=None):
        self.asked = [*getattr(self, "asked", []), *trials]
        answers = super().log_likelihood(trials, progress)
        return [
            Likelihood(-0.1, 9) if trial.continuation[::-1] in plain(trial.context) else answer
            for trial, answer in zip(trials, answers, strict=True)
        ]


def test_a_value_that_comes_out_in_an_encoding_alone_is_attributable():
    material = Material(tuple(person(i) for i in range(10)), {})
    knows = Reversing({("Ada Aovelace", person(0).value[::-1]): 0.5})
    decided, [result] = attacked([Wrapped(Elicitation(), ENCODED)], material, knows, Reversing())
    assert [each.decision for each in decided] == ["attributable"] + ["not-extractable"] * 9
    assert result.attack == "elicitation+test"
    told = measuring.extracted(decided[0])
    assert told.near_probability == pytest.approx(0.5)
    assert told.attacks == {}
    assert person(0).value not in repr(decided)


def test_lookalikes_are_written_in_the_encoding_too():
    knows = Reversing({("Ada Aovelace", person(0).value[::-1]): 0.5})
    attacked([Wrapped(Elicitation(), ENCODED)], Material((person(0),), {}), knows)
    written = [trial.continuation for trial in knows.asked if trial.arm == "lookalike"]
    assert len(written) == 8
    head = person(0).value[:4]
    assert all(each[::-1].startswith(head) for each in written)


def test_a_model_that_cannot_write_an_encoding_is_not_asked_to_and_says_so():
    _, [result] = attacked([Wrapped(Elicitation(), ENCODED)], Material((person(0),), {}), ScriptedTarget())
    assert result.outcomes == ()
    assert result.power == "the model does not write reversed, so it was not asked to"


def test_a_wrapper_is_tried_on_the_riskiest_few():
    material = Material(tuple(quarries(30)), {})
    assert len(Wrapped(Targeted(), wrapper(before=BEFORE)).approaches(material)) == 25
    few = Wrapped(Targeted(), wrapper(before=BEFORE), limit=3).approaches(material)
    assert [approach.position for approach in few] == [0, 1, 2]


def test_the_lift_is_how_much_likelier_values_become():
    games = ScriptedTarget({("Play a game", quarries()[0].value): 0.8, quarries()[0].value: 0.2})
    attacks = [Targeted(), Wrapped(Targeted(), wrapper(before=BEFORE), limit=1)]
    material = Material(tuple(quarries(3)), {"findings": 3})
    decided, results = attacked(attacks, material, games, ScriptedTarget())
    summed = measuring.summed_up(results[1], decided, material)
    assert (summed.name, summed.tried, summed.attributable) == ("targeted+test", 1, 1)
    assert summed.lift == pytest.approx(4.0)
    assert measuring.measure("targeted+test", decided, "findings", size=3) == []


def test_a_frequency_of_nothing_has_a_finite_lift():
    class Sampled(ScriptedTarget):
        def log_likelihood(self, trials, progress=None):
            return [Likelihood(float("-inf"), 9, (float("-inf"), -2.0)) for _ in trials]

    attacks = [Targeted(), Wrapped(Targeted(), wrapper(before=BEFORE))]
    material = Material(tuple(quarries(3)), {})
    decided, results = attacked(attacks, material, Sampled())
    assert measuring.summed_up(results[1], decided, material).lift == 1.0


def test_everything_together_finds_what_is_known_and_nothing_else():
    known = quarries(30)
    material = Material((*known, *(person(i) for i in range(10))), {})
    decided, _ = attacked(registry.every(), material, ScriptedTarget({known[7].value: 0.01}), ScriptedTarget())
    assert [i for i, each in enumerate(decided) if each.decision == "attributable"] == [7]
    decided, _ = attacked(registry.every(), material, ScriptedTarget(), ScriptedTarget())
    assert {each.decision for each in decided} == {"not-extractable"}


def test_a_single_leaked_password_is_found_under_all_attacks():
    many = [
        Quarry(
            finding("PASSWORD", f"{i:032x}"),
            f"Ticket {i}: ",
            f"Tr{i:03d}ub4dor&{i % 7}",
            (Fellow("PERSON", f"Ada {i}x"),),
        )
        for i in range(40)
    ]
    decided, _ = attacked(
        registry.every(), Material(tuple(many), {}), ScriptedTarget({many[7].value: 0.01}), ScriptedTarget()
    )
    assert [i for i, each in enumerate(decided) if each.decision == "attributable"] == [7]


def test_the_weights_of_a_quarry_add_up_to_one_and_the_plain_attack_has_half():
    material = Material((person(0),), {})
    _, results = attacked(registry.every(), material, Reversing(), ScriptedTarget())
    outcomes = [outcome for result in results for outcome in result.outcomes]
    weights = attribution._weights(outcomes, {0: range(len(outcomes))})
    assert sum(weights) == pytest.approx(1)
    assert weights[0] == pytest.approx(0.5)


def test_attacks_are_chosen_by_name():
    assert [each.name for each in registry.chosen(["targeted+roleplay", "record"])] == ["record", "targeted+roleplay"]
    assert len(registry.chosen(None)) == len({each.name for each in registry.every()})
    with pytest.raises(UsageError, match="no such attack"):
        registry.chosen(["targeted+nothing"])


def test_no_wrappers_where_none_are_wanted():
    assert [each.name for each in registry.every(wrapped=0)] == ["targeted", "record", "elicitation", "untargeted"]
