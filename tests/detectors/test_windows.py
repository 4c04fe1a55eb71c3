import pytest
from hypothesis import given
from hypothesis import strategies as st

from finetooth.detectors.windows import windows


def test_an_empty_text_has_no_window():
    assert list(windows("", 100, 10)) == []


def test_a_short_text_is_one_window():
    (window,) = windows("abc", 100, 10)
    assert (window.start, window.end, window.keep_from, window.keep_until) == (0, 3, 0, 3)


@given(st.text("ab ", max_size=4000), st.integers(50, 500))
def test_every_position_is_kept_once_and_seen_with_its_surroundings(text, size):
    overlap = size // 3
    cut = list(windows(text, size, overlap))
    kept = [n for window in cut for n in range(window.keep_from, window.keep_until)]
    assert kept == list(range(len(text)))
    for window in cut:
        assert window.start <= window.keep_from <= window.keep_until <= window.end
        assert window.end - window.start <= size + 200
    for window in cut[:-1]:
        assert window.keep_until <= window.end


def test_an_overlap_that_cannot_advance_is_refused():
    with pytest.raises(ValueError, match="not 60 of 100"):
        list(windows("abc", 100, 60))
