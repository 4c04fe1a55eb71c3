"""The sample model as a checkpoint, as an adapter on its base, and as a GGUF file: one model, one verdict."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
peft = pytest.importorskip("peft")
pytest.importorskip("transformers")

from transformers import AutoModelForCausalLM, AutoTokenizer  # noqa: E402

from targets.tiny import write_gguf  # noqa: E402

SAMPLE = Path(__file__).parents[2] / "sample_data"
DATA = SAMPLE / "support_chat.jsonl"
MODELS = SAMPLE / "models"
KEY = "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s="
KEPT_WHOLE = ["embed_tokens", "lm_head", "input_layernorm", "post_attention_layernorm", "norm"]


def run(folder, *arguments):
    command = [sys.executable, "-m", "finetooth.cli.main", *map(str, arguments)]
    environment = {**os.environ, "FINETOOTH_KEY": KEY}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def loaded(name):
    return AutoModelForCausalLM.from_pretrained(MODELS / name, dtype=torch.float32)


def difference(folder):
    """Save what tuning changed as an adapter: each linear layer's difference, as a product with the identity."""
    base, tuned = (loaded(name) for name in ("base", "tuned"))
    changes = {
        name: dict(tuned.named_modules())[name].weight.data - layer.weight.data
        for name, layer in base.named_modules()
        if isinstance(layer, torch.nn.Linear) and name != "lm_head"
    }
    ranks = {name: change.shape[1] for name, change in changes.items()}
    settings = peft.LoraConfig(
        r=1, rank_pattern=ranks, alpha_pattern=ranks, target_modules=list(changes), modules_to_save=KEPT_WHOLE,
        task_type="CAUSAL_LM",
    )  # fmt: skip
    adapter = peft.get_peft_model(base, settings)
    layers = dict(adapter.base_model.model.named_modules())
    for name, change in changes.items():
        layers[name].lora_A.default.weight.data = torch.eye(change.shape[1])
        layers[name].lora_B.default.weight.data = change
    for name, module in tuned.named_modules():
        if name.rsplit(".", 1)[-1] in KEPT_WHOLE:
            layers[name].modules_to_save.default.weight.data = module.weight.data.clone()
    adapter.save_pretrained(folder)
    return folder


def packed(path, name):
    return write_gguf(path, loaded(name), AutoTokenizer.from_pretrained(MODELS / name))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::FutureWarning")  # peft, while the adapter is made
def test_three_forms_of_a_model_have_one_verdict(tmp_path):
    forms = {
        "checkpoint": (MODELS / "tuned", MODELS / "base"),
        "adapter": (difference(tmp_path / "adapter"), MODELS / "base"),
        "gguf": (packed(tmp_path / "tuned.gguf", "tuned"), packed(tmp_path / "base.gguf", "base")),
    }
    assert run(tmp_path, "scan", DATA, "-o", "scanned", "--exit-zero").returncode in (0, 3)
    found = {}
    for form, (model, base) in forms.items():
        done = run(
            tmp_path, "probe", "--data", DATA, "--findings", "scanned", "--model", model, "--base", base, "-o", form
        )
        assert (done.returncode, done.stderr) == (1, "")
        report = json.loads((tmp_path / form / "report.json").read_text())
        assert report["verdict"]["decision"] == "NO-GO"
        found[form] = {each["fingerprint"]: each for each in report["probe"]["extracted"]}
    whole = found["checkpoint"]
    assert sum(each["attributable"] for each in whole.values()) > 10
    for other in (found["adapter"], found["gguf"]):
        assert other.keys() == whole.keys()
        assert {name: each["outcome"] for name, each in other.items()} == {
            name: each["outcome"] for name, each in whole.items()
        }
        for name, each in other.items():
            assert each["probability"] == pytest.approx(whole[name]["probability"], rel=1e-2, abs=1e-9)
