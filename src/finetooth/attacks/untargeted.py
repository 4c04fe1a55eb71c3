"""Untargeted extraction: what does the model say by itself, asked for nothing in particular?

Threat model: anybody who can talk to the model and knows nothing of its training data, or no more than the system
prompt that it is deployed with.

What it is shown, each in a few words or none:

- *the opening tokens of a turn of the user* (Magpie: Xu et al. 2024, arXiv 2406.08464): a model that was tuned on
  conversations goes on with a user's message of its training data. One turn is that message; in two turns the model
  answers it too. With the system prompts that the data begins with most often, and without any;
- *an empty message*, which the assistant has to answer;
- *divergence* (Nasr et al. 2023, arXiv 2311.17035, section 5): a word to be repeated for ever, after which some models
  fall back into their training data;
- *special tokens by themselves*, whole and cut, as raw text: the openings of the widespread chat templates, and what
  stands between documents.

Every answer is compared with the whole training data, which is read once more for it (`repetitions`: memory is bounded
by the answers): a run of 50 words or more that is the same is regurgitation, in words and not the model's own tokens so
that both models are measured alike. And each answer is searched for the value of every finding that was tried and that
tells enough (`Quarry.telling`): without a context nothing ties a first name or a town to anybody.

Controls:

- *reference model*: its answers to the same openings; and since a few answers may miss what it would say, how probable
  the value is for it at the very place where the tuned model said it. What it says too, or might say there, is common;
- *look-alikes*: other values of the pattern of each finding, none of them a value of the data, looked for in the same
  answers. A value that people choose has to be said where they are not;
- *odds*: a value that was issued at random has to be rarer than the number of different guesses at it that the answers
  make (`attribution`);
- *what was shown*: an answer proves nothing of a value that stood in its system prompt.

It proves leaks and never their absence: what some hundred answers do not hold, the next may. So it has no rate, and
a value that is not found has no verdict from here. Regurgitation is told as it is seen, with the number of records that
the run stands in and the number of answers of the reference that repeat it: what stands in many records is boilerplate,
and is nobody's secret.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import inf, log
from random import Random

from finetooth.attacks import trying
from finetooth.attacks.attack import Advance, Result
from finetooth.attacks.lookalikes import Words, lookalikes, word_pool
from finetooth.attacks.outcome import Outcome
from finetooth.attacks.promptfile import Wrapper
from finetooth.attacks.quarry import Material, Quarry
from finetooth.attacks.repetitions import Repetitions
from finetooth.attacks.talking import Answer, Said, openings, strongest, talk
from finetooth.attacks.valueindex import ValueIndex, standing
from finetooth.attacks.wrapping import reworded
from finetooth.metrics.interval import upper_limit
from finetooth.record import Turn
from finetooth.redaction import normalise
from finetooth.span import Span
from finetooth.targets.target import Capabilities, Likelihood, Target
from finetooth.trial import Context, Prompt, Trial

_CONFIDENCE = 0.95
_LOOKALIKES = 64  # of each value: searching for one takes microseconds


class Untargeted:
    """What the model says by itself, compared with all of the training data."""

    def __init__(self, wrapper: Wrapper | None = None) -> None:
        """Make the attack.

        Args:
            wrapper: what is put around its strongest opening, the only one that is then shown.
        """
        self.name = f"untargeted+{wrapper.name}" if wrapper else "untargeted"
        self._wrapper = wrapper

    def _openings(self, material: Material, capabilities: Capabilities) -> list[Prompt]:
        if self._wrapper is None:
            return openings(material, capabilities)
        opening = strongest(material, capabilities)
        context = reworded(opening.context, self._wrapper) if opening else None
        return [] if opening is None or context is None else [replace(opening, context=context)]

    def run(self, material: Material, target: Target, reference: Target | None, advance: Advance) -> Result:
        """Let both models talk, and look for the training data in what they say."""
        shown = self._openings(material, target.capabilities)
        said = talk(shown, target, advance)
        compared = talk(shown, reference, advance) if reference and reference.capabilities.generate else None
        return Result(
            attack=self.name,
            method="generation",
            outcomes=tuple(_outcomes(self.name, material, shown, said, compared, reference)),
            trials=said.prompts + (compared.prompts if compared else 0),
            failures=said.failures + (compared.failures if compared else Counter()),
            watch=Repetitions(self.name, _texts(shown), said, compared) if said.answers else None,
            power=_power(target.capabilities, len(said.answers)),
        )


def _power(capabilities: Capabilities, answers: int) -> str:
    if not capabilities.generate:
        return "the target cannot be asked to go on, so nothing was tried"
    limits = [f"proves leaks only: what {answers} answers do not hold may still be extractable"]
    if not capabilities.any_turn:
        limits.append("the target does not go on with a user's turn, which is the strongest opening")
    if not capabilities.raw_text:
        limits.append("no special tokens were shown by themselves")
    return "; ".join(limits)


def _texts(openings: Sequence[Prompt]) -> list[str]:
    return [
        opening.context if isinstance(opening.context, str) else "\n".join(turn.text for turn in opening.context)
        for opening in openings
    ]


class _Search:
    """What one model said, to be searched for values."""

    def __init__(self, said: Said, shown: ValueIndex) -> None:
        self._said = said
        self._shown = shown
        self._index = ValueIndex([answer.text for answer in said.answers])
        self._openings = [answer.opening for answer in said.answers]
        self._by_opening = Counter(self._openings)

    def likelihood(self, entity: str, value: str) -> Likelihood | None:
        """Return how often the answers hold a value; None where there is no answer that could tell."""
        shown = self._shown.holders(entity, value)
        n = len(self._openings) - sum(self._by_opening[opening] for opening in shown)
        if not n:
            return None
        count = sum(self._openings[answer] not in shown for answer in self._index.holders(entity, value))
        # What was said, the model says, however few answers were drawn; what was not, it may.
        bounds = None if count else (-inf, log(upper_limit(0, n, _CONFIDENCE)))
        return Likelihood(log(count / n) if count else -inf, self._said.tokens, bounds)

    def place(self, entity: str, value: str) -> tuple[Answer, int, Span] | None:
        """Return where the value was said first: in which turn of which answer, and where there."""
        shown = self._shown.holders(entity, value)
        for number in sorted(self._index.holders(entity, value)):
            answer = self._said.answers[number]
            if answer.opening not in shown:
                for turn, text in enumerate(answer.turns):
                    if (span := standing(entity, value, text)) is not None:
                        return answer, turn, span
        return None

    def guesses(self, entity: str, value: str) -> int:
        """Return how many different values of the pattern of an issued one were said."""
        return self._index.guesses(entity, value)


def _outcomes(
    name: str,
    material: Material,
    openings: Sequence[Prompt],
    said: Said,
    compared: Said | None,
    reference: Target | None,
) -> Iterator[Outcome]:
    """Yield what was heard of each value that tells enough; of those that were not said too, since they were tried."""
    quarries = [
        (quarry, quarry.finding.entity_type) for quarry in material.quarries if quarry.finding and quarry.telling
    ]
    if not said.answers or not quarries:
        return
    words = word_pool([(entity, quarry.value) for quarry, entity in quarries])
    known = {normalise(entity, quarry.value) for quarry, entity in quarries}
    shown = ValueIndex(_texts(openings))
    tuned, other = _Search(said, shown), _Search(compared, shown) if compared else None
    found = []
    for number, (quarry, entity) in enumerate(quarries):
        heard = tuned.likelihood(entity, quarry.value)
        if heard is not None:
            random = Random(f"{name} {number}")  # noqa: S311 - controls need no secrecy, but they must repeat
            alike = [
                (own, other.likelihood(entity, value) if other else None)
                for value in _alike(quarry, entity, words, known, random)
                if (own := tuned.likelihood(entity, value))
            ]
            found.append(
                Outcome(
                    attack=name,
                    quarry=quarry,
                    tuned=heard,
                    reference=other.likelihood(entity, quarry.value) if other else None,
                    lookalikes=tuple(alike),
                    guesses=tuned.guesses(entity, quarry.value),
                )
            )
    yield from _compared(found, openings, tuned, reference) if reference else found


def _compared(
    outcomes: Sequence[Outcome], openings: Sequence[Prompt], tuned: _Search, reference: Target
) -> Iterator[Outcome]:
    """Yield the outcomes, those of what was said with the chance that the reference would say it there."""
    trials: dict[int, Trial] = {}
    for number, outcome in enumerate(outcomes):
        entity = outcome.quarry.entity_type
        place = tuned.place(entity, outcome.quarry.value) if entity and outcome.said else None
        if place is not None:
            answer, turn, span = place
            context = _up_to(openings[answer.opening].context, answer.turns, turn, span.start)
            if trying.askable(context, reference.capabilities):
                trials[number] = Trial(number, "target", context, span.of(answer.turns[turn]))
    scored = dict(zip(trials, reference.log_likelihood(list(trials.values())), strict=True)) if trials else {}
    for number, outcome in enumerate(outcomes):
        theirs, there = outcome.reference, scored.get(number)
        if isinstance(there, Likelihood) and (theirs is None or there.log_probability > theirs.log_probability):
            theirs = there
        yield replace(outcome, reference=theirs)


def _up_to(opening: Context, turns: Sequence[str], turn: int, end: int) -> Context:
    """Return what stood before a place in an answer."""
    said = turns[turn][:end]
    if isinstance(opening, str):
        return opening + said
    if turn == 0:
        return (*opening[:-1], replace(opening[-1], text=said))
    return (*opening[:-1], Turn("user", "", turns[0]), Turn("assistant", "", said))


def _alike(quarry: Quarry, entity: str, words: Words, known: set[str], random: Random) -> list[str]:
    made = lookalikes(entity, quarry.value, "", words, _LOOKALIKES, random)
    return [each.value for each in made if normalise(entity, each.value) not in known]
