"""What may be spent is not exceeded, whoever spends."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from finetooth.evidence import Spent
from finetooth.targets.budget import Allowance, Budget, BudgetSpent, Prices

PRICES = Prices(prompt=1.0, generated=4.0)


def reserved(allowance, prompt=100, generated=10):
    return allowance.reserve(prompt_tokens=prompt, generated_tokens=generated)


def test_without_a_budget_nothing_is_refused():
    allowance = Allowance()
    for _ in range(100):
        reserved(allowance)
    assert allowance.spent == Spent(requests=100, prompt_tokens=10_000, generated_tokens=1000)


@pytest.mark.parametrize(
    "budget", [Budget(requests=1), Budget(tokens=219), Budget(cost=0.00027)], ids=["requests", "tokens", "money"]
)
def test_a_request_that_would_go_beyond_the_budget_is_refused_before_it_is_sent(budget):
    allowance = Allowance(budget, PRICES)
    reserved(allowance)
    with pytest.raises(BudgetSpent, match="the budget is spent"):
        reserved(allowance)


def test_what_was_reserved_and_not_taken_is_given_back():
    allowance = Allowance(Budget(tokens=150), PRICES)
    for _ in range(10):
        allowance.settle(reserved(allowance), Spent(requests=1, prompt_tokens=2, generated_tokens=1))
    assert allowance.spent == Spent(requests=10, prompt_tokens=20, generated_tokens=10, cost=pytest.approx(60e-6))


def test_money_without_prices_is_refused():
    with pytest.raises(ValueError, match="prices"):
        Allowance(Budget(cost=1.0))


@pytest.mark.parametrize("make", [lambda: Budget(requests=-1), lambda: Prices(prompt=-1.0, generated=0.0)])
def test_less_than_nothing_is_refused(make):
    with pytest.raises(ValueError, match="below 0"):
        make()


def test_many_threads_keep_one_budget():
    allowance = Allowance(Budget(requests=50))

    def spend(_):
        try:
            return reserved(allowance) and 1
        except BudgetSpent:
            return 0

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(spend, range(200))) == 50
