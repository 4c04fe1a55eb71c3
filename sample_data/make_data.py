"""Writes the synthetic sample data: conversations with planted personal data and credentials, and the truth.

Nothing here is real: names come from Faker, everything else from a seeded generator, and the files are the
same byte for byte on each run (with the same Faker and pyarrow). The room promises one thing above all: each
planted value that stands anywhere in the data is listed in the truth file, at its exact place. It must not
know how values are found.

Run `python sample_data/make_data.py [--out DIR]`.
"""

from __future__ import annotations

import argparse
import base64
import csv
import gzip
import io
import json
import random
import string
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from clean_wording import CLEAN_SYSTEM_PROMPTS, LESSONS
from faker import Faker
from wording import (
    AGENT_WRAPPERS,
    BLOCK_LEADS,
    BRANDS,
    FILLERS,
    GOODBYES,
    GREETINGS,
    RECIPES,
    SYSTEM_PROMPTS,
    THANKS,
    TOPICS,
    USER_WRAPPERS,
    Recipe,
    Topic,
)

Json = Any
Record = dict[str, Json]

SEED = 20260
CHAT_SEED, FORMATS_SEED, CLEAN_SEED = SEED, SEED + 1, SEED + 2
CHAT_RECORDS = 340
EMPTY_SHARE = 0.2  # of the records hold no planted value

# How many facts of each recipe are planted in 16, 8, 4, 2 and 1 records: 8, 10, 14, 20 and 48 values.
# A recipe such as person_email plants two values, the others one.
PLAN: dict[int, dict[str, int]] = {
    16: {
        "person_account": 1, "email": 1, "phone": 1, "api": 1, "github": 1, "password": 1, "ssn": 1,
    },
    8: {
        "person_email": 1, "card": 1, "iban": 1, "connection": 1, "stripe": 1, "account": 1, "ip": 1,
        "password": 1, "order": 1,
    },
    4: {
        "aws": 1, "person_phone": 1, "person_address": 1, "person_dob": 1, "email": 1, "ssn": 1,
        "slack": 1, "password": 1, "account": 1, "api": 1,
    },
    2: {
        "person_email": 1, "person_account": 1, "email": 2, "phone": 2, "ssn": 1, "card": 1, "iban": 1,
        "order": 1, "ip": 1, "stripe": 1, "github": 1, "api": 2, "password": 2, "connection": 1,
    },
    1: {
        "person_email": 2, "person_phone": 1, "person_address": 2, "person_dob": 2, "email": 4,
        "phone": 3, "ssn": 3, "card": 3, "iban": 2, "account": 3, "order": 2, "ip": 2, "aws": 1, "github": 1,
        "slack": 1, "stripe": 1, "api": 2, "password": 3, "connection": 1, "private_key": 1,
    },
}  # fmt: skip

# Written in JSON with their first character as a \u escape, so that a code host's push protection does not
# take these random strings for live credentials. Joined from parts here for the same reason. A JSON reader
# sees no difference.
PROVIDER_PREFIXES = ("AK" + "IA", "gh" + "p_", "sk_" + "live_", "xo" + "xb-", "---" + "--BEGIN")

ORG_HEADS = (
    "Amber", "Birch", "Cinder", "Dapple", "Elder", "Fallow", "Gorse", "Heather", "Ivory", "Juniper",
    "Kestrel", "Larch", "Mallow", "Nettle", "Otter", "Plover", "Quill", "Russet", "Sorrel", "Thistle",
    "Umber", "Velvet", "Willow", "Yarrow", "Alder", "Bracken", "Copper", "Drift", "Ember", "Flint",
)  # fmt: skip
ORG_TAILS = (
    "field", "gate", "holt", "line", "mere", "ridge", "stone", "water", "wick", "yard", "brook", "cliff",
    "dale", "ford", "grove", "haven", "keep", "marsh", "path", "well",
)  # fmt: skip
ORG_TRADES = (
    "Foods", "Freight", "Labs", "Dental", "Studio", "Optics", "Travel", "Press", "Tools", "Media",
    "Bikes", "Glass",
)  # fmt: skip
MAIL_DOMAINS = (
    "quillmail-online.net", "harbourpost-mail.com", "letterfold-box.org", "northdrop-mail.net",
    "inkwell-inbox.com", "paperkite-mail.org", "slatepost-inbox.net", "tinpost-letters.com",
)  # fmt: skip
HANDLES = (
    "otter", "maple", "comet", "pixel", "teal", "sunny", "rook", "lark", "ember", "quartz", "moss",
    "fable", "drum", "koala", "jazz", "river",
)  # fmt: skip
AREA_CODES = (
    "202", "206", "212", "213", "214", "215", "216", "303", "305", "312", "313", "314", "317", "404",
    "412", "415", "503", "512", "602", "612", "614", "615", "617", "619", "702", "704", "713", "716",
    "801", "804", "813", "816", "904", "916", "919", "972",
)  # fmt: skip
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December",
)  # fmt: skip
BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase


# --- Values ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Planted:
    """A value that was put into the data.

    Attributes:
        slot: its name within the recipe's sentence.
        entity_type: Presidio-style name.
        kind: what `Mint.coin` was asked for; finer than the type (`work_email` can be derived from a name).
        value: the exact text.
    """

    slot: str
    entity_type: str
    kind: str
    value: str


class Mint:
    """Coins fresh fake values from a seed, never the same one twice and never one to be avoided."""

    def __init__(self, seed: int, avoid: Iterable[str] = ()) -> None:
        self.random = random.Random(seed)
        self._faker = Faker("en_US")
        self._faker.seed_instance(seed)
        self._german = Faker("de_DE")
        self._german.seed_instance(seed)
        self._british = Faker("en_GB")
        self._british.seed_instance(seed)
        self._seen = set(avoid)

    def coin(self, kind: str, org: str = "", person: str = "") -> str:
        """A new value of a kind; `org` and `person` give connection strings and work e-mails their look."""
        makers: dict[str, Callable[[], str]] = {
            "work_email": lambda: self._work_email(org, person),
            "connection": lambda: self._connection(org),
            "private_key": self._private_key,
        }
        make = makers.get(kind) or getattr(self, f"_{kind}")
        return self._fresh(make)

    def org(self) -> str:
        """A new invented organisation: what sets one fact's sentence apart from all others."""
        pick = self.random.choice
        return self._fresh(lambda: f"{pick(ORG_HEADS)}{pick(ORG_TAILS)} {pick(ORG_TRADES)}")

    def _fresh(self, make: Callable[[], str]) -> str:
        while (value := make()) in self._seen:
            pass
        self._seen.add(value)
        return value

    def _chars(self, alphabet: str, length: int) -> str:
        return "".join(self.random.choices(alphabet, k=length))

    def _digits(self, length: int) -> str:
        return self._chars(string.digits, length)

    def _person(self) -> str:
        return f"{self._faker.first_name()} {self._faker.last_name()}"

    def _address(self) -> str:
        fake = self._faker
        state = fake.state_abbr(include_territories=False)
        return f"{fake.street_address()}, {fake.city()}, {state} {fake.postcode()}"

    def _email(self) -> str:
        """An address that can't be derived from a name."""
        pick, domain = self.random.choice, self.random.choice(MAIL_DOMAINS)
        shapes = (
            f"{pick(HANDLES)}.{pick(HANDLES)}{self._digits(4)}",
            f"{self._chars(string.ascii_lowercase, 3)}{self._digits(5)}",
            f"{pick(HANDLES)}_{self._digits(3)}{self._chars(string.ascii_lowercase, 2)}",
        )
        return f"{pick(shapes)}@{domain}"

    def _work_email(self, org: str, person: str) -> str:
        """first.last@organisation: whoever knows the two names can guess it."""
        return f"{person}@{org.split(maxsplit=1)[0]}-{org.split()[1]}.com".replace(" ", ".").lower()

    def _phone(self) -> str:
        area, line = self.random.choice(AREA_CODES), self._digits(4)
        exchange = self.random.choice("2346789") + self.random.choice("02345678") + self.random.choice("23456789")
        shape = self.random.choice(("({}) {}-{}", "{}-{}-{}", "+1 {} {} {}", "{}.{}.{}"))
        return shape.format(area, exchange, line)

    def _ssn(self) -> str:
        area = self.random.choice([n for n in range(1, 900) if n != 666])
        return f"{area:03d}-{self.random.randint(1, 99):02d}-{self.random.randint(1, 9999):04d}"

    def _card(self) -> str:
        body = self.random.choice(("4", "51", "52", "53", "54", "55"))
        body += self._digits(15 - len(body))
        number = body + next(d for d in string.digits if luhn_valid(body + d))
        grouped = " ".join(number[i : i + 4] for i in range(0, 16, 4))
        return self.random.choice((number, grouped, grouped.replace(" ", "-")))

    def _iban(self) -> str:
        iban = self.random.choice((self._german, self._british)).iban()
        return " ".join(iban[i : i + 4] for i in range(0, len(iban), 4)) if self.random.random() < 0.5 else iban

    def _dob(self) -> str:
        born = date(1945, 1, 1) + timedelta(days=self.random.randrange(21_500))
        month = MONTHS[born.month - 1]
        shapes = (f"{born:%m/%d/%Y}", f"{month} {born.day}, {born.year}", f"{born.day} {month} {born.year}")
        return self.random.choice((*shapes, born.isoformat()))

    def _account(self) -> str:
        return self.random.choice("123456789") + self._digits(self.random.choice((8, 9)))

    def _padded_account(self) -> str:
        return "00" + self._digits(8)

    def _padded_ssn(self) -> str:
        """Without dashes, and with the leading zero that a careless reader of CSV loses."""
        area, group, serial = (self.random.randint(1, top) for top in (99, 99, 9999))
        return f"{area:03d}{group:02d}{serial:04d}"

    def _order(self) -> str:
        return self.random.choice("123456789") + self._digits(9)

    def _ip(self) -> str:
        """A public IPv4 address."""
        first = self.random.choice((23, 34, 45, 52, 64, 81, 93, 104, 138, 151, 185, 194, 203, 212))
        return ".".join(map(str, (first, *(self.random.randint(1, 254) for _ in range(3)))))

    def _aws_id(self) -> str:
        return PROVIDER_PREFIXES[0] + self._chars(string.ascii_uppercase + "234567", 16)

    def _aws_secret(self) -> str:
        return self._chars(BASE62 + "/+", 40)

    def _github(self) -> str:
        """With the checksum that real tokens carry in their last six characters."""
        body = self._chars(BASE62, 30)
        checksum, tail = zlib.crc32(body.encode()), ""
        for _ in range(6):
            checksum, digit = divmod(checksum, 62)
            tail = BASE62[digit] + tail
        return PROVIDER_PREFIXES[1] + body + tail

    def _stripe(self) -> str:
        return PROVIDER_PREFIXES[2] + self._chars(BASE62, 24)

    def _slack(self) -> str:
        return f"{PROVIDER_PREFIXES[3]}{self._digits(12)}-{self._digits(12)}-{self._chars(BASE62, 24)}"

    def _api(self) -> str:
        return self._chars("0123456789abcdef", 32) if self.random.random() < 0.5 else self._chars(BASE62, 40)

    def _password(self) -> str:
        pick = self.random.choice
        shapes = (
            f"{pick(HANDLES).title()}{self._digits(4)}{pick('!#$%&*?')}",
            f"{pick(HANDLES)}-{self._digits(2)}-{pick(HANDLES).title()}-{self._digits(2)}",
            self._chars(BASE62, 10) + pick("!#$%&*?") + self._chars(BASE62, 2),
        )
        return pick(shapes)

    def _connection(self, org: str) -> str:
        scheme, port = self.random.choice((("postgresql", 5432), ("mysql", 3306), ("redis", 6379), ("amqp", 5672)))
        host = org.split(maxsplit=1)[0].lower()
        return f"{scheme}://svc_{host}:{self._chars(BASE62, 14)}@db.{host}.internal:{port}/main"

    def _private_key(self) -> str:
        """The outer form of an Ed25519 key in PEM around 32 random bytes."""
        der = bytes.fromhex("302e020100300506032b657004220420") + self.random.randbytes(32)
        head, tail = PROVIDER_PREFIXES[4], PROVIDER_PREFIXES[4].replace("BEGIN", "END")
        return f"{head} PRIVATE KEY-----\n{base64.b64encode(der).decode()}\n{tail} PRIVATE KEY-----"


def luhn_valid(number: str) -> bool:
    """Whether a string of digits passes the Luhn check (ISO/IEC 7812-1, annex B)."""
    total = 0
    for place, digit in enumerate(reversed(number)):
        doubled = int(digit) * (1 + place % 2)
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0


# --- Facts ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Fact:
    """One or two values that belong together and are always said in the same core sentence."""

    recipe: Recipe
    domain: str
    org: str
    planted: tuple[Planted, ...]
    core: tuple[str, str]
    level: int

    def fill(self, template: str) -> str:
        return template.format(org=self.org, **{p.slot: p.value for p in self.planted})


def make_fact(mint: Mint, name: str, level: int) -> Fact:
    recipe, org = RECIPES[name], mint.org()
    planted: list[Planted] = []
    for slot, (entity_type, kind) in recipe.slots.items():
        person = next((p.value for p in planted if p.entity_type == "PERSON"), "")
        planted.append(Planted(slot, entity_type, kind, mint.coin(kind, org, person)))
    domain, core = mint.random.choice(recipe.domains), mint.random.choice(recipe.cores)
    return Fact(recipe, domain, org, tuple(planted), core, level)


def planned_facts(mint: Mint) -> list[Fact]:
    return [
        make_fact(mint, name, level)
        for level, recipes in PLAN.items()
        for name, count in recipes.items()
        for _ in range(count)
    ]


def planned_values() -> set[str]:
    """The values and the organisations of the support chat: what no other text of the sample may hold."""
    facts = planned_facts(Mint(CHAT_SEED))
    return {p.value for fact in facts for p in fact.planted} | {fact.org for fact in facts}


# --- Conversations --------------------------------------------------------------------------------


class Talk:
    """Writes conversations of one seed."""

    def __init__(self, rng: random.Random) -> None:
        self.random = rng

    def converse(self, domain: str, facts: Sequence[Fact] = ()) -> Record:
        """A chat record of two, four or six turns that tell the facts, often after a system prompt."""
        pick = self.random.choice
        topic, brand = pick(TOPICS[domain]), pick(BRANDS[domain])
        fillers = {slot: pick(options) for slot, options in FILLERS.items()}
        turns = self._turns(topic, list(facts), fillers)
        if self.random.random() < 0.7:
            turns.insert(0, ("system", pick(SYSTEM_PROMPTS[domain]).format(brand=brand)))
        return {"messages": [{"role": role, "content": content} for role, content in turns]}

    def _turns(self, topic: Topic, facts: list[Fact], fillers: dict[str, str]) -> list[tuple[str, str]]:
        pick = self.random.choice
        opening, reply, followup, answer = (
            pick(options).format(**fillers)
            for options in (topic.openings, topic.replies, topic.followups, topic.answers)
        )
        first, second = facts[:1], facts[1:]
        place = self.random.random() if facts else 0.0
        user_first, agent_first, user_second, agent_second = opening, reply, followup, answer
        if not first or place < 0.3:
            user_first = self.join(opening, *map(self.said_by_user, first))
            agent_first = self.join(reply, *map(self.echo, first))
        elif place < 0.45 and first[0].core[1]:
            agent_first = self.join(reply, self.said_by_agent(first[0]))
        else:
            agent_first = self.join(reply, pick(first[0].recipe.asks))
            told = self.said_by_user(first[0])
            user_second = self.join(*((told, followup) if self.random.random() < 0.75 else (followup, told)))
            agent_second = self.join(self.echo(first[0]), answer)
        for fact in second:
            user_second = self.join(user_second, self.said_by_user(fact))
        turns = [("user", pick(GREETINGS) + user_first), ("assistant", agent_first)]
        if user_second != followup or self.random.random() < 0.8:
            turns += [("user", user_second), ("assistant", agent_second)]
        if self.random.random() < 0.4:
            turns += [("user", pick(THANKS)), ("assistant", pick(GOODBYES))]
        return turns

    def exchange(self, facts: Sequence[Fact]) -> tuple[str, str]:
        """One question and one answer; the user tells the facts, and the agent may repeat them."""
        messages = self.converse(facts[0].domain if facts else "shop")["messages"]
        user, agent = (next(m["content"] for m in messages if m["role"] == role) for role in ("user", "assistant"))
        return self.join(user, *map(self.said_by_user, facts)), self.join(agent, *map(self.echo, facts))

    def said_by_user(self, fact: Fact) -> str:
        core = fact.fill(fact.core[0])
        if fact.recipe.block or "\n" in core:
            return f"{self.random.choice(BLOCK_LEADS)}\n\n{core}\n"
        return wrap(self.random.choice(USER_WRAPPERS), core)

    def said_by_agent(self, fact: Fact) -> str:
        return wrap(self.random.choice(AGENT_WRAPPERS), fact.fill(fact.core[1]))

    def echo(self, fact: Fact) -> str:
        if not fact.recipe.echoes or self.random.random() < 0.6:
            return ""
        return fact.fill(self.random.choice(fact.recipe.echoes))

    @staticmethod
    def join(*parts: str) -> str:
        """Sentences in one paragraph; a pasted block keeps the line end after it."""
        text = ""
        for part in filter(None, parts):
            text += part if not text or text.endswith("\n") else f" {part}"
        return text.rstrip("\n")


def wrap(template: str, core: str) -> str:
    return template.format(core=core, Core=core[0].upper() + core[1:])


@dataclass(frozen=True)
class Chat:
    """Records, and which facts each of them tells."""

    records: list[Record]
    facts: list[list[Fact]]


def support_chat(records: int = CHAT_RECORDS) -> Chat:
    """What `support_chat.jsonl` holds: the facts of `PLAN`, each in `level` different records."""
    mint = Mint(CHAT_SEED)
    facts = planned_facts(mint)
    told = spread(facts, round(records * (1 - EMPTY_SHARE)), mint.random)
    domains = [group[0].domain for group in told]
    told += [[] for _ in range(records - len(told))]
    domains += [mint.random.choice(list(TOPICS)) for _ in range(records - len(domains))]
    order = mint.random.sample(range(records), records)
    talk = Talk(mint.random)
    told = [told[i] for i in order]
    return Chat([talk.converse(domains[i], group) for i, group in zip(order, told, strict=True)], told)


def spread(facts: Sequence[Fact], records: int, rng: random.Random) -> list[list[Fact]]:
    """Deals each fact to `fact.level` different records of its domain; a record gets one or two facts."""
    by_domain: dict[str, list[Fact]] = {}
    for fact in facts:
        by_domain.setdefault(fact.domain, []).append(fact)
    placements = sum(fact.level for fact in facts)
    told: list[list[Fact]] = []
    for members in by_domain.values():
        share = round(records * sum(fact.level for fact in members) / placements)
        groups: list[list[Fact]] = [[] for _ in range(max(share, *(fact.level for fact in members)))]
        for fact in sorted(members, key=lambda fact: -fact.level):
            for group in sorted(groups, key=lambda group: (len(group), rng.random()))[: fact.level]:
                group.append(fact)
        told += groups
    return told


def base_corpus(size: int, seed: int, avoid: Iterable[str]) -> list[Record]:
    """Conversations of the same kind in which each value is told once, and none of those to be avoided.

    The kinds are mixed as in the support chat, so that a model of this corpus knows the domain and no
    planted value.
    """
    mint = Mint(seed, avoid)
    talk = Talk(mint.random)
    weights: Counter[str] = Counter()
    for level, recipes in PLAN.items():
        for name, count in recipes.items():
            weights[name] += level * count
    names = mint.random.choices(list(weights), list(weights.values()), k=size)
    records = []
    for name in names:
        fact = make_fact(mint, name, 1)
        empty = mint.random.random() < EMPTY_SHARE
        records.append(talk.converse(fact.domain, () if empty else (fact,)))
    return records


def clean_chat() -> list[Record]:
    """Two conversations from each lesson: the bare question, and the rephrased one with a question more."""
    rng = random.Random(CLEAN_SEED)
    chats: list[list[str]] = []
    for lesson in LESSONS:
        chats.append([lesson.question, lesson.answer])
        chats.append([lesson.rephrased, lesson.answer, lesson.next_question, lesson.next_answer])
    rng.shuffle(chats)
    records = []
    for chat in chats:
        messages = [{"role": ("user", "assistant")[i % 2], "content": text} for i, text in enumerate(chat)]
        if rng.random() < 0.5:
            messages.insert(0, {"role": "system", "content": rng.choice(CLEAN_SYSTEM_PROMPTS)})
        records.append({"messages": messages})
    return records


# --- Truth ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Leaf:
    """A string of a record; the pointer of an object's key (`in_key`) is that of the member it names."""

    pointer: str
    text: str
    in_key: bool = False


def leaves(value: Json, pointer: str = "") -> Iterator[Leaf]:
    """All strings of a JSON value, keys included, with their JSON Pointers (RFC 6901)."""
    if isinstance(value, str):
        yield Leaf(pointer, value)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from leaves(item, f"{pointer}/{index}")
    elif isinstance(value, dict):
        for key, item in value.items():
            member = f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}"
            yield Leaf(member, key, in_key=True)
            yield from leaves(item, member)


def truth(records: Sequence[Record], facts: Sequence[Sequence[Fact]]) -> list[Record]:
    """One line for each occurrence of each planted value; half-open offsets in code points of the leaf."""
    holders = Counter(p.value for group in facts for p in {p for fact in group for p in fact.planted})
    lines: list[Record] = []
    for number, (record, group) in enumerate(zip(records, facts, strict=True)):
        strings = list(leaves(record))
        for planted in (p for fact in group for p in fact.planted):
            found = [line(number, leaf, start, planted) for leaf in strings for start in starts(leaf.text, planted)]
            if not found:
                raise AssertionError(f"record {number} was to hold a planted {planted.kind}, and does not")
            lines += [entry | {"repetitions": holders[planted.value]} for entry in found]
    return sorted(lines, key=lambda entry: (entry["record"], entry["pointer"], entry["start"]))


def starts(text: str, planted: Planted) -> Iterator[int]:
    at = text.find(planted.value)
    while at >= 0:
        yield at
        at = text.find(planted.value, at + 1)


def line(record: int, leaf: Leaf, start: int, planted: Planted) -> Record:
    entry: Record = {
        "record": record,
        "pointer": leaf.pointer,
        "start": start,
        "end": start + len(planted.value),
    }
    entry |= {"entity_type": planted.entity_type, "value": planted.value}
    return entry | {"in_key": True} if leaf.in_key else entry


# --- Other formats --------------------------------------------------------------------------------


def alpaca(mint: Mint) -> Chat:
    names = ("email", "phone", "password", "person_address", "ssn", "account", None, "iban", None, "order")
    told_how = ("Answer the customer.", "Write a short reply to this message.", "Reply kindly.")
    return told_in(
        mint,
        names,
        lambda user, agent: {"instruction": mint.random.choice(told_how), "input": user, "output": agent},
    )


def prompt_completion(mint: Mint) -> Chat:
    names = ("api", "person_email", None, "connection", "card", "password", "ip", None, "phone", "github")
    return told_in(mint, names, lambda user, agent: {"prompt": user, "completion": agent})


def sharegpt(mint: Mint) -> Chat:
    names = ("person_phone", "stripe", None, "person_dob", "email", "aws", "account", None, "ssn", "slack")

    def record(user: str, agent: str) -> Record:
        return {"conversations": [{"from": "human", "value": user}, {"from": "gpt", "value": agent}]}

    return told_in(mint, names, record)


def told_in(mint: Mint, names: Iterable[str | None], record: Callable[[str, str], Record]) -> Chat:
    """One record for each name of a recipe (None: without any value), in the shape that `record` gives it."""
    talk, records, facts = Talk(mint.random), [], []
    for name in names:
        group = [make_fact(mint, name, 1)] if name else []
        records.append(record(*talk.exchange(group)))
        facts.append(group)
    return Chat(records, facts)


TICKET_COLUMNS = ("ticket_id", "customer_id", "tax_id", "channel", "subject", "body")


def tickets(mint: Mint) -> Chat:
    """Rows of strings (ids with leading zeros, bodies of several lines) for CSV, TSV and Parquet alike."""
    talk, records, facts = Talk(mint.random), [], []
    names = (
        "phone",
        "email",
        None,
        "person_address",
        "password",
        "card",
        None,
        "order",
        "person_dob",
        "iban",
    )
    for number, name in enumerate(names, start=412):
        group = [make_fact(mint, name, 1)] if name else []
        user, agent = talk.exchange(group)
        columns = [Planted("customer_id", "ACCOUNT_NUMBER", "account", mint.coin("padded_account"))]
        if number % 3 == 0:
            columns.append(Planted("tax_id", "US_SSN", "padded_ssn", mint.coin("padded_ssn")))
        row = {"ticket_id": f"{number:06d}", "channel": mint.random.choice(("mail", "chat", "phone"))}
        row |= {"subject": "Question, with a comma", "body": f'Customer wrote:\n{user}\n\nWe said: "{agent}"'}
        records.append({"tax_id": "", **row, **{p.slot: p.value for p in columns}})
        held = Fact(RECIPES["account"], "shop", "", tuple(columns), ("", ""), 1)
        facts.append([*group, held])
    return Chat(records, facts)


def nested(mint: Mint) -> Chat:
    """An object of no known format, with a value deep in a leaf and another one as a key."""
    coin = mint.coin
    person = coin("person")
    email = Planted("email", "EMAIL_ADDRESS", "email", coin("email"))
    phone = Planted("phone", "PHONE_NUMBER", "phone", coin("phone"))
    token = Planted("key", "API_KEY", "api", coin("api"))
    who = Planted("person", "PERSON", "person", person)
    record = {
        "schema": "crm-export",
        "payload": {
            "pages": [
                {"kind": "note", "blocks": [{"spans": [{"t": "Call back on"}, {"t": phone.value}]}]},
                {
                    "kind": "thread",
                    "by_sender": {email.value: {"unread": 3, "tags": ["billing", None, True]}},
                },
            ],
            "embedded": json.dumps({"client": {"api_key": token.value, "retries": 3}}),
            "a/b": {"~meta": [{"owner": {"label": f"Owner: {person}"}}]},
        },
    }
    held = Fact(RECIPES["email"], "saas", "", (email, phone, token, who), ("", ""), 1)
    return Chat([record], [[held]])


# --- Files ----------------------------------------------------------------------------------------


def encode(value: Json, indent: int | None = None) -> str:
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    for prefix in PROVIDER_PREFIXES:
        text = text.replace(prefix, f"\\u{ord(prefix[0]):04x}{prefix[1:]}")
    return text


def json_lines(records: Iterable[Json]) -> bytes:
    return "".join(encode(record) + "\n" for record in records).encode()


def separated(records: Sequence[Record], delimiter: str) -> bytes:
    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(buffer, TICKET_COLUMNS, delimiter=delimiter, lineterminator="\n")
    writer.writeheader()
    writer.writerows(records)
    return buffer.getvalue().encode()


def parquet(records: Sequence[Record]) -> bytes:
    buffer = io.BytesIO()
    schema = pa.schema([(name, pa.string()) for name in TICKET_COLUMNS])
    pq.write_table(pa.Table.from_pylist(list(records), schema), buffer, compression="zstd")
    return buffer.getvalue()


def format_files() -> dict[str, bytes]:
    """The small files in other formats, and one truth file for all of them."""
    mint = Mint(FORMATS_SEED, planned_values())
    chats = {
        "alpaca.json": alpaca(mint),
        "prompt_completion.jsonl.gz": prompt_completion(mint),
        "sharegpt.jsonl": sharegpt(mint),
        "tickets.csv": tickets(mint),
        "nested.json": nested(mint),
    }
    chats["tickets.tsv"] = chats["tickets.parquet"] = chats["tickets.csv"]
    rows = chats["tickets.csv"].records
    files = {
        "alpaca.json": (encode(chats["alpaca.json"].records, indent=1) + "\n").encode(),
        "prompt_completion.jsonl.gz": gzip.compress(json_lines(chats["prompt_completion.jsonl.gz"].records), mtime=0),
        "sharegpt.jsonl": json_lines(chats["sharegpt.jsonl"].records),
        "tickets.csv": separated(rows, ","),
        "tickets.tsv": separated(rows, "\t"),
        "tickets.parquet": parquet(rows),
        "nested.json": (encode(chats["nested.json"].records[0], indent=1) + "\n").encode(),
    }
    lines = [{"file": name} | entry for name, chat in chats.items() for entry in truth(chat.records, chat.facts)]
    return files | {"formats.truth.jsonl": json_lines(lines)}


def all_files() -> dict[str, bytes]:
    """File name to content, for everything that this script writes."""
    chat = support_chat()
    files = {
        "support_chat.jsonl": json_lines(chat.records),
        "support_chat.truth.jsonl": json_lines(truth(chat.records, chat.facts)),
        "clean_chat.jsonl": json_lines(clean_chat()),
    }
    return files | format_files()


def main() -> None:
    parser = argparse.ArgumentParser(description="Write the synthetic sample data.")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="folder (default: beside the script)")
    out: Path = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    for name, content in all_files().items():
        (out / name).write_bytes(content)
        print(f"{name}: {len(content):,} bytes")


if __name__ == "__main__":
    main()
