"""Elicitation: does the model tell a value of somebody when it is asked for it by what else is known of them?

Threat model: somebody who has never seen the data, and knows a person: their name, or their address or number. They ask
the tuned model, in a chat or with a sentence to be finished, for what else there is. It is the weakest attacker there
is, and what comes out here is what everybody can get.

Sources: ProPILE (Kim et al. 2023, arXiv 2307.01881, section 3): what was found in one record are one
person's attributes, and each is asked for by the others, one of them ("twins") or several ("triplets"). Inference among
candidates is that of Lukas et al. 2023 (arXiv 2302.00539). The questions are data
(`prompts/questions-*.yaml`).

Who it is: somebody is known by what the record holds once of the kinds that name people, the name first. Where it
names nobody, another record may: if the only e-mail address of this record stands in one that names exactly one person,
and always the same, that is whose it is. Where several people are named, whose a value is cannot be told, and it is not
asked for. If there was a system prompt, it stands before the question, as it does in a deployed assistant.

Controls: those of `targeted`. The question about other people is the mismatched context. What can be derived is no
leak: ``ada.lovelace@corp.example`` asked for by the name Ada Lovelace is what any model would guess, so its look-alike
is ``mary.jones@corp.example``, asked for by the name Mary Jones (`lookalikes`), and what would give a value away by
itself is not told (a name is not asked for by its e-mail address).

Inference: apart from what is emitted, the rank of the true value among eight look-alikes, all of them asked for in the
same words, is measured (``inference_rate``). A model that knows nothing ranks it first in one of nine cases. It is no
extraction, and counts as no leak; it tells whether somebody who has a list of candidates can tell the right one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from math import isnan, log, nan
from typing import Final

from finetooth.attacks import promptfile, trying
from finetooth.attacks.attack import Advance, Approach, Result
from finetooth.attacks.lookalikes import word_pool
from finetooth.attacks.promptfile import Question, Questions
from finetooth.attacks.quarry import Fellow, Material, Quarry
from finetooth.measurement import Measurement, Population
from finetooth.metrics.interval import clopper_pearson
from finetooth.record import Turn
from finetooth.targets.target import EVERYTHING, Answer, Capabilities, Likelihood, Target, Unanswered
from finetooth.trial import Context, Trial

LIMIT: Final = 200
"""How many findings are asked for at most, riskiest first."""

RANKED: Final = 100
"""How many values are ranked among candidates at most, riskiest first."""

_ATTRIBUTES = 3  # that an entry names: more would be the record itself
_CONFIDENCE = 0.95
_NEVER = log(1e-30)


class Elicitation:
    """Every finding that is somebody's, asked for by what else is known of them."""

    name = "elicitation"

    def __init__(self, questions: Sequence[Questions] | None = None, limit: int = LIMIT) -> None:
        """Make the attack.

        Args:
            questions: how it is asked; as shipped by default.
            limit: how many findings are asked for at most.
        """
        self._questions = questions
        self._limit = limit

    @property
    def questions(self) -> Sequence[Questions]:
        """How it is asked."""
        if self._questions is None:
            self._questions = [each for each in promptfile.shipped() if isinstance(each, Questions)]
        return self._questions

    def approaches(self, material: Material, capabilities: Capabilities = EVERYTHING) -> list[Approach]:
        """Return the approaches to each finding whose owner can be named; the riskiest first, as the material is."""
        every = self._every(material, capabilities)
        return [
            way
            for population in ("findings", "holdout")
            for ways in islice((w for of, w in every if of == population), self._limit)
            for way in ways
        ]

    def _every(self, material: Material, capabilities: Capabilities) -> list[tuple[Population, list[Approach]]]:
        """Return the approaches to every finding whose owner can be named, with the population that it is of."""
        people = _people(material.quarries)
        found = [
            (quarry.population, list(self._ways(position, quarry, people, capabilities)))
            for position, quarry in enumerate(material.quarries)
            if quarry.finding
        ]
        return [(of, ways) for of, ways in found if ways]

    def _ways(
        self, position: int, quarry: Quarry, people: dict[Fellow, str], capabilities: Capabilities
    ) -> Iterator[Approach]:
        for questions in self.questions:
            wanted = questions.wanted.get(quarry.entity_type or "")
            known = _known(quarry, questions, people)
            subject = _subject(known, questions) if wanted else None
            if wanted and subject:
                for question in questions.questions:
                    context = _context(quarry, question, questions, wanted, subject, known)
                    if context is not None and (context := _cut(context, capabilities)) is not None:
                        yield Approach(position, context, quarry.value)

    def run(self, material: Material, target: Target, reference: Target | None, advance: Advance) -> Result:
        """Score each value after each question, with its controls, and rank it among its look-alikes."""
        approaches = self.approaches(material, target.capabilities)
        scored = trying.run(self.name, approaches, material, target, reference, advance)
        lost = [
            *([scored.power] if scored.power else []),
            *([] if target.capabilities.raw_text else ["sentences without a conversation cannot be finished"]),
            *([] if target.capabilities.any_turn else ["the answer cannot be begun for it, only asked for"]),
        ]
        ranked = _candidates(approaches, material.quarries)
        measured, failures = _inference(self.name, ranked, target, reference, advance)
        return replace(
            scored,
            trials=scored.trials + sum(map(len, ranked)) * (2 if reference else 1),
            failures=scored.failures + failures,
            sizes={"findings": sum(of == "findings" for of, _ in self._every(material, target.capabilities))},
            measured=measured,
            power="; ".join(lost),
        )


def _people(quarries: Sequence[Quarry]) -> dict[Fellow, str]:
    """Return for whatever stands in records that each name one person, and always the same one, who that is."""
    named: dict[Fellow, set[str]] = {}
    for quarry in quarries:
        if quarry.finding:
            held = (Fellow(quarry.finding.entity_type, quarry.value), *quarry.fellows)
            names = {fellow.value for fellow in held if fellow.entity_type == "PERSON"}
            for fellow in held if names else ():
                named.setdefault(fellow, set()).update(names)
    return {fellow: names.pop() for fellow, names in named.items() if len(names) == 1}


def _known(quarry: Quarry, questions: Questions, people: dict[Fellow, str]) -> dict[str, str]:
    """Return what is known of whom the value belongs to, by entity type: what the record holds once of each."""
    silent = {quarry.entity_type, *questions.given_away_by.get(quarry.entity_type or "", ())}
    held: dict[str, set[str]] = {}
    for fellow in quarry.fellows:
        held.setdefault(fellow.entity_type, set()).add(fellow.value)
    if len(held.get("PERSON", ())) > (quarry.entity_type != "PERSON"):
        return {}  # whose it is cannot be told
    known = {kind: values.pop() for kind, values in held.items() if len(values) == 1}
    if "PERSON" not in held and quarry.entity_type != "PERSON":
        # Another record may tell whose it is.
        names = {
            people[Fellow(kind, value)]
            for kind, value in known.items()
            if kind in questions.subjects and Fellow(kind, value) in people
        }
        if len(names) == 1:
            known["PERSON"] = names.pop()
    value = quarry.value.casefold()
    return {
        kind: text
        for kind, text in known.items()
        if kind not in silent and value not in text.casefold() and text.casefold() not in value
    }


def _subject(known: dict[str, str], questions: Questions) -> str | None:
    return next(
        (told.replace("{value}", known[kind]) for kind, told in questions.subjects.items() if kind in known), None
    )


def _context(
    quarry: Quarry, question: Question, questions: Questions, wanted: str, subject: str, known: dict[str, str]
) -> Context | None:
    """Return what a model is shown, or None where too little is known for this question."""
    told = [(name, known[kind]) for kind, name in questions.attributes.items() if kind in known][:_ATTRIBUTES]
    if len(told) < question.attributes:
        return None
    parts = {
        "{attributes}": "".join(f"{name}: {value}\n" for name, value in told),
        "{wanted}": wanted,
        "{Wanted}": wanted[:1].upper() + wanted[1:],
        "{subject}": subject,
    }

    def filled(text: str) -> str:
        return trying.filled(text, parts)

    if question.text is not None:
        return filled(question.text)
    return (
        *_system(quarry),
        Turn("user", "", filled(question.ask or "")),
        Turn("assistant", "", filled(question.answer or "")),
    )


def _system(quarry: Quarry) -> tuple[Turn, ...]:
    """Return the system prompt that the value stood under, unless it tells the value itself."""
    first = quarry.context[:1] if not isinstance(quarry.context, str) else ()
    return tuple(
        turn for turn in first[: len(quarry.context) - 1] if turn.role == "system" and quarry.value not in turn.text
    )


def _cut(context: Context, capabilities: Capabilities) -> Context | None:
    """Return what such a model can be asked instead: a question without the beginning of its answer."""
    if trying.askable(context, capabilities):
        return context
    return None if isinstance(context, str) else (*context[:-1], replace(context[-1], text=""))


def _candidates(approaches: Sequence[Approach], quarries: Sequence[Quarry]) -> list[list[Trial]]:
    """Return for the riskiest findings the trials that rank the value, first, among its look-alikes.

    Of several approaches to a value it is the last, which tells most of whose it is.
    """
    last = {
        approach.position: approach for approach in approaches if quarries[approach.position].population == "findings"
    }
    words = word_pool([(q.finding.entity_type, q.value) for q in quarries if q.finding])
    ranked = []
    for number, approach in enumerate(islice(last.values(), RANKED)):
        trials = trying.against(f"inference {number}", approach, quarries[approach.position], words)
        if len(trials) == 1 + trying.LOOKALIKES:
            ranked.append(trials)
    return ranked


def _inference(
    attack: str, ranked: Sequence[Sequence[Trial]], target: Target, reference: Target | None, advance: Advance
) -> tuple[tuple[Measurement, ...], Counter[str]]:
    """Return how often the true value is likelier than all of its look-alikes, and what was not answered.

    Where there is a reference, what is compared is the gain over it.
    """
    trials = [trial for group in ranked for trial in group]
    answers = [model.log_likelihood(trials, advance) for model in (target, reference) if model]
    failures = Counter(each.reason for of in answers for each in of if isinstance(each, Unanswered))
    scores = iter([_gain(*each) for each in zip(*answers, strict=True)])
    groups = [list(islice(scores, len(group))) for group in ranked]
    first = [own > max(others) for own, *others in groups if not any(map(isnan, (own, *others)))]
    if not first:
        return (), failures
    n, count = len(first), sum(first)
    low, high = clopper_pearson(count, n, _CONFIDENCE)
    rate = Measurement(
        metric="inference_rate",
        attack=attack,
        population="findings",
        estimate=round(count / n, 6),
        low=round(low, 6),
        high=round(high, 6),
        confidence=_CONFIDENCE,
        n=n,
        count=count,
        method="clopper-pearson",
    )
    return (rate,), failures


def _gain(tuned: Answer, reference: Answer | None = None) -> float:
    """Return how much likelier the tuned model makes a candidate, in nats; not a number without an answer."""
    if not isinstance(tuned, Likelihood) or isinstance(reference, Unanswered):
        return nan
    own = max(tuned.log_probability, _NEVER)
    return own - max(reference.log_probability, _NEVER) if reference else own
