import pytest

from evidences import finding, location, sighting
from finetooth.finding import gather, risk


def test_nothing_gathers_to_nothing():
    assert gather([]) == ()


def test_one_value_is_one_finding_wherever_it_stands():
    [found] = gather(
        [sighting(place=location(2)), sighting(place=location(0)), sighting(place=location(2, start=40, end=59))]
    )
    assert (found.occurrences, found.records) == (3, 2)
    assert [place.record for place in found.locations] == [0, 2, 2]


def test_one_proven_occurrence_makes_a_finding_block():
    [found] = gather([sighting(tier="review", validation="none"), sighting(place=location(1), validation="checksum")])
    assert (found.tier, found.validation) == ("block", "checksum")


def test_findings_stand_gravest_first_then_riskiest():
    found = gather(
        [
            sighting("EMAIL_ADDRESS", "e" * 32, location(0)),
            sighting("PERSON", "d" * 32, location(0)),
            *(sighting("EMAIL_ADDRESS", "f" * 32, location(record)) for record in range(9)),
            sighting("API_KEY", "c" * 32, location(0)),
        ]
    )
    assert [(each.entity_type, each.records) for each in found] == [
        ("API_KEY", 1),
        ("EMAIL_ADDRESS", 9),
        ("EMAIL_ADDRESS", 1),
        ("PERSON", 1),
    ]


def test_risk_rises_with_repetition_severity_and_training():
    assert risk("critical", 16, trained=True) > risk("critical", 1, trained=True)
    assert risk("critical", 1, trained=True) > risk("low", 1, trained=True)
    assert risk("high", 4, trained=True) > risk("high", 4, trained=False) > 0


@pytest.mark.parametrize("records", [1, 31, 32, 33, 10**6])
def test_risk_stays_within_its_range(records):
    assert 0 < risk("critical", records, trained=True) <= 1


@pytest.mark.parametrize(
    ("pointer", "said"),
    [
        ("/messages/1/content/0/text", "train.jsonl:1 messages[1].content[0].text@14-33"),
        ("/a~1b/c~0d", "train.jsonl:1 a/b.c~d@14-33"),
        ("", "train.jsonl:1 record@14-33"),
    ],
)
def test_a_location_is_said_as_people_say_it(pointer, said):
    assert str(location(pointer=pointer)) == said


def test_a_finding_counts_trained_occurrences():
    assert finding(records=3).trained_occurrences == 3
