"""What singles a person out only together, and signatures: from the occurrences of one record."""

import json
import time

import pytest

from finetooth.detectors.combinations import RULES, combined
from finetooth.detectors.encodings import placed
from finetooth.detectors.overlaps import Resolved
from finetooth.detectors.signatures import signatures
from finetooth.shapes.reading import DETECT
from finetooth.shapes.walker import walk
from finetooth.span import Span

PERSON = {"dob": "1981-03-14", "sex": "F", "zip": "43999"}
TYPES = {
    "dob": "DATE_OF_BIRTH",
    "sex": "GENDER",
    "zip": "POSTAL_CODE",
    "age": "AGE",
    "name": "PERSON",
    "city": "LOCATION",
}


def occurrences(value):
    """Place a finding on every value whose key names one."""
    found = []
    for passage in walk(value, DETECT).passages:
        key = (passage.inner[-1].pointer if passage.inner else passage.pointer).rpartition("/")[2]
        matches = []
        if passage.part == "value" and key in TYPES:
            matches = [Resolved(("fake",), TYPES[key], Span(0, len(passage.text)), 0.8, "context")]
        found.append((passage, matches))
    return list(placed(found))


def made(value):
    return {each.rule.id.rpartition(".")[2]: each for each in combined(occurrences(value))}


def test_nothing_is_made_of_nothing():
    assert made({}) == {}
    assert made({"dob": "1981-03-14"}) == {}


def test_a_birth_date_a_sex_and_a_postal_code_are_one_finding():
    (combination,) = made(PERSON).values()
    assert combination.preview == "date of birth + sex + postal code"
    assert combination.span == Span(0, 10)
    assert "1981" not in repr(combination)
    assert "43999" not in repr(combination)


@pytest.mark.parametrize(
    ("record", "names"),
    [
        ({"dob": "1981-03-14", "zip": "43999"}, {"birth-date-postcode"}),
        ({"dob": "1981-03-14", "sex": "F", "city": "Fernvale"}, {"birth-date-sex-place"}),
        ({"dob": "1981-03-14", "name": "Jane Roe"}, {"name-birth-date"}),
        ({"dob": "1981-03-14", "name": "Jane"}, set()),
        ({"age": "40", "sex": "F", "zip": "43999"}, set()),
        ({"age": "40", "sex": "F", "zip": "TN9 9ZZ"}, {"age-sex-postcode-unit"}),
        ({**PERSON, "name": "Jane Roe"}, {"birth-date-sex-postcode", "name-birth-date"}),
    ],
)
def test_what_is_a_part_of_a_larger_one_is_not_told(record, names):
    assert made(record).keys() == names


@pytest.mark.parametrize("spelt", ["14 March 1981", "March 14, 1981", "14/03/1981", "1981/3/14", "14.03.1981"])
def test_the_same_person_in_another_spelling_is_the_same_value(spelt):
    other = made({"zip": "43999", "dob": spelt, "sex": "female"})["birth-date-sex-postcode"]
    assert other.value == made(PERSON)["birth-date-sex-postcode"].value


def test_a_date_of_two_readings_stays_as_it_is():
    one, two = ({**PERSON, "dob": dob} for dob in ("03/04/1981", "04/03/1981"))
    assert made(one)["birth-date-sex-postcode"].value != made(two)["birth-date-sex-postcode"].value


def test_the_parts_of_one_object_belong_together():
    people = {
        "zip": "11111",
        "people": [{"name": "Jo"}, {"sex": "F", "note": "x", "dob": "1981-03-14", "zip": "43999"}],
    }
    assert made(people)["birth-date-sex-postcode"].value == made(PERSON)["birth-date-sex-postcode"].value


def test_parts_within_json_in_a_string_belong_together_too():
    combination = made({"raw": json.dumps(PERSON)})["birth-date-sex-postcode"]
    assert combination.value == made(PERSON)["birth-date-sex-postcode"].value
    assert combination.span == Span(9, 19)  # where the raw string spells the date


def test_it_stands_where_training_falls_on_it():
    said = {"messages": [{"role": "user", "content": "dob"}, {"role": "assistant", "content": "zip"}]}
    texts = [p for p in walk(said, DETECT).passages if p.text in TYPES]
    found = [(p, [Resolved(("fake",), TYPES[p.text], Span(0, 3), 0.8, "context")]) for p in texts]
    (combination,) = combined(list(placed(found)))
    assert combination.passage.pointer == "/messages/1/content"


def test_every_rule_says_why_and_who_says_so():
    assert all(rule.why and rule.reference and len(rule.parts) > 1 for rule in RULES)


LETTER = "Hi Bob,\n\nsee you then.\n\n{closing}\nJane Roe\nHead of Procurement\n+1 212-555-0182\n\n\nP.S. Bring it."


def signed(text):
    phone = text.find("+1 212-555-0182")
    found = [("PHONE_NUMBER", Span(phone, phone + 15))] if phone >= 0 else []
    return [(each.span.of(text), each.kinds) for each in signatures(text, found)]


@pytest.mark.parametrize(
    "closing", ["Best regards,", "-- ", "--", "Kind regards", "Mit freundlichen Grüßen", "Sincerely,"]
)
def test_a_signature_is_the_telling_lines_after_a_closing(closing):
    [(block, kinds)] = signed(LETTER.format(closing=closing))
    assert block == "Jane Roe\nHead of Procurement\n+1 212-555-0182"
    assert kinds == ("name", "title", "telephone number")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Best regards,",
        "Best regards,\nJane Roe\n",
        "Best regards,\nJane Roe\nHead of Procurement\nFernvale",
        "Best regards,\n[Your Name]\n+1 212-555-0182",
        "Jane Roe\nHead of Procurement\n+1 212-555-0182",
        "Best regards,\n\n\n\nJane Roe\nHead of Procurement\n+1 212-555-0182",
    ],
)
def test_a_name_under_a_letter_is_no_signature(text):
    assert signed(text) == []


def test_many_closings_take_no_time():
    text = "Best regards,\n" * 20_000 + "Jane Roe\nHead of Procurement\n+1 212-555-0182\n"
    assert len(signed(text)) == 1


def test_many_signatures_take_time_in_proportion():
    block = "Best,\nJane Roe\nHead of Procurement\n+1 212-555-0182\n\n\n"
    text = block * 4_000
    phones = [("PHONE_NUMBER", Span(at * len(block) + 35, at * len(block) + 50)) for at in range(4_000)]
    began = time.process_time()
    assert len(list(signatures(text, phones))) == 4_000
    assert time.process_time() - began < 3
