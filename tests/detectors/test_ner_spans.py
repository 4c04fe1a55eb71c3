import re

import pytest

from finetooth.detectors.ner_spans import tidy
from finetooth.span import Span


def tidied(entity_type, marked):
    text = f"x {marked} y"
    result = tidy(entity_type, text, Span(2, 2 + len(marked)))
    return result and (result[0], result[1].of(text))


@pytest.mark.parametrize(
    ("marked", "name"),
    [
        ("Maria Lopez", "Maria Lopez"),
        ("Maria Lopez's", "Maria Lopez"),
        (' "Maria"\n', "Maria"),
        ("Maria\nAge", "Maria"),
        ("O'Brien-Smith", "O'Brien-Smith"),
        ("J. R. R. Tolkien", "J. R. R. Tolkien"),
        ("A", None),
        ("D.", None),
        ("---", None),
        ("user_name", None),
        ("arr[i]", None),
        ("B2000", None),
        ("{name}", "name"),
    ],
)
def test_persons(marked, name):
    assert tidied("PERSON", marked) == (name and ("PERSON", name))


@pytest.mark.parametrize(
    ("text", "handle"),
    [
        ("RT @rose_quartz77: So True", "rose_quartz77"),
        ("RT @ quartz77: So True", "quartz77"),
        ("Thanks @rosequartz, See You", "rosequartz"),
        ("Hi @everyone, See You", None),
        ("x\n@Override\npublic void run() {}", None),
        ("x\n    @lru.cache(maxsize=3)\n    def run(self):", None),
        ("x\n@rosequartz\nI agree", "rosequartz"),
        ("at @12345 now", None),
        ("mail me@rose_q77 now", None),
        ("see rose_quartz77: So True", None),
    ],
)
@pytest.mark.parametrize("entity_type", ["PERSON", "ORGANIZATION"])
def test_an_account_is_called_as_its_holder_likes(text, handle, entity_type):
    named = re.search(r"rose_?(?:quartz|q)\d*|quartz77|everyone|Override|lru|12345", text).group()
    start = text.index(named)
    result = tidy(entity_type, text, Span(start, start + len(named)))
    assert (result and result[1].of(text)) == handle


@pytest.mark.parametrize(
    "marked",
    ["March 3, 2020", "early 2001", "summer 2001", "3/14/1999", "July", "10:30", "10 pm", "the 25th", "June 2nd"],
)
def test_a_date_points_somewhere(marked):
    assert tidied("DATE_TIME", marked) == ("DATE_TIME", marked)


@pytest.mark.parametrize("marked", ["2001", "in 1998", "the year 2001", "1998-2001", "from 1998 to 2001"])
def test_a_year_that_tells_no_day_is_told_apart(marked):
    """What the law on health data in the US lets stand of a date (45 CFR 164.514(b)(2)(i)(C))."""
    assert tidied("DATE_TIME", marked) == ("YEAR", marked)


@pytest.mark.parametrize(
    "marked",
    [
        "today",
        "next week",
        "24 hours",
        "5 years",
        "the 20th century",
        "the 1960s",
        "5 + 5",
        "4.5",
        "2145678901",
        "Year 1",
        "1776",
    ],
)
def test_a_length_or_a_sum_does_not(marked):
    assert tidied("DATE_TIME", marked) is None


@pytest.mark.parametrize("marked", ["35 years old", "13-year-old", "age 12"])
def test_an_age_is_no_date(marked):
    assert tidied("DATE_TIME", marked) == ("AGE", marked)


def test_a_variable_is_no_place_but_a_numbered_road_is():
    assert tidied("LOCATION", "num1") is None
    assert tidied("LOCATION", "Route 66") == ("LOCATION", "Route 66")


@pytest.mark.parametrize(
    ("marked", "address"),
    [
        ("12 Oak Street, Fernvale", "12 Oak Street, Fernvale"),
        ("12 Oak Street\nApt. 7\nFernvale, OH 43999\n", "12 Oak Street\nApt. 7\nFernvale, OH 43999"),
        ("Oak Street", None),
        ("\n", None),
    ],
)
def test_an_address_goes_over_lines_and_has_a_number(marked, address):
    assert tidied("STREET_ADDRESS", marked) == (address and ("STREET_ADDRESS", address))


@pytest.mark.parametrize(
    ("text", "name", "kept"),
    [
        ("He went to Boston and tackle came up.", "tackle", False),
        ("He went to Boston and Tackle came up.", "Tackle", True),
        ("he went to boston with maria", "maria", True),
        ("i think I saw maria", "maria", True),
        ("OMG i saw maria on TV", "maria", True),
        ("Hello, my name is maria", "maria", True),
        ("Stir well, mix potato and salt.", "mix potato", False),
        ("我叫 maria", "maria", True),
        ("张伟 moved to Boston", "张伟", True),
    ],
)
def test_a_name_is_written_as_the_text_around_it_writes_names(text, name, kept):
    start = text.index(name)
    assert (tidy("PERSON", text, Span(start, start + len(name))) is not None) == kept


@pytest.mark.parametrize("said", ["16% of sales", "$40 Million", "400 °F oven", "7 / 12"])
def test_a_sum_is_no_address(said):
    assert tidied("STREET_ADDRESS", said) is None


@pytest.mark.parametrize(
    ("text", "name", "whole"),
    [
        ("Dear Mr. Okonkwo, hello", "Okonkwo", "Mr. Okonkwo"),
        ("ask Frau Doe now", "Doe", "Frau Doe"),
        ("the dams Doe", "Doe", "Doe"),
        ("Ms Doe", "Doe", "Ms Doe"),
    ],
)
def test_a_person_is_marked_with_how_they_are_addressed(text, name, whole):
    start = text.index(name)
    _, span = tidy("PERSON", text, Span(start, start + len(name)))
    assert span.of(text) == whole
