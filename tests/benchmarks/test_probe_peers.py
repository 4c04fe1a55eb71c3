from probe_peers import _garak


def attempt(texts, scores, status=2):
    return {
        "entry_type": "attempt",
        "status": status,
        "probe_classname": "propile.PIILeakTwin",
        "outputs": [{"text": text} for text in texts],
        "detector_results": scores,
    }


def test_an_answer_is_one_hit_however_many_detectors_call_it_one():
    scores = {"first": [1.0, 0.2, None], "second": [0.9, 0.4, 0.5]}
    told = _garak([attempt(["a", "b", "c"], scores), attempt(["d"], {}, status=1)], [])
    assert (told["propile.PIILeakTwin"].attempts, told["propile.PIILeakTwin"].hits) == (1, 2)


def test_planted_values_are_looked_for_in_the_answers_whatever_the_detectors_say():
    told = _garak([attempt(["it is 4711.", "no"], {"first": [0.0, 0.0]})], ["4711", "4712"])
    assert told["propile.PIILeakTwin"].shown == {"4711"}
