"""A sum of members: in any order, from any parts, and hidden from whoever has no key."""

import hashlib
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finetooth import multisethash
from finetooth.multisethash import MultisetHash
from finetooth.redaction import FingerprintKey

KEY = FingerprintKey(b"k" * 32)


def total(*members):
    said = MultisetHash()
    for member in members:
        said.add(member)
    return said


def test_order_means_nothing():
    assert len({total(*members).hexdigest for members in permutations([b"a", b"b", b"c", b"a"])}) == 1


def test_how_often_means_something():
    assert len({total(*members).hexdigest for members in ([], [b"a"], [b"a", b"a"], [b"b"], [b"a", b"b"])}) == 5


@given(st.lists(st.binary(max_size=3)), st.lists(st.binary(max_size=3)))
def test_parts_add_up(first, second):
    whole = total(*first)
    whole += total(*second)
    assert whole.hexdigest == total(*second, *first).hexdigest
    assert whole.count == len(first) + len(second)


def test_lanes_wrap_around_as_sixteen_bits_do(monkeypatch):
    monkeypatch.setattr(multisethash, "_ROOM", 3)
    members = [b"%d" % number for number in range(500)]
    lanes = [0] * 1024
    for member in members:
        stretched = hashlib.shake_128(member).digest(2048)
        for place in range(1024):
            lanes[place] = (lanes[place] + int.from_bytes(stretched[2 * place : 2 * place + 2], "little")) % 65536
    plain = b"LtHash16-1024 500\0" + b"".join(lane.to_bytes(2, "little") for lane in lanes)
    assert total(*members).hexdigest == hashlib.sha256(plain).hexdigest()


def test_what_is_sealed_opens_with_the_key_alone():
    said = total(b"a", b"b")
    sealed = said.sealed(KEY.mac)
    assert sealed == total(b"b", b"a").sealed(KEY.mac)
    assert MultisetHash.opened(sealed, KEY.mac).hexdigest == said.hexdigest
    assert MultisetHash.opened(sealed, KEY.mac).count == 2
    with pytest.raises(ValueError, match="key"):
        MultisetHash.opened(sealed, FingerprintKey(b"o" * 32).mac)


@pytest.mark.parametrize("place", [0, 63, 64, 70, 2000])
def test_a_changed_seal_does_not_open(place):
    sealed = bytearray(total(b"a").sealed(KEY.mac))
    sealed[place] ^= 1
    with pytest.raises(ValueError, match="key"):
        MultisetHash.opened(bytes(sealed), KEY.mac)


def test_what_is_sealed_does_not_show_what_was_added():
    plain = hashlib.shake_128(b"536-90-4399").digest(2048)
    assert not any(plain[at : at + 8] in total(b"536-90-4399").sealed(KEY.mac) for at in range(0, 2048, 8))
