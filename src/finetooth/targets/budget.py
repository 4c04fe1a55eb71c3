"""What a probe may take of an endpoint, and what it has taken: requests, tokens and money.

A request is reserved before it is sent, at the most that it can take, so that a limit is kept and not merely noticed.
"""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import Any, ClassVar

from finetooth.evidence import Spent

_MILLION = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """What tokens cost, each per million, in any one currency."""

    __pydantic_config__: ClassVar[Any] = {"extra": "forbid"}

    prompt: float
    """Tokens that the model reads."""
    generated: float
    """Tokens that it says."""

    def __post_init__(self) -> None:
        if self.prompt < 0 or self.generated < 0:
            raise ValueError("a price must not be below 0")

    def cost(self, prompt_tokens: int, generated_tokens: int) -> float:
        """Return what tokens cost together."""
        return (prompt_tokens * self.prompt + generated_tokens * self.generated) / _MILLION


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What may be spent; None where nothing limits it."""

    __pydantic_config__: ClassVar[Any] = {"extra": "forbid"}

    requests: int | None = None
    """Requests, those that are sent again counted."""
    tokens: int | None = None
    """Tokens, read and generated."""
    cost: float | None = None
    """Money, in the currency of the prices."""

    def __post_init__(self) -> None:
        for name in self.__slots__:
            limit = getattr(self, name)
            if limit is not None and limit < 0:
                raise ValueError(f"a budget of {name} must not be below 0")

    def allows(self, spent: Spent) -> bool:
        """Tell whether so much may be spent."""
        tokens = spent.prompt_tokens + spent.generated_tokens
        pairs = ((spent.requests, self.requests), (tokens, self.tokens), (spent.cost or 0.0, self.cost))
        return all(limit is None or taken <= limit for taken, limit in pairs)


class BudgetSpent(Exception):  # noqa: N818 - says what happened
    """Another request would go beyond the budget: it was not sent."""

    def __init__(self) -> None:
        super().__init__("the budget is spent")


class Allowance:
    """What is left of a budget, for all who spend of it: several threads, the tuned model and its reference.

    >>> allowance = Allowance(Budget(requests=1))
    >>> held = allowance.reserve(prompt_tokens=10, generated_tokens=1)
    >>> allowance.settle(held, Spent(requests=1, prompt_tokens=8, generated_tokens=1))
    >>> allowance.reserve(prompt_tokens=10, generated_tokens=1)
    Traceback (most recent call last):
    finetooth.targets.budget.BudgetSpent: the budget is spent
    """

    def __init__(self, budget: Budget | None = None, prices: Prices | None = None) -> None:
        """Begin with nothing spent.

        Args:
            budget: what may be spent; no limit by default.
            prices: what tokens cost.

        Raises:
            ValueError: money is limited, and there are no prices.
        """
        self._budget = budget or Budget()
        self._prices = prices
        if self._budget.cost is not None and prices is None:
            raise ValueError("a budget of money needs the prices of tokens")
        self._spent = Spent()
        self._lock = Lock()

    @property
    def spent(self) -> Spent:
        """What has been taken, with what is reserved for requests under way."""
        return self._spent

    def priced(self, spent: Spent) -> Spent:
        """Return the same with what it costs, where there are prices."""
        if self._prices is None:
            return spent
        return spent + Spent(cost=self._prices.cost(spent.prompt_tokens, spent.generated_tokens))

    def reserve(self, *, prompt_tokens: int, generated_tokens: int) -> Spent:
        """Take a request's worth before it is sent, and return it.

        Raises:
            BudgetSpent: it would go beyond the budget.
        """
        wanted = self.priced(Spent(requests=1, prompt_tokens=prompt_tokens, generated_tokens=generated_tokens))
        with self._lock:
            after = self._spent + wanted
            if not self._budget.allows(after):
                raise BudgetSpent
            self._spent = after
        return wanted

    def settle(self, reserved: Spent, actual: Spent) -> None:
        """Put what a request has really taken in the place of what was reserved for it."""
        priced = self.priced(actual)
        with self._lock:
            self._spent = Spent(
                requests=self._spent.requests - reserved.requests + priced.requests,
                prompt_tokens=self._spent.prompt_tokens - reserved.prompt_tokens + priced.prompt_tokens,
                generated_tokens=self._spent.generated_tokens - reserved.generated_tokens + priced.generated_tokens,
                cost=None
                if self._prices is None
                else (self._spent.cost or 0.0) - (reserved.cost or 0.0) + (priced.cost or 0.0),
            )
