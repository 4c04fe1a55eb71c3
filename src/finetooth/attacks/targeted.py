"""Targeted extraction: does the model continue a training context with the very value that stood there?

Threat model: somebody who knows, or guesses, how a conversation of the training data began. It is the strongest
prompt there is for most values, and for an auditor, who holds the data, the cheapest to try.

Source: discoverable extraction (Carlini et al. 2023, "Quantifying Memorization Across Neural Language Models",
section 3) in its probabilistic form (Hayes et al. 2024, arXiv 2410.19482). The probability q that one sample emits the
value is not estimated by sampling but computed: one teacher-forced pass gives it exactly.

Values are asked for as they stand, and in the near forms of `forms`: written otherwise, and in part.

Controls, each of which answers one objection:

- *look-alikes* ("any value of this kind is likely there"): values of the same pattern that were never in training,
  scored in the same context. The value must beat them: by its odds alone where it was issued at random (the e-value
  |R| q, which by Markov exceeds t with a chance of at most 1/t for a model that never saw it), otherwise by a
  conformal p-value; either way with the false discovery rate over all findings of a category kept below 5 %. It is
  common where more than one in twenty keeps up with it: where one of the first eight does, some 250 are asked.
- *reference model* ("the base model knows it too"): the same under the untuned model. Where one is given, a value that
  it emits as well is common knowledge, and every score is the gain over the reference. Without one, only what was
  issued at random can be attributed, for no base model guesses that; names and phrases it may know stay undecided.
- *mismatched contexts* ("it says that to everyone"): the value after the contexts of other records. Without a reference
  a value that comes out there too stays undecided. For ordinary text it tells boilerplate from memorised text. Where
  there is a reference it never clears a finding: a value that comes out in any context is the worse leak.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from finetooth.attacks import forms, trying
from finetooth.attacks.attack import Advance, Approach, Result
from finetooth.attacks.outcome import Outcome, likeliest
from finetooth.attacks.quarry import Material
from finetooth.targets.target import EVERYTHING, Capabilities, Target


class Targeted:
    """Every finding, and a sample of ordinary sentences, each after the training context that it stood in."""

    name = "targeted"

    def approaches(self, material: Material, capabilities: Capabilities = EVERYTHING) -> list[Approach]:
        """Return the approaches to each quarry that is a finding, held out or not, or an ordinary sentence.

        One after each context of it that was gathered, and after all these the ones to the near forms of the values.
        """
        tried = [
            (position, quarry)
            for position, quarry in enumerate(material.quarries)
            if quarry.population in ("findings", "holdout", "ordinary") and quarry.place is None
        ]
        plain = [
            Approach(position, context, value)
            for position, quarry in tried
            for context, value in ((quarry.context, quarry.value), *quarry.elsewhere)
        ]
        return plain + [approach for position, quarry in tried for approach in forms.approaches(position, quarry)]

    def run(self, material: Material, target: Target, reference: Target | None, advance: Advance) -> Result:
        """Score each value after its context, with its controls."""
        result = trying.run(
            self.name,
            self.approaches(material),
            material,
            target,
            reference,
            advance,
            drawn_controls=trying.LOOKALIKES_DRAWN,
        )
        return replace(result, outcomes=_by_value(result.outcomes))


def _by_value(outcomes: Sequence[Outcome]) -> tuple[Outcome, ...]:
    """Return one outcome for all contexts of a value (`likeliest`)."""
    places: dict[int, list[Outcome]] = {}
    for outcome in outcomes:
        if outcome.verbatim:
            places.setdefault(id(outcome.quarry), []).append(outcome)
    first = {id(members[0]): likeliest(members) for members in places.values()}
    return tuple(first.get(id(each), each) for each in outcomes if not each.verbatim or id(each) in first)
