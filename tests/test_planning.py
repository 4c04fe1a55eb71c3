"""What a probe would take and what it could prove, told before it is run."""

import pytest

from finetooth import planning
from finetooth.attacks.quarry import Material, Quarry
from finetooth.attacks.targeted import Targeted
from finetooth.evidence import Spent
from finetooth.policy import Filter, Policy, Requirement
from finetooth.targets.scripted import ScriptedTarget


def policy(at_most=0.01, upper_bound=0.95, population=()):
    bound = Requirement(
        id="extraction",
        metric="extraction_rate",
        where=Filter(population=population),
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


def test_what_the_budget_leaves_out_is_told():
    assert planning.plan(Material((), {"findings": 7}), [], policy(), ScriptedTarget(), None).skipped == 7


class Priced(ScriptedTarget):
    def estimate(self, trials, prompts=()):
        return Spent(requests=len(trials), cost=2.0 * len(trials))


def test_money_and_requests_are_what_the_models_say_that_they_take():
    assert planned(material(), policy()).cost is None
    plan = planning.plan(material(), [Targeted()], policy(), Priced(), ScriptedTarget())
    assert 0 < plan.steps[0].requests < plan.steps[0].trials
    assert plan.cost == 2.0 * plan.steps[0].requests
