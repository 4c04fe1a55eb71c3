"""The training gate on the real `Trainer` and the real `SFTTrainer`: no step is taken on what was not judged."""

import json
import logging
import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

import finetooth
from finetooth import api, passportfile, ranks
from finetooth.torchthreads import one_if_small

# What libraries announce for their next versions is theirs, and says nothing of ours.
pytestmark = pytest.mark.filterwarnings("default")

SAMPLE = Path(__file__).parents[1] / "sample_data"
MODELS = SAMPLE / "models"
POLICY = "secrets-only"
LATER = datetime.now(UTC).date() + timedelta(days=400)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Data in memory, its passport, the same edited, and a tokenizer."""
    import datasets
    from transformers import AutoTokenizer

    folder = tmp_path_factory.mktemp("world")
    lines = (SAMPLE / "clean_chat.jsonl").read_text("utf-8").splitlines()[:12]
    rows = [json.loads(line) for line in lines]
    data = datasets.Dataset.from_list(rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        finetooth.gate(data, POLICY, out="judged")
    rows[3]["messages"][1]["content"] += " Really."
    return SimpleNamespace(
        data=data,
        edited=datasets.Dataset.from_list(rows),
        passport=folder / "judged" / "passport.json",
        tokenizer=AutoTokenizer.from_pretrained(MODELS / "base"),
    )


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


def model():
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained(MODELS / "base")


def tokenised(world, data=None, **settings):
    def ids(row):
        return world.tokenizer.apply_chat_template(row["messages"], return_dict=True, **settings)

    data = data or world.data
    return data.map(ids, remove_columns=data.column_names)


def trainer(world, dataset, callback, **settings):
    from transformers import DataCollatorForLanguageModeling, Trainer, TrainingArguments

    told = {"max_steps": 1, "use_cpu": True, "report_to": [], "disable_tqdm": True, "save_strategy": "no", **settings}
    return Trainer(
        model=model(),
        args=TrainingArguments("out", **told),
        train_dataset=dataset,
        processing_class=world.tokenizer,
        data_collator=DataCollatorForLanguageModeling(world.tokenizer, mlm=False),
        callbacks=[callback],
    )


def sft(world, dataset, callback=None, peft_config=None, **settings):
    from trl import SFTConfig, SFTTrainer

    told = {"max_steps": 1, "use_cpu": True, "report_to": [], "disable_tqdm": True, "save_strategy": "no", **settings}
    return SFTTrainer(
        model(),
        SFTConfig("out", **told),
        train_dataset=dataset,
        processing_class=world.tokenizer,
        callbacks=[callback] if callback else None,
        peft_config=peft_config,
    )


def refused(trainer, match):
    """Train, and check that nothing was trained."""
    before = {name: weight.clone() for name, weight in trainer.model.named_parameters()}
    with pytest.raises(finetooth.PassportRefused, match=match) as caught:
        train(trainer)
    assert trainer.state.global_step == 0
    assert all(weight.equal(before[name]) for name, weight in trainer.model.named_parameters())
    return caught.value.verification


def train(trainer):
    with one_if_small(trainer.model):
        trainer.train()


def allowed(trainer):
    train(trainer)
    assert trainer.state.global_step == 1


def gate(world, data=None, **settings):
    return finetooth.PassportCallback(world.passport, data, **settings)


def test_it_is_a_callback_of_the_trainer():
    from transformers import TrainerCallback

    assert issubclass(finetooth.PassportCallback, TrainerCallback)


# The plain Trainer


def test_judged_data_trains_and_all_of_it_is_proven(world):
    callback = gate(world, world.data)
    allowed(trainer(world, tokenised(world), callback))
    assert callback.checked.unproven == ()
    assert "its token ids are what the tokenizer makes of the records" in callback.checked.proven


def test_cut_and_filled_up_rows_are_known_again(world):
    callback = gate(world, world.data)
    rows = tokenised(world, truncation=True, max_length=100, padding="max_length")
    assert {len(ids) for ids in rows["input_ids"]} == {100}
    allowed(trainer(world, rows, callback))
    assert callback.checked.unproven == ()


def test_other_data_is_refused(world):
    callback = gate(world, world.edited)
    refused(trainer(world, tokenised(world, world.edited), callback), "different data")
    assert callback.checked is None


def test_a_part_of_the_data_is_refused(world):
    part = world.data.select(range(11))
    refused(trainer(world, tokenised(world, part), gate(world, part)), "different data")


def test_after_its_last_day_it_is_refused(world):
    verification = refused(trainer(world, tokenised(world), gate(world, world.data, today=LATER)), "expired")
    assert verification.status == "refused"


def test_another_policy_is_refused(world):
    refused(trainer(world, tokenised(world), gate(world, world.data, policy="standard")), "different policy")


def test_a_passport_that_was_edited_is_refused(world):
    Path("passport.json").write_text(world.passport.read_text().replace('"payload":"', '"payload":"A', 1)[:-20])
    refused(trainer(world, tokenised(world), finetooth.PassportCallback("passport.json", world.data)), "tampered")


def test_a_passport_that_is_not_there_is_an_error_before_the_first_step(world):
    made = trainer(world, tokenised(world), finetooth.PassportCallback("nowhere.json", world.data))
    with pytest.raises(finetooth.UsageError, match=r"nowhere\.json"):
        train(made)
    assert made.state.global_step == 0


def test_token_ids_alone_never_pass_and_the_remedy_is_named(world):
    refused(trainer(world, tokenised(world), gate(world)), r"PassportCallback\(passport, data=dataset\)")


def test_token_ids_pass_where_they_are_what_was_judged(world):
    rows = tokenised(world)
    api.save(finetooth.scan(rows, POLICY, tokenizer=MODELS / "base"), Path("judged"))
    callback = finetooth.PassportCallback("judged/passport.json")
    allowed(trainer(world, rows, callback))
    assert callback.checked.unproven == ()


def test_rows_that_tokenise_as_they_are_read_are_compared_as_they_lie(world):
    def ids(batch):
        return world.tokenizer.apply_chat_template(batch["messages"], return_dict=True)

    callback = gate(world)
    allowed(trainer(world, world.data.with_transform(ids), callback, remove_unused_columns=False))
    assert callback.checked.proven == (
        "the records are those that were judged, and the trainer goes through these very rows",
    )


def test_other_rows_of_the_same_number_are_told_and_refused_where_that_is_asked(world, caplog):
    callback = gate(world, world.data)
    with caplog.at_level(logging.WARNING, "finetooth"):
        allowed(trainer(world, tokenised(world, world.edited), callback))
    assert callback.checked.unproven
    assert "not proven: that the trainer's token ids were made of these records" in caplog.text
    refused(trainer(world, tokenised(world, world.edited), gate(world, world.data, strict=True)), "not proven")


def test_rows_of_another_number_are_refused_unless_that_is_meant(world):
    rows = tokenised(world).select(range(11))
    refused(trainer(world, rows, gate(world, world.data)), "11 rows, and 12 records")
    callback = gate(world, world.data, regrouped=True)
    allowed(trainer(world, rows, callback))
    assert callback.checked.unproven


def test_what_was_judged_in_a_file_trains_and_an_edited_file_does_not(world):
    file = Path("train.jsonl")
    file.write_text("".join(json.dumps(row) + "\n" for row in world.data))
    finetooth.gate(file, POLICY, out="judged")
    callback = finetooth.PassportCallback("judged/passport.json", file)
    allowed(trainer(world, tokenised(world), callback))
    assert callback.checked.unproven == ()
    file.write_text(file.read_text() + "\n")
    made = trainer(world, tokenised(world), finetooth.PassportCallback("judged/passport.json", file))
    refused(made, "different data")


def test_a_stream_is_refused_by_itself_and_told_beside_its_data(world):
    stream = tokenised(world).to_iterable_dataset()
    refused(trainer(world, stream, gate(world)), "cannot be gone through")
    callback = gate(world, world.data)
    allowed(trainer(world, stream, callback))
    assert callback.checked.unproven


def test_a_passport_for_a_model_is_none_for_training(world):
    statement = passportfile.load(world.passport).statement
    facts = replace(statement.facts, stage="release")
    released = replace(statement, predicate=replace(statement.predicate, finetooth=facts))
    Path("passport.json").write_bytes(passportfile.dump(released, None))
    refused(trainer(world, tokenised(world), finetooth.PassportCallback("passport.json", world.data)), "different gate")


def test_labels_that_are_other_tokens_are_not_proven(world):
    def other(row):
        return {"labels": [*row["input_ids"][1:], 5]}

    callback = gate(world, world.data)
    allowed(sft(world, tokenised(world).map(other), callback))
    assert callback.checked.unproven


def test_an_iterator_is_read_once_and_kept(world):
    callback = gate(world, iter(list(world.data)))
    allowed(trainer(world, tokenised(world), callback))
    assert callback.checked.unproven == ()


# TRL


def test_trl_trains_on_judged_data_and_all_of_it_is_proven(world):
    callback = gate(world, world.data)
    allowed(sft(world, world.data, callback))
    assert callback.checked.unproven == ()


def test_trl_packed_is_known_again(world):
    callback = gate(world, world.data)
    allowed(sft(world, world.data, callback, packing=True, max_length=512))
    assert callback.checked.unproven == ()


def test_trl_refuses_other_data(world):
    refused(sft(world, world.edited, gate(world, world.edited)), "different data")


def test_trl_leaves_token_ids_alone_which_never_pass(world):
    refused(sft(world, world.data, gate(world)), r"PassportCallback\(passport, data=dataset\)")


def test_what_trl_made_of_the_data_is_tied_to_what_trains(world):
    made = sft(world, world.data)
    callback = gate(world, made.train_dataset, retokenize=False)
    made.add_callback(callback)
    allowed(made)
    assert "the trainer's rows have the same input_ids, labels" in callback.checked.proven
    assert callback.checked.unproven == ("that the trainer's token ids were made of these records",)


def test_texts_that_stay_beside_the_token_ids_are_compared(world):
    callback = gate(world)
    allowed(sft(world, world.data, callback, remove_unused_columns=False))
    assert callback.checked.unproven == ()
    refused(sft(world, world.edited, gate(world), remove_unused_columns=False), "different data")
    made = sft(world, world.edited, gate(world, world.data), remove_unused_columns=False)
    refused(made, "differs from data in messages")


def test_columns_that_nobody_judged_are_told(world):
    more = world.data.map(lambda row: {"hint": "Ask for the account number."})
    callback = gate(world, world.data, retokenize=False)
    allowed(sft(world, more, callback, remove_unused_columns=False))
    assert callback.checked.unproven == ("that hint, input_ids, labels beside the records were made of them",)


def test_trl_with_texts_and_with_prompts(world):
    texts = world.data.map(lambda row: {"text": row["messages"][1]["content"]}, remove_columns=["messages"])
    pairs = world.data.map(
        lambda row: {"prompt": row["messages"][:1], "completion": row["messages"][1:2]}, remove_columns=["messages"]
    )
    for rows in (texts, pairs):
        finetooth.gate(rows, POLICY, out="judged")
        callback = finetooth.PassportCallback("judged/passport.json", rows)
        allowed(sft(world, rows, callback))
        assert callback.checked.unproven == ()


# The model that comes out


PROBING = """
schema: finetooth.policy/v1
name: ours
detect: {identifiers: false, ner: null}
train:
  - {id: coverage, metric: records_unread, at_most: 0}
release:
  - {id: no-leaks, metric: attributable_leaks, at_most: 0}
"""


@pytest.mark.slow
def test_a_model_that_leaks_nothing_gets_into_the_passport_of_its_data(world):
    Path("ours.yaml").write_text(PROBING)
    finetooth.gate(world.data, "ours.yaml", out="judged")
    callback = finetooth.PassportCallback(
        "judged/passport.json", world.data, policy="ours.yaml", base=MODELS / "base", audit={"attacks": ["targeted"]}
    )
    allowed(sft(world, world.data, callback))
    assert callback.report.verdict.stage == "release"
    released, saved = "judged/passport.json", "out/finetooth-probed"
    found = finetooth.verify(released, world.data, model=saved, policy="ours.yaml")
    assert found.status == "valid"
    assert {each.annotations.kind for each in found.statement.subject} == {"data", "records", "model"}
    assert [ruling.requirement for ruling in found.statement.facts.train.rulings] == ["coverage"]
    allowed(sft(world, world.data, finetooth.PassportCallback(released, world.data, policy="ours.yaml")))
    assert Path("out/finetooth/report.html").exists()
    other = finetooth.verify(released, world.data, model=MODELS / "tuned")
    assert other.status == "refused"


@pytest.mark.slow
def test_a_signed_passport_is_not_replaced_by_one_that_nobody_signed(world, monkeypatch, caplog):
    Path("ours.yaml").write_text(PROBING)
    key = subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519"], check=True, capture_output=True, text=True)
    monkeypatch.setenv("FINETOOTH_SIGNING_KEY", key.stdout)
    finetooth.gate(world.data, "ours.yaml", out="judged")
    monkeypatch.delenv("FINETOOTH_SIGNING_KEY")
    before = Path("judged/passport.json").read_bytes()
    callback = finetooth.PassportCallback(
        "judged/passport.json", world.data, policy="ours.yaml", base=MODELS / "base", audit={"attacks": ["targeted"]}
    )
    allowed(sft(world, world.data, callback))
    assert Path("judged/passport.json").read_bytes() == before
    assert "there is no key here" in caplog.text
    assert finetooth.verify("out/finetooth/passport.json", world.data, model="out/finetooth-probed").status == "valid"


@pytest.mark.slow
def test_an_adapter_is_judged_on_its_base(world):
    from peft import LoraConfig

    Path("ours.yaml").write_text(PROBING)
    finetooth.gate(world.data, "ours.yaml", out="judged")
    callback = finetooth.PassportCallback(
        "judged/passport.json", world.data, policy="ours.yaml", base=MODELS / "base", audit={"attacks": ["targeted"]}
    )
    allowed(sft(world, world.data, callback, peft_config=LoraConfig(task_type="CAUSAL_LM")))
    assert Path("out/finetooth-probed/adapter_model.safetensors").exists()
    released, saved = "judged/passport.json", "out/finetooth-probed"
    assert finetooth.verify(released, world.data, model=saved, base=MODELS / "base").status == "valid"


@pytest.mark.slow
def test_a_model_that_leaks_is_no_go_and_stays_saved(world, monkeypatch):
    Path("ours.yaml").write_text(PROBING)
    data = SAMPLE / "support_chat.jsonl"
    finetooth.gate(data, "ours.yaml", out="judged")
    before = Path("judged/passport.json").read_bytes()
    import datasets
    from transformers import AutoModelForCausalLM

    monkeypatch.setitem(globals(), "model", lambda: AutoModelForCausalLM.from_pretrained(MODELS / "tuned"))
    rows = datasets.Dataset.from_list([json.loads(line) for line in data.read_text("utf-8").splitlines()])
    callback = finetooth.PassportCallback(
        "judged/passport.json", data, policy="ours.yaml", base=MODELS / "base", audit={"attacks": ["targeted"]}
    )
    made = trainer(world, tokenised(world, rows), callback, learning_rate=0.0)
    with pytest.raises(finetooth.NoGo, match="no-leaks") as caught:
        train(made)
    assert caught.value.report is not None
    assert Path("out/finetooth-probed/model.safetensors").exists()
    assert Path("judged/passport.json").read_bytes() == before


def test_weights_that_no_rank_has_whole_are_refused_before_the_first_step(world):
    made = trainer(world, tokenised(world), gate(world, world.data, base=MODELS / "base"))
    weight = next(made.model.parameters())
    weight.ds_id = 0  # as DeepSpeed marks what it has taken away
    with pytest.raises(finetooth.UsageError, match="spread over ranks"):
        train(made)
    assert made.state.global_step == 0


# Ranks


def test_one_process_alone_just_runs_it():
    assert ranks.on_all(lambda: 3) == 3
    with pytest.raises(finetooth.UsageError, match=r"^no$"):
        ranks.on_all(lambda: raise_(finetooth.UsageError("no")))


def test_the_message_of_a_foreign_error_is_left_out():
    with pytest.raises(finetooth.IncompleteError, match="ValueError in") as caught:
        ranks.on_all(lambda: raise_(ValueError("my secret")))
    assert "my secret" not in str(caught.value)
    assert caught.value.__suppress_context__


def raise_(error):
    raise error


RANKS = """
import json, os, sys
import datasets, finetooth
from pathlib import Path
from torch import distributed
from transformers import AutoModelForCausalLM, AutoTokenizer, Trainer, TrainingArguments
from transformers import DataCollatorForLanguageModeling

models, rank = Path(sys.argv[1]), int(os.environ["RANK"])
case = json.loads(sys.argv[2])
rows = [json.loads(line) for line in Path("train.jsonl").read_text().splitlines()]
if case["differs"] == rank:
    rows[3]["messages"][1]["content"] += " Really."
data = datasets.Dataset.from_list(rows)
tokenizer = AutoTokenizer.from_pretrained(models / "base")

def tokens(row):
    return tokenizer.apply_chat_template(row["messages"], return_dict=True)

base = {"base": models / "base", "policy": "ours.yaml", "audit": {"attacks": ["targeted"]}} if case["probe"] else {}
settings = {"max_steps": 2, "use_cpu": True, "report_to": [], "disable_tqdm": True, "save_strategy": "no"}
trainer = Trainer(
    model=AutoModelForCausalLM.from_pretrained(models / case["model"]),
    args=TrainingArguments(f"out{rank}", ddp_backend="gloo", learning_rate=0, **settings),
    train_dataset=data.map(tokens, remove_columns=["messages"]),
    processing_class=tokenizer,
    data_collator=DataCollatorForLanguageModeling(tokenizer, mlm=False),
    callbacks=[finetooth.PassportCallback("judged/passport.json", data, **base)],
)
assert distributed.get_world_size() == 2
try:
    trainer.train()
    told = "trained"
except finetooth.FinetoothError as error:
    told = str(error)
Path(f"told{rank}.json").write_text(json.dumps([trainer.state.global_step, told]))
distributed.destroy_process_group()
"""


def on_two_ranks(file, *, records=None, differs=None, model="base", probe=False):
    """Train on two ranks on what was judged, and return how many steps each took and what stopped it."""
    rows = (SAMPLE / file).read_text("utf-8").splitlines(keepends=True)[:records]
    Path("train.jsonl").write_text("".join(rows))
    Path("ours.yaml").write_text(PROBING)
    finetooth.gate([json.loads(row) for row in rows], "ours.yaml", out="judged")
    Path("ranks.py").write_text(RANKS)
    case = json.dumps({"differs": differs, "model": model, "probe": probe})
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "ranks.py"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [*command, str(MODELS), case], check=False, capture_output=True, text=True, timeout=300, env=environment
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(Path(f"told{rank}.json").read_text()) for rank in (0, 1)]


@pytest.mark.slow
@pytest.mark.parametrize("differs", [0, 1])
def test_where_one_rank_has_other_data_all_ranks_stop(differs):
    told = on_two_ranks("clean_chat.jsonl", records=12, differs=differs)
    assert [steps for steps, _ in told] == [0, 0]
    assert all(said.startswith(f"rank {differs}: different data") for _, said in told)


@pytest.mark.slow
def test_where_all_ranks_have_what_was_judged_they_train():
    assert on_two_ranks("clean_chat.jsonl", records=12) == [[2, "trained"]] * 2


@pytest.mark.slow
def test_a_model_that_leaks_is_no_go_on_all_ranks():
    told = on_two_ranks("support_chat.jsonl", model="tuned", probe=True)
    assert [steps for steps, _ in told] == [2, 2]
    assert all(said.startswith("NO-GO at the release gate: no-leaks") for _, said in told)
    assert Path("out0/finetooth-probed").exists()
    assert not Path("out1/finetooth-probed").exists()
