"""Whether log-probabilities that an endpoint gives can be trusted: asked about itself, before anything rests on them.

Servers are known to give them shifted by a token, after sampling filters, or for another text than was sent. So the
model is first let say something of its own to an innocuous question, and is then asked how probable that was:

- chances are at most 1, at each place and together;
- the token that it took when told to take the likeliest is the likeliest;
- what it said is said to be as probable afterwards as while it said it;
- what it said is more probable than its words in another order;
- a token's number depends on the tokens up to it and on none behind it, which a shift by one would break either way.

None of this needs to know the model, its tokenizer or its language. Each test returns what is wrong, or None.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise, takewhile
from math import exp, fsum, inf

from finetooth.metrics.interval import clopper_pearson
from finetooth.targets.openai_api import Ask, Door, draw, texts_of
from finetooth.targets.openai_reply import Choice, Place
from finetooth.trial import Context

NOT_TOLD = "the tokens of a text are not told"
"""What is no fault: a server that ignores the question."""

_SUM = 1.01  # of chances at one place: 1, and what is lost in rounding
_AGREES = 0.25  # nats, on average: bfloat16 alone moves a token by .14
_UNMOVED = 0.5  # nats that batching in low precision may move one token by; a shift by a token moves it by more
_ZERO = 1e-3  # nats: the log of 1, and what is lost in rounding
_ANSWER = 12  # tokens
_WALK = 3
_DRAWS = 64
_SURE = 0.99995  # two places are tested, so that one server in 10,000 is suspected wrongly
_LEFT = 0.1  # that a token leaves to others, at least, so that draws tell


def answer_of_its_own(door: Door, contexts: Sequence[Context]) -> tuple[Context, Choice] | None:
    """Return the first context that the model has something to say about, at least two words, and what it said."""
    for context in contexts:
        ask = Ask(max_tokens=_ANSWER, greedy=True, likeliest=door.dialect.likeliest)
        said = door.say(context, "", ask).choices[0]
        if len(said.text.split()) > 1:
            return context, said
    return None


def wrong_with_places(places: Sequence[Place]) -> str | None:
    """Look at the tokens of a greedy answer."""
    for place in places:
        if place.log_probability is None or place.log_probability > _ZERO:
            return "a log-probability is above 0 or missing"
        if fsum(map(exp, place.likeliest.values())) > _SUM:
            return "the chances of the likeliest tokens add up to more than 1"
        if place.likeliest and place.log_probability < max(place.likeliest.values()) - _AGREES:
            return "the likeliest token is not the one that the model takes when told to take the likeliest"
    return None


def wrong_with_weighing(door: Door, context: Context, said: Choice) -> str | None:
    """Test the log-probabilities of a given text against what the model said itself."""
    whole = door.weigh(context, said.text)
    first = max(1, _shared(whole, door.weigh(context, "")))
    own = whole[first:]
    if len(own) < 2:  # noqa: PLR2004 - a shift shows between two tokens
        return NOT_TOLD
    if any(place.log_probability is None or place.log_probability > _ZERO for place in own):
        return "a log-probability is above 0 or missing"
    if door.dialect.weighing != "prompt_logprobs" and not _bare(texts_of(whole)).endswith(_bare(said.text)):
        return "the tokens do not join to the text that was sent"
    return _disagreement(own, said) or _shift(door, context, said, whole) or _order(door, context, said, own, first)


def _disagreement(own: Sequence[Place], said: Choice) -> str | None:
    if not said.places:
        return None
    pairs = list(zip(own, said.places, strict=False))
    differences = [abs((left.log_probability or 0.0) - (right.log_probability or 0.0)) for left, right in pairs]
    if fsum(differences) / len(differences) > _AGREES:
        return "a text is not as probable afterwards as while it was said"
    return None


def _shift(door: Door, context: Context, said: Choice, whole: Sequence[Place]) -> str | None:
    """Exchange the last word: nothing before it may change, and the first token of it must."""
    words = said.text.split(" ")
    other = next(word for word in ("quartz", "seven") if word != words[-1])
    changed = door.weigh(context, " ".join([*words[:-1], other]))
    shared = _shared(whole, changed)
    if shared in (0, len(whole), len(changed)):
        return NOT_TOLD
    moved = [abs((a.log_probability or 0.0) - (b.log_probability or 0.0)) for a, b in zip(whole, changed, strict=False)]
    if max(moved[:shared]) > _UNMOVED:
        return "log-probabilities are shifted: a token's changes with the token behind it"
    if moved[shared] < _UNMOVED / 100:
        return "log-probabilities are shifted: a token's is the one of the token before it"
    return None


def _order(door: Door, context: Context, said: Choice, own: Sequence[Place], first: int) -> str | None:
    words = said.text.split()
    reordered = words[::-1] if words[::-1] != words else [*words[1:], "quartz"]
    other = door.weigh(context, " ".join(reordered))[first:]
    if _per_token(own) <= _per_token(other):
        return "a text is no more probable than its words in another order"
    return None


def wrong_with_walking(door: Door, context: Context, said: Choice) -> str | None:
    """Test the likeliest tokens, asked for place by place, against what the model said in one go."""
    if not said.places:
        return "no log-probabilities are given"
    if any(not place.likeliest for place in said.places):
        return "the likeliest tokens of a place are not told"
    tokens = [place.token for place in said.places]
    if not _bare("".join(tokens)).startswith(_bare(said.text)):
        return "the tokens do not join to the text that was said"
    for steps, place in enumerate(said.places[: _WALK + 1]):
        # Asked to draw, so that numbers which a server bends by the temperature show themselves.
        ask = Ask(max_tokens=1, likeliest=door.dialect.likeliest)
        again = door.say(context, "".join(tokens[:steps]), ask).choices[0]
        if not again.places or not again.places[0].likeliest:
            return "the likeliest tokens of a place are not told"
        there = again.places[0].likeliest
        token = max(there, key=lambda each: there[each])
        if token != place.token or abs(there[token] - (place.log_probability or 0.0)) > _UNMOVED:
            return "what comes next is not the same when asked for token by token"
    return wrong_with_places(said.places)


def wrong_with_draws(door: Door, context: Context, said: Choice) -> str | None:
    """Compare how often a token is drawn with how probable it is said to be, where that is least certain.

    Numbers that are bent everywhere alike agree with one another, and with nothing else.
    """
    places = said.places or ()
    chances = [exp(place.log_probability or 0.0) for place in places]
    uncertain = [place for place, chance in enumerate(chances) if chance <= 1 - _LEFT]
    if not uncertain:
        return None  # what is said nearly always tells little in a few draws
    tested = {
        min(uncertain, key=lambda each: abs(chances[each] - 1 / 2)),
        min(uncertain, key=lambda each: chances[each]),
    }
    for place in tested:
        drawn = _drawn(door, context, texts_of(places[:place]))
        if not drawn:
            return None
        low, high = clopper_pearson(drawn.count(places[place].token), len(drawn), _SURE)
        if not low <= chances[place] <= high:
            return "the model does not draw a token as often as it says that it would"
    return None


def _drawn(door: Door, context: Context, begun: str) -> list[str]:
    """Return tokens that were drawn at one place."""
    replies = draw(door, context, begun, Ask(max_tokens=1, n=_DRAWS, likeliest=1))
    return [choice.places[0].token for reply in replies for choice in reply.choices if choice.places]


def goes_on(door: Door, context: Context, said: Choice) -> bool:
    """Tell whether a door goes on from the middle of an answer, and does not begin another one."""
    text = said.text
    halves = [place for place, (a, b) in enumerate(pairwise(text), 1) if a != " " and b == " "]
    cuts = [place for place in halves if not _bare(text[place:]).startswith(_bare(text)[:4])]
    if not cuts:
        return False
    cut = cuts[len(cuts) // 2]
    rest = door.say(context, text[:cut], Ask(max_tokens=_ANSWER, greedy=True)).choices[0].text
    expected, got = _bare(text[cut:]), _bare(rest)
    return bool(expected) and got.startswith(expected[: max(3, len(expected) // 2)])


def _shared(one: Sequence[Place], other: Sequence[Place]) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0].token == pair[1].token, zip(one, other, strict=False)))


def _per_token(places: Sequence[Place]) -> float:
    return fsum(place.log_probability or 0.0 for place in places) / len(places) if places else -inf


def _bare(text: str) -> str:
    return "".join(text.split())
