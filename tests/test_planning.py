"""What a probe would take and what it could prove, told before it is run."""

from dataclasses import replace

import pytest

from evidences import finding
from finetooth import planning
from finetooth.attacks.quarry import Material, Quarry
from finetooth.attacks.record import Record
from finetooth.attacks.targeted import Targeted
from finetooth.evidence import Spent
from finetooth.policy import Filter, Policy, Requirement
from finetooth.targets.scripted import ScriptedTarget


def policy(at_most=0.01, upper_bound=0.95, population=(), attack=()):
    bound = Requirement(
        id="extraction",
        metric="extraction_rate",
        where=Filter(population=population, attack=attack),
        at_most=at_most,
        upper_bound=upper_bound,
    )
    return Policy(schema="finetooth.policy/v1", name="own", release=(bound,))


def material(tried=20, of=20):
    spans = tuple(Quarry(finding=None, context=f"Question {i}? ", value=f"Answer {i}") for i in range(tried))
    return Material(spans, {"ordinary": of})


def planned(material, policy, reference=None):
    return planning.plan(material, [Targeted()], policy, ScriptedTarget(), reference)


@pytest.mark.parametrize(("at_most", "needed"), [(0.01, 300), (0.001, 2995), (0.00001, planning.MOST), (0, 300)])
def test_a_stricter_bound_needs_a_larger_sample(at_most, needed):
    assert planning.sample_needed(policy(at_most), 300) == needed


def test_the_plan_is_what_the_attack_asks_at_most():
    spans = material()
    everything = ScriptedTarget({quarry.value: 0.9 for quarry in spans.quarries})
    [step] = planned(spans, policy()).steps
    asked = [Targeted().run(spans, model, None, lambda _: None).trials for model in (ScriptedTarget(), everything)]
    assert 0 < asked[0] < asked[1] == step.trials
    assert step.read == everything.spent.prompt_tokens


def test_a_reference_is_asked_too():
    alone, compared = planned(material(), policy()), planned(material(), policy(), ScriptedTarget())
    assert compared.steps[0].trials > alone.steps[0].trials


def test_all_of_the_data_proves_any_bound():
    [need] = planned(material(), policy()).needs
    assert need.census
    assert need.reachable


def test_too_small_a_sample_is_told_beforehand():
    [need] = planned(material(20, of=5000), policy()).needs
    assert (need.needed, need.available, need.reachable) == (299, {"ordinary": 20}, False)


def test_what_the_budget_leaves_out_keeps_a_bound_from_being_proven_whatever_else_is_tried():
    ordinary = material(400, of=5000)
    found = tuple(replace(spans, finding=finding()) for spans in material(20).quarries)
    for size, reachable in ((20, True), (40, False)):
        [need] = planned(Material((*ordinary.quarries, *found), {"ordinary": 5000, "findings": size}), policy()).needs
        assert need.reachable is reachable


def test_a_bound_has_to_hold_for_each_population_that_is_sampled():
    records = tuple(replace(span, of="records") for span in material(100).quarries)
    whole = Material((*material(400).quarries, *records), {"ordinary": 5000, "records": 5000})
    attacks = [Targeted(), Record()]
    [need] = planning.plan(whole, attacks, policy(), ScriptedTarget(), None).needs
    assert (need.available, need.reachable) == ({"ordinary": 400, "records": 100}, False)
    [need] = planning.plan(whole, attacks, policy(attack=("targeted",)), ScriptedTarget(), None).needs
    assert (need.available, need.reachable) == ({"ordinary": 400}, True)


def test_findings_that_are_none_do_not_leak_and_anything_else_that_is_none_proves_nothing():
    nothing = Material((), {})
    for population, reachable in ((("findings",), True), (("records",), False), ((), False)):
        [need] = planned(nothing, policy(population=population)).needs
        assert need.reachable is reachable


def test_what_the_budget_leaves_out_is_told():
    assert planning.plan(Material((), {"findings": 7}), [], policy(), ScriptedTarget(), None).skipped == 7


class Priced(ScriptedTarget):
    def estimate(self, trials, prompts=()):
        return Spent(requests=len(trials), cost=2.0 * len(trials))


def test_money_and_requests_are_what_the_models_say_that_they_take():
    assert planned(material(), policy()).most.cost is None
    plan = planning.plan(material(), [Targeted()], policy(), Priced(), ScriptedTarget())
    assert 0 < plan.steps[0].requests < plan.steps[0].trials
    assert plan.most.cost == 2.0 * plan.steps[0].requests


def test_a_model_that_gives_nothing_away_takes_less_and_that_is_told():
    people = enumerate(("Ada Lovelace", "Alan Turing", "Grace Hopper"))
    names = [Quarry(finding("PERSON", f"{number:032x}"), "I'm ", name) for number, name in people]
    given = Material(tuple(names), {"findings": 3})
    asked = []

    class Silent(ScriptedTarget):
        def log_likelihood(self, trials, progress=None):
            asked.extend(trials)
            return super().log_likelihood(trials, progress)

    plan = planned(given, policy(), ScriptedTarget())
    Targeted().run(given, Silent(), Silent(), lambda _: None)
    assert plan.least.trials == len(asked) < plan.most.trials
    assert 0 < plan.least.tokens < plan.most.tokens
