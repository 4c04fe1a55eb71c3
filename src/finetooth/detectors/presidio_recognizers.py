"""Presidio's recognizers that finetooth changes: offline, in linear time, and telling how well a match is formed.

NOTE: this module imports presidio when it is imported, because it subclasses its recognizers. Only
:mod:`finetooth.detectors.presidio_engine` imports it, which is itself imported from a constructor.
"""
# mypy: disable-error-code="misc"
# Presidio's classes are untyped to mypy (see pyproject.toml), and the ports can only be met by subclassing them.

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import tldextract
from phonenumbers import Leniency, PhoneNumberMatch, PhoneNumberType, number_type
from presidio_analyzer import AnalysisExplanation, EntityRecognizer, Pattern, RecognizerResult
from presidio_analyzer.predefined_recognizers import (
    CreditCardRecognizer,
    EmailRecognizer,
    IbanRecognizer,
    PhoneRecognizer,
    UrlRecognizer,
)
from stdnum import iban as iso13616

from finetooth.detectors.checks import date_or_years
from finetooth.detectors.phone_matching import phone_numbers


class OfflineEmailRecognizer(EmailRecognizer):
    """Presidio's e-mail recognizer, with the public-suffix list that tldextract ships instead of a download."""

    # RFC 5321 section 4.5.3.1.1 limits the local part to 64 octets. Presidio's pattern does not, and takes quadratic
    # time on a long run of letters and dots, until its time limit makes it lose the text. It also takes / ? = & { | }
    # for part of the address: legal, but in text they are what stands around one (?mail=bob@…, {bob@…}).
    PATTERNS = [  # noqa: RUF012 - as the port has it
        Pattern(
            "Email (Medium)",
            r"\b(?:[!#$%'*+\-^_`~\w](?:[!#$%'*+\-^_`~\.\w]{0,62}[!#$%'*+\-^_`~\w])?"
            r"[@]\w+(?:-+\w+)*(?:\.\w+(?:-+\w+)*)+)\b",
            0.5,
        )
    ]

    def __init__(self, supported_language: str) -> None:
        super().__init__(supported_language=supported_language, name="EmailRecognizer")
        self._extract = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)

    def validate_result(self, pattern_text: str) -> bool:
        """Tell whether the domain ends in a public suffix."""
        # Unless it is given a session, it loads an HTTP client to make one, and then has nothing to fetch.
        none: Any = object()
        return self._extract(pattern_text.rpartition("@")[2], session=none).fqdn != ""


class LinearUrlRecognizer(UrlRecognizer):
    """Presidio's URL recognizer, begun only where a host name can begin.

    Its pattern starts anew at every letter of a run such as ``a.a.a.a``, which is quadratic. A match that begins inside
    a run would also have been found from the run's beginning, so nothing is lost.
    """

    PATTERNS = [  # noqa: RUF012 - as the port has it
        Pattern("Standard Url", "(?i)(?:https?://)" + UrlRecognizer.BASE_URL_REGEX, 0.6),
        Pattern("Non schema URL", r"(?i)(?<![a-z0-9.\-])" + UrlRecognizer.BASE_URL_REGEX, 0.5),
    ]

    def __init__(self, supported_language: str) -> None:
        super().__init__(patterns=self.PATTERNS, supported_language=supported_language, name="UrlRecognizer")


class IssuedCardRecognizer(CreditCardRecognizer):
    """Presidio's card recognizer, for every length of ISO/IEC 7812, and telling which prefixes are issued."""

    PATTERNS = [  # noqa: RUF012 - as the port has it
        *CreditCardRecognizer.PATTERNS,
        Pattern(
            "Card of 12 to 19 digits", r"\b[2-6]\d{3}[- ]?\d{4}[- ]?\d{4}(?:[- ]?\d{1,4}(?:[- ]?\d{1,3})?)?\b", 0.3
        ),
    ]
    _ISSUED = re.compile(
        r"4\d{11,18}|5[0-8]\d{10,17}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}|3(?:0[0-59]|[689]\d)\d{11,16}"
        r"|(?:2131|1800)\d{11}|35\d{14,17}|6\d{11,18}|1\d{14}"
    )

    def __init__(self, supported_language: str, context: list[str] | None = None) -> None:
        super().__init__(
            patterns=self.PATTERNS, context=context, supported_language=supported_language, name="CreditCardRecognizer"
        )

    def validate_result(self, pattern_text: str) -> bool | None:
        """Tell whether the Luhn digit holds; None where it does, and no issuer has the prefix."""
        digits = re.sub(r"\D", "", pattern_text)
        # All digits alike pass Luhn for 0 and are no card.
        if len(set(digits)) == 1 or not super().validate_result(pattern_text):
            return False
        return True if self._ISSUED.fullmatch(digits) else None


class WrittenIbanRecognizer(IbanRecognizer):
    """Presidio's IBAN recognizer, for IBANs in small letters as well, and however a sentence goes on after one.

    Presidio takes groups of four as long as there are any, and gives up two at most: words of four letters would be
    part of an IBAN, where small letters count too. How long one is, the registry of ISO 13616 says for each country.
    """

    _WRITTEN = re.compile(r"(?ai)(?<![a-z0-9])(?=([a-z]{2}[0-9]{2}(?:[ -]?[a-z0-9]){11,30}))")
    """From each beginning on as far as one could go: 15 to 34 characters (ISO 13616)."""
    _END = re.compile(r"(?ai)[a-z0-9](?![a-z0-9])")

    def __init__(self, supported_language: str) -> None:
        super().__init__(supported_language=supported_language, name="IbanRecognizer")

    def analyze(self, text: str, entities: list[str], nlp_artifacts: Any = None) -> list[RecognizerResult]:
        """Return every place that reads as an IBAN and has its check digits."""
        return [
            _result(self, start, end.end(), "IBAN Generic", self.MAX_SCORE, proven=True)
            for start, reach in (written.span(1) for written in self._WRITTEN.finditer(text))
            for end in self._END.finditer(text, start, reach)
            if self._holds(text[start : end.end()])
        ]

    def _holds(self, written: str) -> bool:
        iban = re.sub("[ -]", "", written)
        # The country may be capitalised for itself, as telephones do; the rest is typed in one case.
        one_case = iban[4:] in {iban[4:].upper(), iban[4:].lower()}
        return one_case and bool(iso13616.is_valid(iban, check_country=False))


class PlannedPhoneRecognizer(PhoneRecognizer):
    """Presidio's phone recognizer, which also says how the number was written."""

    def __init__(self, supported_language: str, regions: Sequence[str]) -> None:
        """Look for numbers of the plans of ``regions``, and of Presidio's own regions as weaker evidence."""
        others = [region for region in PhoneRecognizer.DEFAULT_SUPPORTED_REGIONS if region not in regions]
        super().__init__(
            supported_language=supported_language, supported_regions=[*regions, *others], name="PhoneRecognizer"
        )
        self._expected = frozenset(regions)

    _SERVICES = frozenset(
        {
            PhoneNumberType.TOLL_FREE,
            PhoneNumberType.PREMIUM_RATE,
            PhoneNumberType.SHARED_COST,
            PhoneNumberType.UAN,
            PhoneNumberType.VOICEMAIL,
        }
    )

    def analyze(self, text: str, entities: list[str], nlp_artifacts: Any = None) -> list[RecognizerResult]:
        """Return numbers that are valid in a plan. The explanation's pattern tells how each was written.

        - ``grouped``: in groups by a plan that was asked for, or with a plus: evidence by itself.
        - ``foreign``: in groups by another plan: as well a date or a price.
        - ``bare``: a run of digits: as well an order number or a time stamp.
        - ``service``: freephone, premium and shared-cost numbers, which no private person has.
        - ``possible``: of the right length, but not assigned by the plan: fiction, or a plan that has changed since.
        """
        if sum(map(str.isdigit, text)) < 6:  # noqa: PLR2004 - no plan has shorter numbers
            return []
        found: dict[tuple[int, int], str] = {}
        for region, match, start in _numbers(text, self.supported_regions, self.leniency):
            number = text[start : match.end]
            if _is_other_number(text, start, number):
                continue
            international = number.lstrip("(").startswith("+")
            if number_type(match.number) in self._SERVICES:
                written = "service"
            elif number.isdigit():
                written = "bare"
            elif international or region in self._expected:
                written = "grouped"
            else:
                written = "foreign"
            found.setdefault((start, match.end), written)
        for _, match, start in _numbers(text, sorted(self._expected), Leniency.POSSIBLE):
            number = text[start : match.end]
            if not number.isdigit() and not _is_other_number(text, start, number):
                found.setdefault((start, match.end), "possible")
        # Without a plus or a word before it, a possible number is any number in groups.
        return [
            _result(self, start, end, written, 0.3 if written == "possible" and text[start] != "+" else self.SCORE)
            for (start, end), written in found.items()
        ]


def _result(
    recognizer: EntityRecognizer, start: int, end: int, pattern: str, score: float, *, proven: bool | None = None
) -> RecognizerResult:
    return RecognizerResult(
        entity_type=recognizer.supported_entities[0],
        start=start,
        end=end,
        score=score,
        analysis_explanation=AnalysisExplanation(
            recognizer=recognizer.name, original_score=score, pattern_name=pattern, validation_result=proven
        ),
        recognition_metadata={
            RecognizerResult.RECOGNIZER_NAME_KEY: recognizer.name,
            RecognizerResult.RECOGNIZER_IDENTIFIER_KEY: recognizer.id,
        },
    )


def _numbers(text: str, regions: Sequence[str], leniency: int) -> Iterator[tuple[str, PhoneNumberMatch, int]]:
    """Yield plan and number, and where each begins: a bracket that opens before all of it is none of its own."""
    for region, match in phone_numbers(text, regions, leniency):
        opens = match.raw_string.startswith("(") and ")" not in match.raw_string
        yield region, match, match.start + opens


_BYTE = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
_INTERNET_ADDRESS = re.compile(rf"{_BYTE}(?:\.{_BYTE}){{3}}(?:/\d{{1,2}})?")


def _is_other_number(text: str, start: int, number: str) -> bool:
    """Tell whether digits are something else: a fraction, an address, a date, years, a code, too few to be dialled."""
    digits = sum(map(str.isdigit, number))
    return (
        digits < 7  # noqa: PLR2004 - shorter ones exist inside a town, and look like every other number
        or re.fullmatch(r"\d+[.,]\d+", number) is not None
        or _INTERNET_ADDRESS.fullmatch(number) is not None
        or date_or_years(number)
        or re.search(r"\d[.,]$", text[max(0, start - 2) : start]) is not None
        # ZAM-0603202021: what hangs on a code in capitals is that code's.
        or re.search(r"[A-Z]{2}[-_/#]$", text[max(0, start - 3) : start]) is not None
    )
