"""How an attack that scores is run: each approach with its controls, under the tuned and the reference model.

The controls are those of `targeted`, whose docstring argues for them: look-alikes of the value after the same context,
and the value after the contexts of other approaches to values of its kind.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from random import Random

from finetooth.attacks.attack import Advance, Approach, Method, Result
from finetooth.attacks.lookalikes import Lookalike, Words, drawn, entropy_bits, lookalikes, retold, word_pool
from finetooth.attacks.outcome import ENOUGH, Outcome, likeliest
from finetooth.attacks.quarry import TELLING, Material, Quarry
from finetooth.metrics.discoverability import discoverable
from finetooth.targets.target import Answer, Capabilities, Likelihood, Target, Unanswered
from finetooth.trial import Arm, Context, Trial

LOOKALIKES = 8
LOOKALIKES_DRAWN = 130  # of a password: they share its context, so they are cheap, and a single leak has to stand out
MORE = 256  # of a value that seems to leak, and for which those are too few, so that it is ranked among its own
MORE_APART = 160  # where each has a context of its own, which has to be read
MISMATCHED = 2

METHODS: dict[str, Method] = {"exact": "log-likelihood", "bounds": "bounds", "none": "sampling"}
"""How a target's likelihoods were measured, by what it declares."""

POWER = {
    "exact": "",
    "bounds": "probabilities are known within bounds only; what these leave open is undecided",
    "none": "probabilities are estimated from a few samples; what these do not show may still be extractable, and "
    "stays undecided",
}
"""What is lost where a target gives no exact probabilities."""


def run(
    name: str,
    approaches: Sequence[Approach],
    material: Material,
    target: Target,
    reference: Target | None,
    advance: Advance,
    *,
    drawn_controls: int = LOOKALIKES,
) -> Result:
    """Score every approach, with its controls.

    In two rounds, so that nothing is asked that decides nothing: first the tuned model for every value, and for the
    look-alikes of those that are told from them by rank; then, for what it emits, everything else.

    Args:
        name: of the attack; the controls that are drawn depend on it and on the approach alone.
        approaches: what to try.
        material: what they are approaches to.
        target: the tuned model.
        reference: the untuned model, if there is one.
        advance: is told how many more trials were answered.
        drawn_controls: how many look-alikes a value has that is drawn by character, but whose odds are not known.
    """
    drawing = _Drawing(name, material.quarries)
    trials = list(_trials(drawing, approaches, material.quarries, drawn_controls))
    by_odds = [_by_odds(approach, material.quarries[approach.position]) for approach in approaches]

    def at_once(trial: Trial) -> bool:
        return trial.arm == "target" or (trial.arm == "lookalike" and not by_odds[trial.target])

    tuned, base = _Asked(target, trials, advance), _Asked(reference, trials, advance)
    tuned.ask(at_once)
    emitted = {trial.target for trial, answer in tuned.answers() if trial.arm == "target" and _emitted(answer)}
    tuned.ask(lambda trial: trial.target in emitted and not at_once(trial))
    wanted = {id(trial) for trial, answer in tuned.answers() if trial.arm != "mismatched" and _emitted(answer)}
    base.ask(lambda trial: id(trial) in wanted)
    more = list(_more_lookalikes(drawing, approaches, material.quarries, tuned, base))
    tuned.ask_more(more)
    base.ask_more([trial for trial in more if _emitted(tuned.by_trial[id(trial)])])
    return Result(
        attack=name,
        method=METHODS[target.capabilities.log_likelihood],
        outcomes=tuple(_outcomes(name, approaches, material.quarries, tuned, base)),
        trials=len(tuned.by_trial) + len(base.by_trial),
        failures=tuned.failures() + base.failures(),
        power="; ".join(filter(None, (POWER[target.capabilities.log_likelihood], *target.limits))),
    )


def against(name: str, approach: Approach, quarry: Quarry, words: Words) -> list[Trial]:
    """Return the trial of a finding's value, and after it those of look-alikes of it, at most `LOOKALIKES`.

    Args:
        name: what the look-alikes depend on, with the approach.
        approach: to the finding.
        quarry: the finding.
        words: what names and places are made of.
    """
    entity = quarry.entity_type or ""
    made = lookalikes(entity, quarry.value, approach.context, words, LOOKALIKES, Random(name))  # noqa: S311 - as in `_Drawing`
    return [
        Trial(approach.position, "target", approach.context, approach.value),
        *(Trial(approach.position, "lookalike", each.context, each.value) for each in made),
    ]


def askable(context: Context, capabilities: Capabilities) -> bool:
    """Tell whether a model can be asked to go on from a context."""
    if isinstance(context, str):
        return capabilities.raw_text
    return capabilities.any_turn or (context[-1].role == "assistant" and not context[-1].text)


class _Asked:
    """What one model has answered so far."""

    def __init__(self, model: Target | None, trials: Sequence[Trial], advance: Advance) -> None:
        self._model, self._advance = model, advance
        self._trials = trials
        self.by_trial: dict[int, Answer] = {}

    def ask(self, wanted: Callable[[Trial], bool]) -> None:
        """Ask for the trials that are wanted; no model is asked where there is none."""
        self._ask([trial for trial in self._trials if wanted(trial)])

    def ask_more(self, trials: Sequence[Trial]) -> None:
        """Ask for trials that were not thought of before."""
        if self._model:
            self._trials = [*self._trials, *trials]
            self._ask(trials)

    def _ask(self, chosen: Sequence[Trial]) -> None:
        if self._model and chosen:
            answers = self._model.log_likelihood(chosen, self._advance)
            self.by_trial.update((id(trial), answer) for trial, answer in zip(chosen, answers, strict=True))

    def answers(self) -> list[tuple[Trial, Answer]]:
        """Return the trials that were asked for, with their answers."""
        return [(trial, self.by_trial[id(trial)]) for trial in self._trials if id(trial) in self.by_trial]

    def known(self, trial: Trial) -> Likelihood | None:
        """Return the number of a trial, or None where it was not asked for or not answered."""
        answer = self.by_trial.get(id(trial))
        return answer if isinstance(answer, Likelihood) else None

    def failures(self) -> Counter[str]:
        """Count the trials without an answer, by reason."""
        return Counter(answer.reason for answer in self.by_trial.values() if isinstance(answer, Unanswered))


def _more_lookalikes(
    drawing: _Drawing, approaches: Sequence[Approach], quarries: Sequence[Quarry], tuned: _Asked, base: _Asked
) -> Iterable[Trial]:
    """Yield further look-alikes of what seems to leak, where those it has are too few to tell.

    They are where its type has too few values for it to be ranked among theirs, and where one of them keeps up with it,
    of which eight cannot tell whether one in eight does, or one in a hundred.
    """
    contexts: dict[tuple[int, bool], list[Outcome]] = {}
    for approach, outcome in zip(approaches, _outcomes("", approaches, quarries, tuned, base), strict=True):
        contexts.setdefault(_value(approach), []).append(outcome)
    values = {value: likeliest(members) for value, members in contexts.items()}
    controls = Counter[tuple[str | None, bool]]()
    for outcome in values.values():
        controls[outcome.quarry.entity_type, outcome.verbatim] += len(outcome.lookalikes)
    had = {(trial.target, trial.continuation) for trial, _ in tuned.answers() if trial.arm == "lookalike"}
    for number, approach in enumerate(approaches):
        quarry, outcome = quarries[approach.position], values[_value(approach)]
        few = controls[quarry.entity_type, approach.verbatim] < ENOUGH
        if (
            outcome.seems_to_leak
            and (outcome.rivals == 1 or (few and not outcome.rivals))
            and quarry.finding
            and not drawn(quarry.finding.entity_type)
            and not _by_odds(approach, quarry)
        ):
            made = drawing.lookalikes(approach, quarry, MORE, drawing.random(approach))
            alone = all(lookalike.context == approach.context for lookalike in made)
            form = approach.form or str
            new = [each for each in made if (number, form(each.value)) not in had]
            for lookalike in new[: (MORE if alone else MORE_APART) - LOOKALIKES]:
                yield Trial(number, "lookalike", lookalike.context, form(lookalike.value))


def _value(approach: Approach) -> tuple[int, bool]:
    """Name what an approach asks for: all contexts of a value are looked at together."""
    return approach.position, approach.verbatim


def _emitted(answer: Answer) -> bool:
    """Tell whether the model may emit it: whether that can be ruled out."""
    return isinstance(answer, Likelihood) and discoverable(answer.high)


def _by_odds(approach: Approach, quarry: Quarry) -> bool:
    """Tell whether a value is told from chance by its odds, so that no look-alike has to beat it."""
    return (
        quarry.finding is not None
        and (_whole(approach) or _tail(approach, quarry) is not None)
        and entropy_bits(quarry.finding.entity_type, quarry.value) is not None
    )


class _Drawing:
    """How the controls of one attack are drawn: what look-alikes are made of, and what they must not be."""

    def __init__(self, name: str, quarries: Sequence[Quarry]) -> None:
        values = [(quarry.finding.entity_type, quarry.value) for quarry in quarries if quarry.finding]
        self.words = word_pool(values)
        self._name = name
        # What is put together from the words of several values may be another one.
        self._known = frozenset((entity, value.casefold()) for entity, value in values)

    def random(self, approach: Approach) -> Random:
        """Return what decides the controls: alike for all approaches to one value.

        So what a model has read for one of them need not be read for the others.
        """
        return Random(f"{self._name} {approach.position}")  # noqa: S311 - controls need no secrecy, but they must repeat

    def lookalikes(self, approach: Approach, quarry: Quarry, count: int, random: Random) -> list[Lookalike]:
        """Return up to ``count`` look-alikes of a finding that are no values of the data."""
        entity = quarry.entity_type or ""
        plain = quarry.value if approach.form else approach.value
        made = lookalikes(entity, plain, approach.context, self.words, count, random)
        return [lookalike for lookalike in made if (entity, lookalike.value.casefold()) not in self._known]


def _trials(
    drawing: _Drawing, approaches: Sequence[Approach], quarries: Sequence[Quarry], drawn_controls: int
) -> Iterable[Trial]:
    """Yield the trials of all arms."""
    kinds: dict[str | None, list[Approach]] = {}
    for approach in approaches:
        if approach.verbatim:
            kinds.setdefault(quarries[approach.position].entity_type, []).append(approach)
    for number, approach in enumerate(approaches):
        quarry = quarries[approach.position]
        yield Trial(number, "target", approach.context, approach.value)
        for arm, context, value in _controls(
            drawing, approach, quarry, kinds.get(quarry.entity_type, ()), drawn_controls
        ):
            yield Trial(number, arm, context, value)


def _controls(
    drawing: _Drawing, approach: Approach, quarry: Quarry, kind: Sequence[Approach], drawn_controls: int
) -> list[tuple[Arm, Context, str]]:
    random = drawing.random(approach)
    others = _others(approach, kind, random)
    if quarry.finding is None:
        # Another span of training text is the look-alike of a span: as ordinary, but not what stood here. A record that
        # holds details has a better one: itself, with others in their place.
        alike = [(approach.context, other.value) for other in others[MISMATCHED:]]
        if quarry.place is not None:
            own = retold(approach.context, approach.value, quarry.fellows, drawing.words, LOOKALIKES, random)
            if own or len(quarry.value) < TELLING:
                alike = [(lookalike.context, lookalike.value) for lookalike in own]
    else:
        entity = quarry.finding.entity_type
        count = drawn_controls if drawn(entity) and not _by_odds(approach, quarry) else LOOKALIKES
        form = approach.form or str
        made = drawing.lookalikes(approach, quarry, count, random)
        alike = [(lookalike.context, form(lookalike.value)) for lookalike in made]
    return [
        *(("lookalike", context, value) for context, value in alike),
        *(("mismatched", other.context, approach.value) for other in others[:MISMATCHED]),
    ]


def _others(approach: Approach, kind: Sequence[Approach], random: Random) -> list[Approach]:
    """Return other approaches of the same kind, in random order: first those that lend a context, then a value."""
    wanted = MISMATCHED + LOOKALIKES
    chosen = random.sample(kind, min(len(kind), 2 * wanted))
    others = (other for other in chosen if other.value != approach.value and other.context != approach.context)
    return list(islice(others, wanted))


def _outcomes(
    name: str, approaches: Sequence[Approach], quarries: Sequence[Quarry], tuned: _Asked, base: _Asked
) -> Iterable[Outcome]:
    arms: list[dict[Arm, list[tuple[Likelihood, Likelihood | None]]]] = [
        {"target": [], "lookalike": [], "mismatched": []} for _ in approaches
    ]
    for trial, _ in tuned.answers():
        known = tuned.known(trial)
        if known is not None:
            arms[trial.target][trial.arm].append((known, base.known(trial)))
    for approach, arm in zip(approaches, arms, strict=True):
        own, own_reference = arm["target"][0] if arm["target"] else (None, None)
        yield Outcome(
            attack=name,
            quarry=quarries[approach.position],
            tuned=own,
            reference=own_reference,
            mismatched=tuple(each.log_probability for each, _ in arm["mismatched"]),
            lookalikes=tuple(arm["lookalike"]),
            verbatim=approach.verbatim,
            whole=_whole(approach),
            tail=_tail(approach, quarries[approach.position]),
        )


def _whole(approach: Approach) -> bool:
    return approach.verbatim or (approach.form is not None and not approach.part)


def _tail(approach: Approach, quarry: Quarry) -> str | None:
    return approach.value if approach.part and quarry.value.endswith(approach.value) else None


def filled(text: str, parts: Mapping[str, str]) -> str:
    """Return a text with its placeholders filled in, all at once: what is filled in may hold braces of its own."""
    pattern = re.compile("|".join(map(re.escape, parts)))
    return pattern.sub(lambda found: parts[found.group()], text)
