"""Values of every kind that a shipped policy names, made when they are asked for. Import as ``from planted import …``.

The examples of our own rules come first; what only Presidio or the entity model finds has a text here. Nothing is
anybody's: numbers are reserved for documentation, or are made here with their check digits.
"""

from finetooth.detectors import rulebook

_LETTERS = {letter: str(number) for number, letter in enumerate("ABCDEFGHIJKLMNOPQRSTUVWXYZ", 10)}


def card(head="453914880343"):
    """Return a card number with its Luhn digit."""
    digits = head + "646"
    doubled = (int(digit) * (2 - place % 2) for place, digit in enumerate(reversed(digits)))
    return digits + str(-sum(int(c) for number in doubled for c in str(number)) % 10)


def iban(country="DE", account="500105170000447198"):
    """Return an IBAN with its check digits (ISO 13616)."""
    number = int("".join(_LETTERS.get(c, c) for c in f"{account}{country}00"))
    return f"{country}{98 - number % 97:02}{account}"


def token():
    """Return what looks like a token of a code host."""
    return "gh" + "p_" + "wWPw5k4aXcaT4fNP0UcnZwJUVFk6LO0pINUx"


TEXTS = {
    "ACCESS_TOKEN": lambda: f"use {token()} to log in",
    "CREDIT_CARD": lambda: f"my card is {card()}",
    "DATE_TIME": lambda: "He was discharged on March 14, 2019.",
    "EMAIL_ADDRESS": lambda: "Write to nadia.okafor@" + "fernvale-health.com please.",
    "IBAN_CODE": lambda: f"pay it to {iban()}, thanks",
    "IP_ADDRESS": lambda: "logged in from 81.2.69" + ".142 at night",
    "LOCATION": lambda: "I moved from Chicago to Boston with my family.",
    "MAC_ADDRESS": lambda: "the pump has the address 3c:52:82" + ":1f:9a:04",
    "MEDICAL_LICENSE": lambda: "her DEA certificate number is BB" + "1388568",
    "ORGANIZATION": lambda: "She works for Northwind Traders Inc. as an accountant.",
    "PERSON": lambda: "My name is Nadia Okafor and I need help.",
    "URL": lambda: "see https://www.fernvale-health" + ".com/patients/nadia",
    "US_BANK_NUMBER": lambda: "routing and checking: 9456" + "57876542",
    "US_CLAIM_NUMBER": lambda: "The claim CLM" + "-4471980236 was denied.",
    "US_DRIVER_LICENSE": lambda: "driver license H" + "4471980 was shown",
    "US_HEALTH_INSURANCE_MEMBER_ID": lambda: "insurance subscriber ID XYZ" + "447198023",
    "US_MBI": lambda: "Medicare beneficiary 1EG4-TE5" + "-MK73",
    "US_PASSPORT": lambda: "passport 9128" + "03456 expired",
    "US_PRESCRIPTION_NUMBER": lambda: "refill Rx #: 4471" + "980",
    "US_PRIOR_AUTHORIZATION_NUMBER": lambda: "prior authorization number: 4471" + "98023",
    "US_REFERRAL_NUMBER": lambda: "referral number: 4471" + "98023",
    "UUID": lambda: "device 9b1deb4d-3b7d-4bad" + "-9bdd-2b0d7b3dcb6d",
}
"""By entity type, a text that only an engine's own recognizer or the model finds a value in."""

ROWS = {"QUASI_IDENTIFIER_COMBINATION": {"date_of_birth": "1981-03-14", "sex": "female", "zip": "43999"}}
"""By entity type, a record whose values are one together."""

CLEAN = [
    {"text": "Mix the flour with two cups of water, then stir until it is smooth."},
    {"text": "How do I reset the device? Hold the key for five seconds."},
    {"text": "def add(a, b):\n    return a + b"},
    {"text": "A circle has one center, and each of its points is equally far from it."},
]
"""Records that hold nothing."""


def examples(entity_type, regions=()):
    """Return records that each hold a value of an entity type, under a policy that names the regions."""
    rows = [ROWS[entity_type]] if entity_type in ROWS else []
    if entity_type in TEXTS and (not entity_type.startswith("US_") or "US" in regions):
        rows.append({"text": TEXTS[entity_type]()})
    for rule in rulebook.entries():
        if rule.entity_type == entity_type and (not rule.regions or {*rule.regions} & {*regions}):
            rows += [{example.key or "text": example.text} for example in rule.examples]
    return rows
