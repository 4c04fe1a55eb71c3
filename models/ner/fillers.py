"""Values for the slots of a template: names of people, places and organisations, and what stands around them.

Values come from Faker's lists of some fifty countries, from ``lists/*.txt`` and from grammars over both. Half of the
organisations and a third of the places are invented, so that a model has to learn what stands around a name as well as
the name. Every value is made by one seeded generator.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from pathlib import Path

from faker import Faker

from ner.annotated import Piece

LISTS = Path(__file__).with_name("lists")
LOCALES = (
    *("en_US",) * 6, *("en_GB",) * 3, "en_AU", "en_CA", "en_IE", "en_IN", "en_NZ", "de_DE", "de_AT", "de_CH", "fr_FR", "fr_CA",
    "es_ES", "es_MX", "es_CO", "es_AR", "it_IT", "pt_BR", "pt_PT", "nl_NL", "nl_BE", "sv_SE", "da_DK", "no_NO", "fi_FI", "pl_PL",
    "cs_CZ", "sk_SK", "hu_HU", "ro_RO", "hr_HR", "sl_SI", "lt_LT", "lv_LV", "et_EE", "tr_TR", "id_ID", "fil_PH", "vi_VN",
    "yo_NG", "ig_NG", "zu_ZA", "tw_GH", "en_PK", "is_IS",
)  # fmt: skip
"""English ones several times: they are what most English text names."""
PEOPLES = ("chinese", "japanese", "korean", "arabic", "indian", "russian", "african", "greek")
MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]


def read_lists(name: str) -> dict[str, list[str]]:
    """Return the lists of one file: a line is ``key: value, value``."""
    lines = (LISTS / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    keyed = (line.split(": ", 1) for line in lines if line and not line.startswith("#"))
    return {key: values.split(", ") for key, values in keyed}


class Fillers:
    """Makes values. Slots of a template are its methods; ``Fillers.fill`` looks them up."""

    def __init__(
        self, rng: random.Random, more_places: list[str] | None = None, words: dict[str, list[str]] | None = None
    ) -> None:
        """Take the seeded generator, places of a gazetteer besides those of the lists, and words of a dictionary."""
        self.words = words or {
            "noun": ["kettle", "garden", "idea"],
            "verb": ["stir", "plan"],
            "adj": ["green", "early"],
            "adv": ["slowly", "often"],
        }
        self.rng = rng
        self.names, self.places = read_lists("names"), read_lists("places")
        self.known, self.talk = read_lists("organisations"), read_lists("talk")
        self.gazetteer = more_places or []
        self.fakers: dict[str, Faker] = {}
        for locale in dict.fromkeys(LOCALES):
            try:
                self.fakers[locale] = Faker(locale, use_weighting=True)
            except AttributeError:  # a Faker that does not know this country
                continue
            self.fakers[locale].seed_instance(rng.getrandbits(32))

    # --- people -----------------------------------------------------------------------------------

    def person(self) -> tuple[str, str, str]:
        """Return given name, family name and the full name as it is written."""
        draw = self.rng.random()
        if draw < 0.55:
            fake = self._faker()
            first, last = fake.first_name(), fake.last_name()
            first, last = first.split(" ")[0], " ".join(last.split(" ")[:2])
            if draw < 0.05:
                return first, last, f"{first} {self.rng.choice('ABCDEFGHJKLMNPRST')}. {last}"
            if draw < 0.08:
                return first, last, f"{first} {fake.first_name().split(' ')[0]} {last}"
            if draw < 0.10:
                return first, last, f"{first} {last}-{self._faker().last_name().split(' ')[0]}"
            return first, last, f"{first} {last}"
        if draw < 0.60:
            first, last = self._invented_name(), self._invented_name()
            return first, last, f"{first} {last}"
        people = self.rng.choice((*PEOPLES, "chinese", "chinese"))
        last = self.rng.choice(self.names[f"{people}.last"])
        if people == "chinese":
            syllables = self.rng.choices(self.names["chinese.syllable"], k=self.rng.choice((1, 2, 2, 2)))
            first = "".join(syllables).capitalize()
            if self.rng.random() < 0.06:
                first = "-".join(syllables).title() if len(syllables) > 1 else first
            family_first = self.rng.random() < 0.75
        else:
            first = self.rng.choice(self.names[f"{people}.first"])
            family_first = people == "korean" and self.rng.random() < 0.5
        return first, last, f"{last} {first}" if family_first else f"{first} {last}"

    def _faker(self) -> Faker:
        while True:
            locale = self.rng.choice(LOCALES)
            if locale in self.fakers:
                return self.fakers[locale]

    def _ask(self, what: str) -> str:
        """Return what some country's Faker says; not each knows everything."""
        while True:
            if method := getattr(self._faker(), what, None):
                return str(method())

    def _invented_name(self) -> str:
        onset = self.rng.choice(
            [
                "B",
                "Br",
                "C",
                "Ch",
                "D",
                "Dr",
                "F",
                "G",
                "Gr",
                "H",
                "J",
                "K",
                "Kl",
                "L",
                "M",
                "N",
                "P",
                "R",
                "S",
                "Sh",
                "St",
                "T",
                "Th",
                "V",
                "W",
                "Y",
                "Z",
            ]
        )
        middle = self.rng.choice(
            [
                "ara",
                "ela",
                "ori",
                "ina",
                "ove",
                "ulli",
                "anni",
                "erri",
                "ast",
                "end",
                "ock",
                "imm",
                "aba",
                "ede",
                "onga",
                "iru",
                "aya",
                "ero",
                "isa",
            ]
        )
        end = self.rng.choice(
            [
                "n",
                "s",
                "th",
                "la",
                "ra",
                "na",
                "son",
                "man",
                "dez",
                "ko",
                "ki",
                "wa",
                "vic",
                "ov",
                "ak",
                "er",
                "o",
                "a",
                "y",
                "ie",
                "in",
                "us",
                "el",
            ]
        )
        return onset + middle + end

    def nick(self) -> str:
        """Return what friends call somebody."""
        draw = self.rng.random()
        if draw < 0.6:
            return self.rng.choice(self.names["nick"])
        if draw < 0.8:
            return self.person()[0]
        last, syllable = self.rng.choice(self.names["chinese.last"]), self.rng.choice(self.names["chinese.syllable"])
        return self.rng.choice(
            (f"Xiao {last}", f"Lao {last}", f"Ah {syllable.title()}", f"{syllable.title()}{syllable}")
        )

    def celebrity(self) -> str:
        return self.rng.choice(self.names["celebrity"])

    def figure(self) -> str:
        """Return somebody in the news or in a story, by one name more often than by two."""
        draw, (first, last, full) = self.rng.random(), self.person()
        if draw < 0.2:
            return self.celebrity()
        if draw < 0.35:
            return self.celebrity().split(" ")[-1]
        if draw < 0.5:
            return self.rng.choice(self.names["character"])
        return last if draw < 0.7 else first if draw < 0.83 else full if draw < 0.9 else self._invented_name()

    def handle(self) -> str:
        """Return what somebody is called on a platform, without ``@``: a name run together, or a fancy."""
        first, last, _ = self.person()
        nick, figure, number = self.nick(), self.rng.choice(self.names["celebrity"]), self.num()
        noun, other, adj = self.noun().title(), self.noun().title(), self.adj().title()
        shape = self.rng.choice((
            f"{first}{last}", f"{first}{last}", f"{first}{last}", f"{first}_{last}", f"{first}{number}", f"{last}{number}", f"{first}{last}{number}", f"{first}{last[:1]}", f"{first[:1]}{last}", f"the{first}",
            f"The{last}", f"its{first}", f"Real{last}", f"{first}xo", f"x{last}x", f"{nick}{last}", nick, f"{nick}{number}", f"{first}Official", figure, f"{figure}Fan", f"{first}{noun}", f"{nick}The{noun}",
            f"{adj}{noun}", f"{noun}{other}", f"{noun}Of{other}", f"{noun}{number}", f"The{adj}{noun}", f"{adj}_{noun}", f"My{noun}Is{adj}", f"{self._invented_name()}{self._invented_name()}",
        ))  # fmt: skip
        handle = re.sub(r"\W", "", shape)
        return handle.lower() if self.rng.random() < 0.45 else handle

    # --- places -----------------------------------------------------------------------------------

    def city(self) -> str:
        """Return a town; one in twenty-five in capitals, as registers print them."""
        town = self._city()
        return town.upper() if len(town) > 3 and self.rng.random() < 0.04 else town

    def _city(self) -> str:
        draw = self.rng.random()
        if draw < 0.45:
            return self.rng.choice(self.places["city"])
        if draw < 0.6 and self.gazetteer:
            return self.rng.choice(self.gazetteer)
        if draw < 0.85:
            return self._ask("city").split(" (")[0]
        return self._town()

    def _town(self) -> str:
        stem = self.rng.choice((self.person()[1], self._invented_name(), self.rng.choice(self.known["surname.word"])))
        tail = self.rng.choice(
            ("ville", "ton", "field", "burg", " Falls", " Springs", " Heights", " Beach", " Creek", "ford", "bury", "ham", "port",
             " District", " County", " Village", " Township", "wood", " Town", "")
        )  # fmt: skip
        lead = self.rng.choice(
            ("",) * 8 + ("New ", "North ", "West ", "Lake ", "Fort ", "St. ", "Port ", "San ", "El ")
        )
        return f"{lead}{stem.split(' ')[0]}{tail}"

    def country(self) -> str:
        return self.rng.choice(self.places["country"])

    def region(self) -> str:
        return self.rng.choice(self.places["region"])

    def nationality(self) -> str:
        return self.rng.choice(self.places["nationality"])

    def faith(self) -> str:
        return self.rng.choice(self.places["faith"])

    def natural(self) -> str:
        if self.rng.random() < 0.6:
            return self.rng.choice(self.places["natural"])
        name, kind = self.rng.choice((self.person()[1], self._invented_name())), self.rng.choice(self.known["nature"])
        return f"{kind} {name}" if kind in {"Lake", "Mountain"} and self.rng.random() < 0.7 else f"{name} {kind}"

    def street(self) -> str:
        """Return a street without a number."""
        draw = self.rng.random()
        if draw < 0.4:
            return self._ask("street_name")
        if draw < 0.5:
            return f"{self.rng.choice(('1st', '2nd', '3rd', '5th', '12th', '42nd'))} {self.rng.choice(self.known['street'])}"
        if draw < 0.6:
            return self._chinese_street()
        return f"{self._plain_name()} {self.rng.choice(self.known['street'])}"

    def _chinese_street(self) -> str:
        name = "".join(self.rng.choices(self.names["chinese.syllable"], k=2)).capitalize()
        return f"{name} {self.rng.choice(('', '', 'East ', 'West ', 'Middle ', 'North '))}Road"

    def _plain_name(self) -> str:
        draw = self.rng.random()
        if draw < 0.35:
            return self.person()[1]
        if draw < 0.65:
            return self.rng.choice(self.known["surname.word"])
        if draw < 0.8:
            return self.rng.choice(self.places["city"])
        if draw < 0.9:
            return "".join(self.rng.choices(self.names["chinese.syllable"], k=2)).capitalize()
        return self._invented_name()

    def facility(self) -> str:
        draw = self.rng.random()
        if draw < 0.3:
            return self.rng.choice(self.places["landmark"])
        if draw < 0.4:
            return self.street()
        return f"{self._plain_name()} {self.rng.choice(self.known['site'])}"

    def hotel(self) -> str:
        known = (
            "Hilton",
            "Marriott",
            "Sheraton",
            "Hyatt",
            "Holiday Inn",
            "Ritz-Carlton",
            "Novotel",
            "Ibis",
            "Best Western",
        )
        if self.rng.random() < 0.4:
            return self.rng.choice((f"{self.rng.choice(known)} {self.city()}", f"the {self.rng.choice(known)}"))
        return self.rng.choice(
            (
                f"Hotel {self._plain_name()}",
                f"{self._plain_name()} Hotel",
                f"{self._plain_name()} Inn",
                f"the {self._plain_name()} Resort",
            )
        )

    def address(self) -> str:
        """Return a street address as mail has it, in one of the layouts of the world, on one line or several."""
        rng = self.rng
        draw = rng.random()
        gap = rng.choice((", ",) * 5 + ("\n", "\n", " "))
        number = str(rng.choice((rng.randint(1, 99), rng.randint(100, 999), rng.randint(1000, 29999))))
        number += rng.choice(("",) * 8 + ("A", "b", "/3", "-5"))
        if draw < 0.3:
            text = re.sub(r"\s*\n\s*", gap, self._ask("address"))
            return text if rng.random() < 0.75 else text + gap + self.country().removeprefix("the ")
        street = self.street()
        unit = rng.choice(
            ("",) * 5
            + tuple(
                f"{u} {rng.randint(1, 980)}"
                for u in ("Apt.", "Apt", "Suite", "Unit", "Flat", "#", "Room", "Floor", "Building")
            )
        )
        unit = unit.replace("# ", "#")
        town, post = (
            self.city(),
            rng.choice((f"{rng.randint(1000, 99999):05d}", str(rng.randint(1000, 9999)), self._ask("postcode"))),
        )
        state = rng.choice(
            [
                "AL",
                "AK",
                "AZ",
                "CA",
                "CO",
                "CT",
                "FL",
                "GA",
                "IL",
                "IN",
                "KS",
                "KY",
                "LA",
                "MA",
                "MD",
                "MI",
                "MN",
                "MO",
                "NC",
                "NJ",
                "NM",
                "NV",
                "NY",
                "OH",
                "OK",
                "OR",
                "PA",
                "TN",
                "TX",
                "UT",
                "VA",
                "WA",
                "WI",
            ]
        )
        if draw < 0.55:
            parts = [f"{number} {street}", *([unit] if unit else [])]
            if rng.random() < 0.75:
                parts += [
                    town,
                    rng.choice(
                        (
                            f"{state} {post}",
                            f"{state}",
                            f"{self.region()} {post}",
                            f"{post}",
                            self.country(),
                            state + gap + post,
                        )
                    ),
                ]
            return gap.join(parts)
        if draw < 0.7:
            parts = [f"{street} {number}", *([unit] if unit and rng.random() < 0.4 else [])]
            parts += [
                rng.choice(
                    (f"{post} {town}", f"{town} {post}", town, f"{town} {state} {post}", f"{state}-{post} {town}")
                )
            ]
            if rng.random() < 0.4:
                parts.append(self.country().removeprefix("the "))
            return gap.join(parts)
        if draw < 0.78:
            parts = [
                f"{rng.choice(('No. ', 'No.', 'Number ', ''))}{rng.randint(1, 999)} {self._chinese_street()}",
                self._plain_name() + " District",
                self.city(),
            ]
            lead = rng.choice(
                (
                    "",
                    "",
                    f"Room {rng.randint(101, 2500)}, ",
                    f"Building {rng.randint(1, 20)}, Unit {rng.randint(1, 6)}, ",
                )
            )
            return lead + ", ".join(parts[: rng.randint(1, 3)])
        if draw < 0.84:
            return f"{rng.choice(('P.O. Box', 'PO Box', 'POB', 'P. O. Box'))} {rng.randint(1, 9999)}" + rng.choice(
                ("", gap + town, gap + f"{town}, {state} {post}")
            )
        return rng.choice(
            (
                f"{number} {street}",
                f"{street} {number}",
                f"{number} {street} {unit}".strip(),
                f"{number} {street}, {town}",
                f"{rng.randint(1, 300)}-{rng.randint(1, 30)} {street}, {town}",
            )
        )

    # --- organisations ----------------------------------------------------------------------------

    def org(self) -> str:
        """Return an organisation of any sort."""
        sorts: tuple[Callable[[], str], ...] = (
            self.bank, self.company, self.company, self.company, self.tech, self.app, self.uni, self.school, self.hospital, self.shop, self.agency,
            self.ngo, self.media, self.team, self.restaurant, self.airline,
        )  # fmt: skip
        return self.rng.choice(sorts)()

    def _known(self, sort: str) -> str:
        return self.rng.choice(self.known[sort])

    def bank(self) -> str:
        if self.rng.random() < 0.5:
            return self._known("bank")
        name = self._plain_name()
        return self.rng.choice(
            (
                f"{name} Bank",
                f"Bank of {name}",
                f"{name} Credit Union",
                f"{name} Savings Bank",
                f"First {name} Bank",
                f"{name} Insurance",
                f"{name} Mutual",
                f"{name} Trust",
            )
        )

    def company(self) -> str:
        draw, rng = self.rng.random(), self.rng
        if draw < 0.25:
            return self._known("company")
        if draw < 0.5:
            return self._ask("company")
        if draw < 0.6:
            return self._one_word()
        a, b = self._plain_name(), self._plain_name()
        trade, legal = self._known("trade"), self._known("legal")
        shapes = (f"{a} {trade}", f"{a} {trade} {legal}", f"{a} {legal}", f"{a} & {b}", f"{a}, {b} and Partners", f"{a} & {b} {trade}", f"{a} Brothers", f"{a} {b} {trade}", f"{a}-{b}", f"{a} and {b} {legal}",
                  f"{a[0]}{b[0]}{trade[0]} {legal}", f"{a} Group", f"{a} International", f"The {a} Company", f"{a}'s {trade}", f"{a} {trade} Group")  # fmt: skip
        return rng.choice(shapes)

    def _one_word(self) -> str:
        """Return a company called by one made-up word, as young ones are."""
        stem, tail = self._known("stem"), self._known("tail")
        return self.rng.choice((stem + tail, stem + self._known("stem"), stem[:3] + tail)).title()

    def tech(self) -> str:
        if self.rng.random() < 0.55:
            return self._known("tech")
        if self.rng.random() < 0.4:
            return self._one_word()
        stem, tail = self._known("surname.word").split(" ")[0], self._known("surname.tech")
        name = self._invented_name()
        return self.rng.choice(
            (
                stem + tail,
                stem + tail.title(),
                name + tail,
                f"{name}.io",
                f"{stem}.ai",
                f"{stem}{tail} {self._known('legal')}",
                f"{name} Labs",
                f"{stem} AI",
                name.upper()[:4],
            )
        )

    def app(self) -> str:
        if self.rng.random() < 0.8:
            return self._known("app")
        return self._known("surname.word").split(" ")[0] + self._known("surname.tech").title()

    def uni(self) -> str:
        if self.rng.random() < 0.4:
            return self._known("university")
        place = self.rng.choice((self.city(), self.region(), self.person()[1]))
        return self.rng.choice(
            (
                f"{place} University",
                f"University of {place}",
                f"{place} State University",
                f"{place} Institute of Technology",
                f"{place} College",
                f"the University of {place}",
            )
        )

    def school(self) -> str:
        return f"{self.rng.choice(('', '', '', 'St. '))}{self._plain_name()} {self._known('learn')}"

    def hospital(self) -> str:
        return self.rng.choice(
            (
                f"{self._plain_name()} {self._known('care')}",
                f"{self.city()} {self._known('care')}",
                f"St. {self.person()[0]}'s {self._known('care')}",
            )
        )

    def shop(self) -> str:
        if self.rng.random() < 0.5:
            return self._known("shop")
        name = self.rng.choice(
            (self._plain_name(), self.person()[0] + "'s", self.person()[1] + "'s", "The " + self._known("surname.word"))
        )
        return f"{name} {self._known('store')}"

    def restaurant(self) -> str:
        name = self._plain_name()
        return self.rng.choice(
            (
                f"{self.person()[0]}'s",
                f"The {self._known('surname.word')} {self._known('store')}",
                f"{name} {self._known('store')}",
                f"Chez {name}",
                f"La {name}",
                f"{name} & {self._plain_name()}",
                f"Casa {name}",
            )
        )

    def agency(self) -> str:
        if self.rng.random() < 0.5:
            return self._known("agency")
        place = self.rng.choice((self.city(), self.region(), self.nationality()))
        return self.rng.choice(
            (
                f"the {self._known('office')}",
                f"{place} {self._known('office')}",
                self._known("office"),
                f"the {place} {self._known('office')}",
            )
        )

    def ngo(self) -> str:
        if self.rng.random() < 0.4:
            return self._known("ngo")
        body, cause = self._known("body"), self._known("cause")
        place = self.rng.choice(
            (self.nationality(), self.city(), "World", "International", "National", "European", "Royal")
        )
        return self.rng.choice(
            (
                f"{body} for {cause}",
                f"{place} {body} for {cause}",
                f"{self._plain_name()} {body}",
                f"the {place} {self._known('trade')} {body}",
                f"{place} {cause.removeprefix('the ')} {body}",
                f"{place} {body} of {self._known('trade')}",
            )
        )

    def media(self) -> str:
        if self.rng.random() < 0.6:
            return self._known("media")
        return f"{self.rng.choice((self.city(), 'Daily', 'Sunday', 'National'))} {self.rng.choice(('Times', 'Herald', 'Post', 'Tribune', 'Gazette', 'Chronicle', 'News', 'Journal', 'Observer', 'Star', 'Telegraph', 'Mail', 'Radio', 'TV'))}"

    def team(self) -> str:
        if self.rng.random() < 0.6:
            return self._known("team")
        city = self.city()
        return self.rng.choice(
            (
                f"FC {city}",
                f"{city} United",
                f"{city} City",
                f"{city} {self._known('surname.word')}s",
                f"the {city} Wolves",
                f"{city} Tigers",
                f"{city} Athletic",
                f"{city} RFC",
                f"Sporting {city}",
            )
        )

    def club(self) -> str:
        """Return a team as those who follow it say: its town, its nickname, its initials."""
        draw = self.rng.random()
        if draw < 0.4:
            return self.team()
        if draw < 0.75:
            return self.city()
        return self.rng.choice(
            (
                f"the {self._known('surname.word')}s",
                f"{self._known('surname.word')}s",
                "".join(self.rng.choices("ABCDFHLMNPRSTUVW", k=2)) + self.rng.choice(("FC", "C", "U")),
            )
        )

    def account(self) -> str:
        """Return what an organisation is called on a platform, without ``@``."""
        name = re.sub(
            r"\W", "", self.rng.choice((self.org, self.media, self.app, self.team, self.band))().removeprefix("the ")
        )
        handle = name + self.rng.choice(("",) * 6 + ("UK", "News", "HQ", "_US", "Support", "Official", "Live", "TV"))
        return handle.lower() if self.rng.random() < 0.3 else handle

    def band(self) -> str:
        a, b, first = self._known("band.word"), self._known("band.word"), self.person()[0]
        shapes = (
            f"The {a}",
            f"the {a}",
            f"{a} {b}",
            f"{a} of {b}",
            f"{first} and the {a}",
            f"{self._plain_name()} {a}",
            a,
            f"{a} {self.country()}".replace("the ", ""),
        )
        return self._known("band") if self.rng.random() < 0.4 else self.rng.choice(shapes)

    def unit(self) -> str:
        """Return a military unit."""
        number = self.rng.choice(
            ("1st", "2nd", "3rd", "7th", "101st", "12th", "88th", "No. 9", "42nd", "First", "Second", "XII")
        )
        return f"{self.rng.choice(('', 'the ', 'the '))}{number} {self.rng.choice(('', '', self.nationality() + ' '))}{self._known('unit')}"

    def league(self) -> str:
        return self._known("league")

    def station(self) -> str:
        """Return a broadcaster by its call sign."""
        letters = "".join(self.rng.choices("ABCDEFGHIKLMNOPRSTVXYZ", k=3))
        return self.rng.choice(
            (
                f"W{letters}",
                f"K{letters}",
                f"{self.rng.randint(2, 9)}{letters[:2]}",
                f"{letters[:2]}TV",
                f"Radio {self.city()}",
                f"Channel {self.rng.randint(2, 40)}",
            )
        )

    def railway(self) -> str:
        """Return a railway or a line."""
        a, b = self.city(), self.city()
        return self.rng.choice(
            (
                f"the {a} and {b} Railway",
                f"{a} Railroad",
                f"{a}, {b} and {self.region()} Railroad",
                f"the {a} Line",
                f"{a} Metro",
            )
        )

    def airline(self) -> str:
        return self._known("airline")

    def party(self) -> str:
        return self._known("party")

    # --- what is no name --------------------------------------------------------------------------

    def noun(self) -> str:
        noun = self.rng.choice(self.words["noun"])
        return noun + ("es" if noun.endswith(("s", "x", "ch", "sh")) else "s") if self.rng.random() < 0.35 else noun

    def verb(self) -> str:
        verb, draw = self.rng.choice(self.words["verb"]), self.rng.random()
        if draw < 0.75 or " " in verb:
            return verb
        stem = verb.removesuffix("e")
        return stem + "ing" if draw < 0.88 else stem + "ed"

    def adv(self) -> str:
        return self.rng.choice(self.words["adv"])

    def adj(self) -> str:
        return self.rng.choice(self.words["adj"])

    def topic(self) -> str:
        """Return a phrase of the dictionary as headings are written."""
        words = self.rng.choice(
            (
                self.noun(),
                f"{self.adj()} {self.noun()}",
                f"{self.noun()} {self.noun()}",
                f"{self.adj()} {self.noun()} {self.noun()}",
            )
        )
        return self.rng.choice((words.title(), words.title(), words))

    def product(self) -> str:
        return self._known("product")

    def work(self) -> str:
        return self._known("work")

    def series(self) -> str:
        """Return a film, a show or a game; half of them invented, since new ones come every day."""
        if self.rng.random() < 0.5:
            return self.work()
        adj, noun, other = self.adj().title(), self.noun().title(), self.noun().title()
        letters = "".join(self.rng.choices("ABCDEFGHKLMNOPRSTVW", k=self.rng.randint(2, 4)))
        return self.rng.choice(
            (f"The {adj} {noun}", f"{noun} {other}", f"{noun} of {other}", f"{adj} {noun} {self.rng.randint(2, 9)}", noun,
             f"{noun} ({self.rng.randint(1960, 2026)})", letters, self._invented_name() + self.rng.choice(("on", "ia", "mon", "verse")))
        )  # fmt: skip

    def acronym(self) -> str:
        return self.rng.choice(self.talk["acronym"])

    def opener(self) -> str:
        return self.rng.choice(self.talk["opener"])

    def event(self) -> str:
        return self._known("event")

    def date(self) -> str:
        rng, day, month, year = self.rng, self.rng.randint(1, 28), self.rng.choice(MONTHS), self.rng.randint(1930, 2026)
        m = rng.randint(1, 12)
        return rng.choice((
            f"{month} {day}, {year}", f"{day} {month} {year}", f"{month[:3]} {day}", f"{day:02d}/{m:02d}/{year}", f"{year}-{m:02d}-{day:02d}", f"{m}/{day}/{year % 100:02d}", f"{month} {year}",
            f"{month} {day}", f"{day}.{m}.{year}", f"{rng.choice(DAYS)}, {month} {day}", f"{day} {month[:3]} {year}", f"the {day}th of {month}", str(year),
        ))  # fmt: skip

    def day(self) -> str:
        return self.rng.choice(
            (
                *DAYS,
                "tomorrow",
                "today",
                "yesterday",
                "next week",
                "last month",
                "this weekend",
                "on " + self.rng.choice(DAYS),
                "next year",
            )
        )

    def month(self) -> str:
        return self.rng.choice(MONTHS)

    def time(self) -> str:
        hour, minute = self.rng.randint(1, 12), self.rng.randint(0, 59)
        return self.rng.choice(
            (
                f"{hour}:{minute:02d}",
                f"{hour} {self.rng.choice(('am', 'pm'))}",
                f"{hour}:{minute:02d} {self.rng.choice(('AM', 'PM'))}",
                f"{hour + 11:02d}:{minute:02d}",
                f"{hour}pm",
                f"{hour} o'clock",
            )
        )

    def age(self) -> str:
        return str(self.rng.randint(1, 95))

    def num(self) -> str:
        return str(self.rng.choice((self.rng.randint(2, 12), self.rng.randint(10, 99), self.rng.randint(100, 9999))))

    def amount(self) -> str:
        value = f"{self.rng.uniform(3, 2000):,.2f}"
        return self.rng.choice(
            (
                f"${value}",
                f"€{value}",
                f"£{value}",
                f"{value} yuan",
                f"{value} USD",
                f"${value[:-3]}",
                f"{self.rng.randint(2, 90)} euros",
                f"RMB {value}",
            )
        )

    def code(self) -> str:
        letters = "".join(self.rng.choices("ABCDEFGHJKLMNPQRSTUVWXYZ", k=self.rng.randint(1, 4)))
        return self.rng.choice(
            (
                f"{letters}-{self.rng.randint(100, 99999)}",
                f"#{self.rng.randint(1000, 9999999)}",
                f"{letters}{self.rng.randint(10, 999)}",
                str(self.rng.randint(10**7, 10**12)),
            )
        )

    def phone(self) -> str:
        return self._ask("phone_number")

    def email(self) -> str:
        return self._ask("email")

    def url(self) -> str:
        return self._ask("url")

    def title(self) -> str:
        return self.rng.choice(
            (
                "Mr.",
                "Mrs.",
                "Ms.",
                "Mr",
                "Mrs",
                "Ms",
                "Miss",
                "Dr.",
                "Dr",
                "Prof.",
                "Professor",
                "Sir",
                "Judge",
                "Captain",
                "Sergeant",
                "Coach",
                "Senator",
                "President",
                "Aunt",
                "Uncle",
                "Sister",
                "Pastor",
            )
        )

    def honorific(self) -> str:
        return self.rng.choice(("Mr.", "Mrs.", "Ms.", "Mr", "Mrs", "Ms", "Miss", "Dr.", "Dr", "Prof."))

    def job(self) -> str:
        return self.rng.choice(
            [
                "nurse",
                "teacher",
                "software engineer",
                "manager",
                "plumber",
                "accountant",
                "lawyer",
                "driver",
                "designer",
                "chef",
                "project manager",
                "sales director",
                "analyst",
                "farmer",
                "pilot",
                "journalist",
                "doctor",
                "student",
                "intern",
                "professor",
                "electrician",
                "CEO",
                "CFO",
                "consultant",
                "cashier",
                "receptionist",
                "data scientist",
                "architect",
                "pharmacist",
                "mechanic",
                "translator",
                "marketing manager",
                "HR manager",
                "founder",
                "postdoc",
                "midwife",
                "barista",
                "librarian",
            ]
        )

    def kin(self) -> str:
        return self.rng.choice(
            [
                "mother",
                "father",
                "sister",
                "brother",
                "wife",
                "husband",
                "son",
                "daughter",
                "aunt",
                "uncle",
                "cousin",
                "grandmother",
                "grandfather",
                "boss",
                "neighbour",
                "roommate",
                "friend",
                "best friend",
                "girlfriend",
                "boyfriend",
                "colleague",
                "landlord",
                "partner",
                "mum",
                "mom",
                "dad",
                "grandson",
                "niece",
                "nephew",
                "fiancé",
            ]
        )

    def thing(self) -> str:
        return self.rng.choice(
            [
                "laptop",
                "phone",
                "invoice",
                "parcel",
                "sofa",
                "washing machine",
                "router",
                "bike",
                "car",
                "jacket",
                "printer",
                "camera",
                "subscription",
                "book",
                "fridge",
                "kettle",
                "rent",
                "blender",
                "passport",
                "ticket",
                "dress",
                "headphones",
                "monitor",
                "charger",
                "mattress",
                "lamp",
                "tent",
                "guitar",
                "watch",
                "stroller",
                "coffee machine",
                "order",
                "contract",
                "visa",
                "deposit",
                "report",
                "spreadsheet",
                "presentation",
                "homework",
                "prescription",
            ]
        )

    def greeting(self) -> str:
        return self.rng.choice(
            [
                "Hi",
                "Hello",
                "Hey",
                "Dear",
                "Good morning",
                "Good Morning",
                "Good evening",
                "Hiya",
                "Greetings",
                "Morning",
                "Good afternoon",
                "hey",
                "hi",
                "hello",
                "dear",
                "yo",
                "Thanks",
                "Sorry",
                "Happy birthday",
                "Congrats",
            ]
        )

    def bye(self) -> str:
        return self.rng.choice(
            [
                "Best",
                "Best regards",
                "Kind regards",
                "Regards",
                "Thanks",
                "Many thanks",
                "Cheers",
                "Love",
                "Yours sincerely",
                "Sincerely",
                "Yours faithfully",
                "Take care",
                "Thank you",
                "Warm regards",
                "xoxo",
                "All the best",
                "Respectfully",
                "See you soon",
                "Best Regards",
                "Kind Regards",
                "Warmly",
                "BR",
                "Thx",
            ]
        )

    def emoji(self) -> str:
        return self.rng.choice(
            [
                "😂",
                "❤️",
                "😊",
                "👍",
                "🎉",
                "😭",
                "🙏",
                "😅",
                "🔥",
                ":)",
                ":(",
                ":D",
                ";)",
                "<3",
                "xx",
                "🤣",
                "💪",
                "✨",
                "😍",
                "lol",
                "haha",
                "🥳",
                "⚽",
                "📚",
                "🚗",
                "💰",
                "!!!",
                "...",
            ]
        )

    def tag(self) -> str:
        return "#" + self.rng.choice(
            [
                "love",
                "tbt",
                "MondayMotivation",
                "fail",
                "blessed",
                "NowPlaying",
                "travel",
                "foodie",
                "gym",
                "win",
                "news",
                "job",
                "hiring",
                "Oscars",
                "WorldCup",
                "GoTeam",
                "nofilter",
                "photooftheday",
                "coding",
                "AI",
                "FF",
                "BREAKING",
                "sale",
                "deals",
                "art",
                "music",
            ]
        )

    LABELS = {  # noqa: RUF012 - a table
        **dict.fromkeys(("nick", "celebrity", "figure", "handle"), "PERSON"),
        **dict.fromkeys(("city", "country", "region"), "GPE"),
        **dict.fromkeys(("facility", "street", "hotel"), "FAC"),
        "natural": "LOC",
        "address": "ADDRESS",
        **dict.fromkeys(("nationality", "faith"), "NORP"),
        **dict.fromkeys(("org", "bank", "company", "tech", "app", "uni", "school", "hospital", "shop", "restaurant", "agency", "ngo", "media", "team", "club", "account", "band", "airline", "party", "unit", "league", "station", "railway"), "ORG"),
        "product": "PRODUCT",
        **dict.fromkeys(("work", "series"), "WORK_OF_ART"),
        "event": "EVENT",
        "date": "DATE",
    }  # fmt: skip
    """What a slot's value is; a slot that is not named here holds nothing to find."""

    def fill(self, slot: str) -> Piece:
        """Return a value for a slot, with its label.

        Raises:
            AttributeError: There is no such slot.
        """
        value = getattr(self, slot.lower())()
        if slot[0].isupper():
            value = value[:1].upper() + value[1:]
        return Piece(re.sub(r"[ \t]+", " ", value).strip(), self.LABELS.get(slot))
