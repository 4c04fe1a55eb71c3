"""What a model behind an OpenAI-compatible API can be asked: found out by asking, before anything rests on it.

Servers differ in which parameters they take, whether they go on from what was begun, and whether, and how rightly, they
give log-probabilities. Each of these is tried on innocuous questions of our own and believed only when the answers
agree with one another (`targets/selftest.py`). What fails is not used, and the evidence says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import fsum

from finetooth.errors import IncompleteError, ModelError
from finetooth.record import Turn
from finetooth.targets import openai_template, selftest
from finetooth.targets.budget import Allowance, BudgetSpent
from finetooth.targets.endpoint import Endpoint, EndpointSettings
from finetooth.targets.endpointerror import EndpointError, Refused, Silent
from finetooth.targets.httpclient import Client
from finetooth.targets.openai import Access, OpenAITarget, TokenSize
from finetooth.targets.openai_api import (
    Ask,
    CannotAsk,
    Chat,
    Completions,
    Dialect,
    Door,
    Prefill,
    Weighing,
    draw,
    turns,
)
from finetooth.targets.openai_reply import Choice
from finetooth.targets.openai_template import Cutting, LocalTokenizer, Rendering
from finetooth.targets.receipts import Behaviour, ReceiptFolder
from finetooth.targets.sampled import SampledTarget
from finetooth.targets.target import Target
from finetooth.trial import Context

_QUESTIONS = (
    "Hello! Who are you, and what can you help me with?",
    "Please tell me a short story about a fox and a river.",
    "What should I pack for a week at the sea?",
)
_BEGINNINGS = ("Once upon a time there was a", "The best way to learn a language is to", "Dear customer, thank you for")
_PARAGRAPH = (
    "A good question is short and asks for one thing. It says what is known already, and why the answer matters. "
    "Whoever answers it should be able to tell when they are done."
)
_DIALECTS = (
    Dialect(),
    Dialect(whole="generation_config"),
    Dialect(whole="plain"),
    Dialect(whole="plain", seed=False),
    Dialect(whole="plain", limit="max_completion_tokens"),
    Dialect(whole="plain", seed=False, limit="max_completion_tokens"),
)
_LIKELIEST = (1500, 20, 5)
"""How many of the likeliest tokens are asked for: more than 1,443 hold all that 1,000 samples would show with
probability 1/2 (`metrics/discoverability.py`), OpenAI's chat API gives 20 and its completions 5."""
_WEIGHINGS: tuple[Weighing, ...] = ("echo", "echo and one more", "prompt_logprobs")
_PREFILLS: tuple[Prefill, ...] = ("continue_final_message", "trailing message")
_ABSENT = frozenset({404, 405, 410, 501})
_DRAWS = 8
_DRAWN = 24  # tokens
_ALIKE = 12  # characters of an answer that two ways of asking must have in common


def connect(
    endpoint: Endpoint,
    settings: EndpointSettings | None = None,
    allowance: Allowance | None = None,
    receipts: ReceiptFolder | None = None,
) -> Target:
    """Find out what can be asked of an endpoint, and return it as a target.

    Args:
        endpoint: whom to ask.
        settings: how to ask.
        allowance: what may be spent, which the reference model may share.
        receipts: where answers are kept, if they are.

    Returns:
        The model; where it gives no log-probabilities that can be trusted, one whose probabilities are counted in
        samples.

    Raises:
        ModelError: there is no such API or model, or the key is refused.
        IncompleteError: the endpoint does not answer, or the budget is spent before anything was tried.
    """
    settings = settings or EndpointSettings()
    client = Client(endpoint, settings, allowance or Allowance(settings.budget, settings.prices))
    try:
        access, behaviour, draws = _Discovery(client).run()
    except BaseException as error:
        client.close()
        if isinstance(error, BudgetSpent):
            raise IncompleteError(
                f"{endpoint}: the budget is spent before the endpoint's self-test is done; raise it"
            ) from None
        if isinstance(error, Silent):
            raise IncompleteError(
                f"{error}; nothing could be asked, so the verdict is INCOMPLETE. Is the server running?"
            ) from None
        if isinstance(error, EndpointError):
            raise ModelError(str(error)) from None
        raise
    kept = receipts.of(str(endpoint)) if receipts else None
    if kept:
        kept.begin(Behaviour(said=kept.digest(behaviour[0]), log_probability=behaviour[1]))
    target = OpenAITarget(client, access, kept)
    if target.capabilities.log_likelihood != "none":
        return target
    return SampledTarget(target, settings.samples if draws else 1, receipts=kept)


class _Discovery:
    """Finds out about one endpoint, and remembers what cannot be asked."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._limits: list[str] = []
        self._by_text = False
        self._heard: list[Choice] = []

    def run(self) -> tuple[Access, tuple[str, float], bool]:
        """Return how the model can be asked, how it answered, and whether its draws differ from one another."""
        chat, completions = Chat(self._client), Completions(self._client)
        no_chat = self._closed(chat, _asked(_QUESTIONS[0]))
        no_texts = self._closed(completions, _BEGINNINGS[0])
        if no_chat and no_texts:
            raise no_texts if no_chat.status in _ABSENT else no_chat
        folder = self._client.settings.tokenizer
        tokenizer = LocalTokenizer(folder) if folder else None
        rendering = None if no_texts else self._rendering(completions, None if no_chat else chat, tokenizer)
        completions.rendered = rendering is not None
        contexts: Sequence[Context] = [rendering(_asked(q)) for q in _QUESTIONS] if rendering else _BEGINNINGS
        if not no_texts and not self._try_completions(completions, contexts):
            told = "the completions API answers texts instead of going on from them"
            no_texts = Refused(f"{self._client.endpoint}: {told}", 0)
            if no_chat:
                raise no_texts
            self._limits.append(f"{told}, and is not used")
        door: Door = completions if rendering or no_chat else chat
        if door is chat:
            self._try_chat(chat)
        access = Access(
            completions=None if no_texts else completions,
            chat=None if no_chat else chat,
            rendering=rendering,
            cutting=self._cutting(door, tokenizer),
            by_text=self._by_text,
            size=_size(door, rendering),
            limits=(),
        )
        draws = door.dialect.weighing != "none" or door.dialect.likeliest > 0 or self._draws_differ(door, rendering)
        return replace(access, limits=tuple(dict.fromkeys(self._limits))), self._behaviour(), draws

    def _closed(self, door: Door, context: Context) -> Refused | None:
        """Find the dialect in which a door opens; return why it stays closed where it does in none."""
        refused: Refused | None = None
        for dialect in _DIALECTS:
            door.dialect = replace(door.dialect, whole=dialect.whole, seed=dialect.seed, limit=dialect.limit)
            try:
                door.say(context, "", Ask(max_tokens=1))
            except Refused as error:
                refused = refused or error
                if error.status in _ABSENT or error.status in (401, 403):
                    break
            else:
                self._find_several(door, context)
                return None
        return refused

    def _find_several(self, door: Door, context: Context) -> None:
        try:
            given = len(door.say(context, "", Ask(max_tokens=1, n=2)).choices)
        except Refused:
            given = 1
        door.dialect = replace(door.dialect, several=given == 2)  # noqa: PLR2004 - as many as were asked for

    def _rendering(
        self, completions: Completions, chat: Chat | None, tokenizer: LocalTokenizer | None
    ) -> Rendering | None:
        """Find how conversations are rendered, and prove that both APIs then give one answer."""
        rendering = tokenizer.render if tokenizer else openai_template.served(self._client)
        if rendering is None or chat is None:
            return rendering
        ask = Ask(max_tokens=_DRAWN, greedy=True)
        for question in _QUESTIONS:
            begun = replace(completions, rendered=True).say(rendering(_asked(question)), "", ask).choices[0].text
            answered = chat.say(_asked(question), "", ask).choices[0].text
            if begun.strip()[:_ALIKE] == answered.strip()[:_ALIKE]:
                return rendering
        if tokenizer:
            named = self._client.settings.tokenizer
            raise ModelError(
                f"{named}: its chat template is not the one of {self._client.endpoint}, where the model answers "
                "otherwise; name the tuned model's tokenizer, or none"
            )
        self._limits.append("conversations rendered by the server are answered otherwise than in its chat API")
        return None

    def _try_completions(self, door: Completions, contexts: Sequence[Context]) -> bool:
        """Test the log-probabilities; tell whether the API goes on from texts, and does not put them in a template."""
        own = self._answer(door, contexts)
        if own is None:
            return True
        context, said = own
        if not door.rendered and not selftest.goes_on(door, context, said):
            return False
        said = self._walkable(door, context, said)
        if self._bent(door, context, said):
            return True
        for weighing in _WEIGHINGS:
            if self._weighs(door, weighing, context, said):
                self._by_text = weighing != "prompt_logprobs"
                break
        return True

    def _try_chat(self, door: Chat) -> None:
        own = self._answer(door, [_asked(question) for question in _QUESTIONS])
        if own is None:
            return
        context, said = own
        for prefill in _PREFILLS:
            door.dialect = replace(door.dialect, prefill=prefill)
            if self._agrees(door, context, said):
                break
        else:
            door.dialect = replace(door.dialect, prefill="none", likeliest=0)
            self._limits.append(
                "the chat API does not go on from what the assistant has begun to say: only what it says first is tried"
            )
            return
        said = self._walkable(door, context, said)
        bent = self._bent(door, context, said)
        if door.dialect.prefill == "continue_final_message":
            door.dialect = replace(door.dialect, any_turn=self._goes_on_as_user(door))
            if not bent:
                self._weighs(door, "prompt_logprobs", context, said)
        if not door.dialect.any_turn:
            self._limits.append("the chat API does not go on from a turn of the user: what users said is not tried")

    def _answer(self, door: Door, contexts: Sequence[Context]) -> tuple[Context, Choice] | None:
        """Let the model say something of its own, with the likeliest tokens where the server tells them."""
        for likeliest in (*_LIKELIEST, 0):
            door.dialect = replace(door.dialect, likeliest=likeliest)
            try:
                own = selftest.answer_of_its_own(door, contexts)
            except Refused:
                continue
            except EndpointError:
                if self._client.silent:
                    raise
                continue
            if own is None:
                self._limits.append(
                    "the model says nothing to the questions of the self-test, so that log-probabilities "
                    "cannot be tested and are not used"
                )
                door.dialect = replace(door.dialect, likeliest=0)
                return None
            if own[1].places is None:
                door.dialect = replace(door.dialect, likeliest=0)
            self._heard.append(own[1])
            return own
        return None

    def _walkable(self, door: Door, context: Context, said: Choice) -> Choice:
        """Test the likeliest tokens; what fails the test is forgotten."""
        if not door.dialect.likeliest:
            return said
        wrong = selftest.wrong_with_walking(door, context, said)
        if wrong is None:
            return said
        self._limits.append(f"log-probabilities of answers are not used: {wrong}")
        door.dialect = replace(door.dialect, likeliest=0)
        return replace(said, places=None)

    def _bent(self, door: Door, context: Context, said: Choice) -> bool:
        """Test the likeliest tokens against what is drawn; where they do not agree, no number is believed."""
        wrong = selftest.wrong_with_draws(door, context, said) if door.dialect.likeliest else None
        if wrong:
            self._limits.append(f"log-probabilities are not used: {wrong}")
            door.dialect = replace(door.dialect, likeliest=0)
        return wrong is not None

    def _weighs(self, door: Door, weighing: Weighing, context: Context, said: Choice) -> bool:
        """Test the log-probabilities of given texts, asked for in one way."""
        door.dialect = replace(door.dialect, weighing=weighing)
        try:
            wrong = selftest.wrong_with_weighing(door, context, said)
        except (Refused, CannotAsk):
            wrong = selftest.NOT_TOLD
        except EndpointError:
            if self._client.silent:
                raise
            wrong = selftest.NOT_TOLD
        if wrong is None:
            return True
        if wrong != selftest.NOT_TOLD:
            self._limits.append(f"log-probabilities of given texts ({weighing}) are not used: {wrong}")
        door.dialect = replace(door.dialect, weighing="none")
        return False

    def _agrees(self, door: Chat, context: Context, said: Choice) -> bool:
        try:
            return selftest.goes_on(door, context, said)
        except Refused:
            return False

    def _goes_on_as_user(self, door: Chat) -> bool:
        """Tell whether the chat API goes on from the middle of a user's turn, and does not answer it."""
        door.dialect = replace(door.dialect, any_turn=True)
        ask = Ask(max_tokens=_DRAWN, greedy=True)
        try:
            for question in _QUESTIONS:
                begun = turns(("user", question.partition(", ")[0]))
                said = door.say(begun, "", ask).choices[0]
                answer = door.say((*begun, *_asked(question)[1:]), "", ask).choices[0]
                if len(said.text.split()) > 1 and said.text.strip() != answer.text.strip():
                    return selftest.goes_on(door, begun, said)
        except Refused:
            pass
        return False

    def _cutting(self, door: Door, tokenizer: LocalTokenizer | None) -> Cutting | None:
        """Return how texts are cut into tokens, where log-probabilities are only those of the likeliest."""
        if door.dialect.weighing != "none" or not door.dialect.likeliest:
            return None
        return tokenizer.cut if tokenizer else openai_template.cutting(self._client)

    def _behaviour(self) -> tuple[str, float]:
        texts = "\n".join(choice.text for choice in self._heard)
        numbers = [
            place.log_probability
            for choice in self._heard
            for place in choice.places or ()
            if place.log_probability is not None
        ]
        return texts, fsum(numbers) / len(numbers) if numbers else 0.0

    def _draws_differ(self, door: Door, rendering: Rendering | None) -> bool:
        """Tell whether draws differ from one another; where those of one request do not, each is asked for alone."""
        contexts: Sequence[Context] = _BEGINNINGS if isinstance(door, Completions) else [_asked(q) for q in _QUESTIONS]
        if rendering:
            contexts = [rendering(_asked(question)) for question in _QUESTIONS]
        for several in dict.fromkeys((door.dialect.several, False)):
            door.dialect = replace(door.dialect, several=several)
            for context in contexts:
                replies = list(draw(door, context, "", Ask(max_tokens=_DRAWN, n=_DRAWS)))
                if len({choice.text for reply in replies for choice in reply.choices}) > 1:
                    return True
        self._limits.append(
            "the endpoint gives one and the same answer each time: samples say nothing, and count as one"
        )
        return False


def _asked(question: str) -> tuple[Turn, ...]:
    return turns(("user", question), ("assistant", ""))


def _size(door: Door, rendering: Rendering | None) -> TokenSize:
    """Return how many tokens texts have, from two that the server counted."""

    def counted(text: str) -> int | None:
        asked: Context = text if isinstance(door, Completions) else _asked(text)
        return door.say(rendering(_asked(text)) if rendering else asked, "", Ask(max_tokens=1)).prompt_tokens

    short, long = counted(_PARAGRAPH[:1]), counted(_PARAGRAPH)
    if not short or not long or long <= short:
        return TokenSize()
    characters = (len(_PARAGRAPH) - 1) / (long - short)
    return TokenSize(characters=characters, around=max(0.0, short - 1 / characters))
