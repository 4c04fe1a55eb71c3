"""Fingerprints tell values apart and nothing else; previews show nobody anything."""

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finetooth import redaction
from finetooth.entities import ENTITY_TYPES, Kind
from finetooth.errors import KeyMismatchError
from finetooth.redaction import MASK, FingerprintKey, normalise, preview

KEY = FingerprintKey(b"k" * 32)


def test_examples():
    assert doctest.testmod(redaction).failed == 0


@pytest.mark.parametrize(
    ("entity", "one", "other"),
    [
        ("US_SSN", "536-90-4399", "536 90 4399"),
        ("CREDIT_CARD", "4111-1111-1111-1111", "4111111111111111"),
        ("EMAIL_ADDRESS", "Ada@Example.COM", "ada@example.com"),
        ("PERSON", "Ada  Lovelace", "ADA LOVELACE"),
    ],
)
def test_the_same_value_has_one_fingerprint_however_it_is_written(entity, one, other):
    assert KEY.fingerprint(entity, one) == KEY.fingerprint(entity, other)


def test_case_counts_in_a_secret():
    assert KEY.fingerprint("PASSWORD", "hunter2") != KEY.fingerprint("PASSWORD", "Hunter2")


def test_fingerprints_differ_by_key_and_by_entity_type():
    other = FingerprintKey(b"o" * 32)
    assert KEY.id != other.id
    assert KEY.fingerprint("US_SSN", "536-90-4399") != other.fingerprint("US_SSN", "536-90-4399")
    assert KEY.fingerprint("US_SSN", "536904399") != KEY.fingerprint("ACCOUNT_NUMBER", "536904399")


def test_a_fingerprint_has_128_bits():
    assert len(KEY.fingerprint("US_SSN", "536-90-4399")) == 32


def test_the_key_never_shows_in_its_repr():
    assert "kkkk" not in repr(KEY)


@pytest.mark.parametrize("text", ["", "short", "a2V5", "not base64!"])
def test_a_malformed_key_is_refused_with_a_remedy(text):
    with pytest.raises(KeyMismatchError, match="head -c 32"):
        FingerprintKey.from_base64(text)


def test_a_key_survives_its_file():
    assert FingerprintKey.from_base64(KEY.to_base64()) == KEY


@given(st.sampled_from(sorted(ENTITY_TYPES)), st.text(min_size=1, max_size=60))
def test_no_preview_shows_a_digit_or_more_than_initials(entity, value):
    shown = preview(entity, value)
    kind = ENTITY_TYPES[entity].kind
    assert len(shown) <= 60
    if kind in (Kind.SECRET, Kind.NUMBER):
        assert not any(c.isalnum() for c in shown)
    elif kind is Kind.WORDS:
        assert all(len(word.strip(f"{MASK}…")) <= 1 for word in shown.split())


@given(st.sampled_from(sorted(ENTITY_TYPES)), st.text(min_size=1, max_size=30))
def test_normalising_twice_changes_nothing(entity, value):
    once = normalise(entity, value)
    assert normalise(entity, once) == once


def test_a_fingerprint_fits_its_value_whatever_kind_a_policy_gave():
    told = KEY.fingerprint("BADGE_NUMBER", "AB-40471", Kind.NUMBER)
    assert told == KEY.fingerprint("BADGE_NUMBER", "ab 40471", Kind.NUMBER)
    assert KEY.fits(told, "BADGE_NUMBER", "AB 40471")
    assert not KEY.fits(told, "BADGE_NUMBER", "AB 40472")
    assert not KEY.fits(told, "CUSTOMER_ID", "AB 40471")
