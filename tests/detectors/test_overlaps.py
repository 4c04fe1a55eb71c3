from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from finetooth.detectors.overlaps import Resolved, resolve
from finetooth.match import VALIDATIONS, Match
from finetooth.span import Span


def match(entity_type, start, end, validation="none", score=0.5, rule=None):
    return Match(rule or f"r.{entity_type.lower()}", entity_type, Span(start, end), score, validation)


def types(*matches):
    return [resolved.entity_type for resolved in resolve(matches)]


def test_nothing_of_nothing():
    assert resolve([]) == []


def test_two_rules_that_see_the_same_are_one_match():
    matches = [match("API_KEY", 0, 9, "context", 0.6, "b"), match("API_KEY", 0, 9, "provider", 0.5, "a")]
    assert resolve(matches) == [Resolved(("a", "b"), "API_KEY", Span(0, 9), 0.6, "provider")]


def test_street_addresses_that_overlap_are_one():
    matches = [
        match("STREET_ADDRESS", 0, 13, "structure", 0.9, "rule"),
        match("STREET_ADDRESS", 3, 40, "none", 0.85, "model"),
        match("STREET_ADDRESS", 41, 50, "none", 0.85, "model"),
    ]
    assert resolve(matches) == [
        Resolved(("model", "rule"), "STREET_ADDRESS", Span(0, 40), 0.9, "structure"),
        Resolved(("model",), "STREET_ADDRESS", Span(41, 50), 0.85, "none"),
    ]


def test_neighbours_both_stay():
    assert types(match("PERSON", 0, 5), match("LOCATION", 5, 9)) == ["PERSON", "LOCATION"]


def test_a_name_inside_an_email_goes():
    assert types(match("PERSON", 0, 3), match("EMAIL_ADDRESS", 0, 11, "structure")) == ["EMAIL_ADDRESS"]


def test_a_host_inside_an_email_goes():
    assert types(match("URL", 4, 11), match("EMAIL_ADDRESS", 0, 11, "structure")) == ["EMAIL_ADDRESS"]


def test_a_place_and_a_name_inside_a_street_address_go():
    address = match("STREET_ADDRESS", 0, 30, "structure")
    assert types(match("PERSON", 3, 12), address, match("LOCATION", 20, 28)) == ["STREET_ADDRESS"]
    assert types(match("LOCATION", 10, 45), match("STREET_ADDRESS", 0, 30, "none")) == ["STREET_ADDRESS"]


def test_a_number_that_words_name_is_not_what_its_shape_suggests():
    for shape in ("US_BANK_NUMBER", "PHONE_NUMBER", "US_DRIVER_LICENSE"):
        assert types(match(shape, 0, 10), match("ACCOUNT_NUMBER", 0, 10, "context")) == ["ACCOUNT_NUMBER"]


def test_a_date_of_birth_is_more_than_a_date():
    assert types(match("DATE_TIME", 0, 10, "structure"), match("DATE_OF_BIRTH", 0, 10, "structure")) == [
        "DATE_OF_BIRTH"
    ]


def test_an_email_inside_an_address_stays():
    assert types(match("URL", 0, 30, "structure"), match("EMAIL_ADDRESS", 19, 30, "structure")) == ["EMAIL_ADDRESS"]


def test_a_connection_string_keeps_its_password():
    string = match("CONNECTION_STRING", 0, 40, "structure")
    assert types(string, match("PASSWORD", 10, 18, "structure"), match("ACCESS_TOKEN", 10, 18, "provider")) == [
        "CONNECTION_STRING"
    ]


def test_proof_beats_length():
    assert types(match("US_BANK_NUMBER", 0, 20), match("CREDIT_CARD", 0, 16, "checksum")) == ["CREDIT_CARD"]


def test_of_two_check_digits_that_of_the_longer_number_counts():
    assert types(match("CREDIT_CARD", 5, 24, "checksum"), match("IBAN_CODE", 0, 27, "checksum")) == ["IBAN_CODE"]


def asked(*matches, names):
    return [each.entity_type for each in resolve(matches, asked=names.__contains__)]


def test_what_a_policy_asks_for_stays_beside_what_is_stronger():
    phone, tax = match("PHONE_NUMBER", 0, 10, "structure"), match("ZA_INCOME_TAX_NUMBER", 0, 10)
    assert asked(phone, tax, names=()) == ["PHONE_NUMBER"]
    assert asked(phone, tax, names=["ZA_INCOME_TAX_NUMBER"]) == ["PHONE_NUMBER", "ZA_INCOME_TAX_NUMBER"]


def test_two_that_it_asks_for_both_stay():
    card, passport = match("DE_ID_CARD", 0, 9, "checksum"), match("DE_PASSPORT", 0, 9, "checksum")
    assert asked(card, passport, names=["DE_ID_CARD", "DE_PASSPORT"]) == ["DE_ID_CARD", "DE_PASSPORT"]


def test_what_it_asks_for_goes_where_the_other_is_proven_by_what_the_value_is():
    names = ["US_BANK_NUMBER", "PERSON", "US_DRIVER_LICENSE"]
    bank, name, licence = match("US_BANK_NUMBER", 0, 16), match("PERSON", 0, 3), match("US_DRIVER_LICENSE", 0, 20)
    assert asked(bank, match("CREDIT_CARD", 0, 16, "checksum"), names=names) == ["CREDIT_CARD"]
    assert asked(licence, match("API_KEY", 0, 20, "provider"), names=names) == ["API_KEY"]
    assert asked(name, match("EMAIL_ADDRESS", 0, 11, "structure"), names=names) == ["EMAIL_ADDRESS"]
    assert asked(name, match("PASSWORD", 0, 11, "context"), names=names) == ["PASSWORD"]


def test_a_check_digit_of_a_part_says_nothing_of_the_whole():
    card, claim = match("CREDIT_CARD", 4, 18, "checksum"), match("US_CLAIM_NUMBER", 0, 18)
    assert asked(card, claim, names=["US_CLAIM_NUMBER"]) == ["US_CLAIM_NUMBER", "CREDIT_CARD"]


def test_of_one_type_that_it_asks_for_one_stays_in_a_place():
    assert asked(match("US_BANK_NUMBER", 0, 9), match("US_BANK_NUMBER", 0, 16), names=["US_BANK_NUMBER"]) == [
        "US_BANK_NUMBER"
    ]


def test_a_proven_credential_beats_everything():
    assert types(match("PASSWORD", 0, 11, "context"), match("EMAIL_ADDRESS", 0, 11, "structure")) == ["PASSWORD"]


def test_an_unproven_one_does_not():
    assert types(match("PASSWORD", 0, 11), match("EMAIL_ADDRESS", 0, 11, "structure")) == ["EMAIL_ADDRESS"]


MATCHES = st.lists(
    st.builds(
        match,
        st.sampled_from(["PERSON", "EMAIL_ADDRESS", "PASSWORD", "CONNECTION_STRING", "URL", "CUSTOM"]),
        start := st.integers(0, 30),
        start.map(lambda n: n + 31),
        st.sampled_from(VALIDATIONS),
        st.sampled_from([0.3, 0.5, 0.9]),
        st.sampled_from(["a", "b", "c"]),
    ),
    max_size=8,
)
SPANS = st.lists(st.tuples(st.integers(0, 30), st.integers(1, 12)), min_size=8, max_size=8)


@given(MATCHES, SPANS, st.randoms(use_true_random=False))
def test_no_two_overlap_and_the_order_of_the_input_never_matters(matches, spans, random):
    matches = [
        Match(m.rule, m.entity_type, Span(start, start + length), m.score, m.validation)
        for m, (start, length) in zip(matches, spans, strict=False)
    ]
    resolved = resolve(matches)
    shuffled = list(matches)
    random.shuffle(shuffled)
    assert resolve(shuffled) == resolved
    assert all(not one.span.overlaps(other.span) for one, other in pairwise(resolved))
    assert bool(resolved) == bool(matches)


@given(MATCHES, SPANS)
def test_asking_takes_nothing_away(matches, spans):
    matches = [
        Match(m.rule, m.entity_type, Span(start, start + length), m.score, m.validation)
        for m, (start, length) in zip(matches, spans, strict=False)
    ]
    settled = {(each.entity_type, each.span) for each in resolve(matches)}
    everything = resolve(matches, asked=lambda _: True)
    assert settled <= {(each.entity_type, each.span) for each in everything}
    by_type = pairwise(sorted(everything, key=lambda each: (each.entity_type, each.span)))
    assert not [one for one, other in by_type if one.entity_type == other.entity_type and one.span.overlaps(other.span)]


def test_who_says_what_a_uuid_is_comes_before_its_form():
    assert types(match("UUID", 4, 40, "structure"), match("API_KEY", 4, 40, "none")) == ["API_KEY"]
