import subprocess
import sys

import pytest

from finetooth.detectors.suite import build
from finetooth.errors import PolicyError
from finetooth.policy import Detect


@pytest.mark.parametrize(
    ("identifiers", "secrets", "names"),
    [
        (True, True, ["presidio", "finetooth", "kingfisher"]),
        (True, False, ["presidio", "finetooth"]),
        (False, True, ["kingfisher"]),
    ],
)
def test_builds_what_the_policy_asks_for(identifiers, secrets, names):
    detectors = build(Detect(ner=None, identifiers=identifiers, secrets=secrets))
    assert [detector.name for detector in detectors] == names


def test_a_policy_that_looks_for_nothing_is_refused():
    with pytest.raises(PolicyError, match="neither"):
        build(Detect(identifiers=False, secrets=False))


def test_importing_the_adapters_loads_no_engine():
    code = (
        "import sys, finetooth.detectors.suite, finetooth.detectors.presidio, finetooth.detectors.kingfisher,"
        "finetooth.detectors.identifiers;"
        "heavy = {'spacy', 'presidio_analyzer', 'kingfisher_sdk', 'torch', 'tldextract'} & set(sys.modules);"
        "sys.exit(f'loaded {heavy}' if heavy else 0)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
