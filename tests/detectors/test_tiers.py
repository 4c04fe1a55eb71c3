import pytest

from finetooth.detectors.tiers import tier
from finetooth.match import VALIDATIONS
from finetooth.policy import EntityOverride


@pytest.mark.parametrize("validation", VALIDATIONS)
def test_a_type_that_blocks_does_so_only_where_it_is_proven(validation):
    assert tier("US_SSN", validation) == ("review" if validation == "none" else "block")


@pytest.mark.parametrize("validation", VALIDATIONS)
def test_a_type_for_review_never_blocks_by_itself(validation):
    assert tier("PERSON", validation) == "review"
    assert tier("SOME_CUSTOM_TYPE", validation) == "review"


def test_the_policy_has_the_last_word():
    assert tier("PERSON", "none", EntityOverride(tier="block")) == "block"
    assert tier("US_SSN", "checksum", EntityOverride(tier="review")) == "review"
    assert tier("US_SSN", "checksum", EntityOverride(severity="low")) == "block"
