import doctest

from finetooth.metrics import editing
from finetooth.metrics.editing import edit_distance, longest_run, words


def test_the_examples_hold():
    assert doctest.testmod(editing).failed == 0


def test_every_character_of_a_script_without_spaces_is_a_word():
    assert [word.group() for word in words("東京 へ行く")] == list("東京へ行く")


def test_texts_that_share_nothing_are_as_far_apart_as_can_be():
    assert edit_distance(["a", "b"], ["c", "d", "e"]) == 1
    assert longest_run(["a", "b"], ["c"]) == 0


def test_an_empty_text_is_all_insertions():
    assert edit_distance([], ["a", "b"]) == 1
