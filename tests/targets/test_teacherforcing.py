"""Reading many texts at once, against reading each by itself with all its logits."""

from random import Random

import pytest

from finetooth.targets.packing import Scored
from finetooth.targets.target import Likelihood, Unanswered

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from finetooth.targets import teacherforcing  # noqa: E402
from finetooth.targets.fullprecision import in_full_precision  # noqa: E402
from finetooth.targets.teacherforcing import Reader  # noqa: E402
from targets.tiny import model  # noqa: E402


def texts(seed=0, *, records=4, values=6, length=40):
    """Records, each with several values behind the same words and a few further on."""
    random = Random(seed)
    found = []
    for _ in range(records):
        record = [random.randrange(300) for _ in range(random.randrange(length // 2, length))]
        for begin in (len(record) // 2, len(record)):
            for _ in range(values):
                value = [random.randrange(300) for _ in range(random.randrange(1, 5))]
                found.append(Scored(len(found), (*record[:begin], *value), begin))
        found.append(Scored(len(found), tuple(record), len(record) // 2))
    return found


def plainly(network, item):
    with torch.inference_mode():
        scores = network(torch.tensor([item.tokens])).logits[0].float().log_softmax(-1)
    return sum(scores[at - 1, item.tokens[at]].item() for at in range(item.first, len(item.tokens)))


def scored(reader, items):
    return {
        item.position: answer.log_probability if isinstance(answer, Likelihood) else answer
        for _, batch in reader.score(items)
        for item, answer in batch
    }


KINDS = {
    "llama": ("Llama", {}),
    "grouped heads": ("Llama", {"num_attention_heads": 4, "num_key_value_heads": 2}),
    "qwen2": ("Qwen2", {"num_key_value_heads": 2}),
    "qwen3": ("Qwen3", {"head_dim": 16, "num_key_value_heads": 2}),
    "mistral, sliding": ("Mistral", {"sliding_window": 8, "num_key_value_heads": 2}),
    "gemma2, both kinds": ("Gemma2", {"sliding_window": 8, "head_dim": 16, "num_key_value_heads": 2}),
    "gemma3, both kinds": ("Gemma3Text", {"sliding_window": 8, "head_dim": 16, "num_key_value_heads": 2}),
    "phi3, sliding": ("Phi3", {"sliding_window": 8, "pad_token_id": 0}),
    "gpt2": ("GPT2", {"n_embd": 32, "n_layer": 2, "n_head": 2, "n_positions": 128}),
    "gpt-neox": ("GPTNeoX", {}),
    "cohere": ("Cohere", {"logit_scale": 0.25, "pad_token_id": 0}),
    "opt": ("OPT", {"ffn_dim": 64, "word_embed_proj_dim": 32, "pad_token_id": 0}),
    "bloom": ("Bloom", {"n_layer": 2, "n_head": 2}),
    "falcon": ("Falcon", {"alibi": False}),
    "mixtral": ("Mixtral", {"num_key_value_heads": 2, "num_local_experts": 4}),
    "lfm2": ("Lfm2", {"layer_types": ["conv", "full_attention"], "num_key_value_heads": 2, "pad_token_id": 0}),
}


def made(name):
    kind, more = KINDS[name]
    return model(kind, **more)


@pytest.mark.parametrize("name", KINDS)
def test_texts_read_together_score_as_each_by_itself(name):
    network = made(name)
    reader, items = Reader(network), texts()
    found = scored(reader, items)
    for item in items:
        assert found[item.position] == pytest.approx(plainly(network, item), abs=2e-3)


def test_it_is_told_what_greedy_decoding_says():
    network = made("llama")
    context = list(range(20))
    with torch.inference_mode():
        first = network(torch.tensor([context])).logits[0, -1].argmax().item()
        second = network(torch.tensor([[*context, first]])).logits[0, -1].argmax().item()
    items = [
        Scored(number, (*context, *said), 20)
        for number, said in enumerate([(first, second), (first, (second + 1) % 300), ((first + 1) % 300, second)])
    ]
    found = {item.position: answer.greedy for _, batch in Reader(network).score(items) for item, answer in batch}
    assert found == {0: True, 1: False, 2: False}


@pytest.mark.parametrize("name", ["llama", "gemma2, both kinds", "mistral, sliding"])
def test_what_texts_share_is_read_once(name):
    reader, items = Reader(made(name)), texts()
    read = sum(tokens for tokens, _ in reader.score(items))
    assert read < sum(len(item.tokens) for item in items) / 4


def test_a_convolution_is_noticed_and_texts_stay_apart():
    reader = Reader(made("lfm2"))
    assert not reader.only_attends
    assert Reader(made("llama")).only_attends


def test_eager_attention_takes_the_mask_too():
    network = model(attn_implementation="eager")
    items = texts(1)
    found = scored(Reader(network), items)
    assert all(found[item.position] == pytest.approx(plainly(network, item), abs=2e-3) for item in items)


def test_logits_are_computed_where_they_are_asked_for_and_nowhere_else():
    network, seen = model(), []
    network.lm_head.register_forward_hook(lambda _, given, logits: seen.append(logits.shape))
    reader, [item] = Reader(network), [Scored(0, tuple(range(100)), 97)]
    scored(reader, [item])
    assert seen == [(1, 3, 300)]


def fail_above(network, monkeypatch, most, error):
    forward, widths = network.forward, []

    def limited(input_ids, **more):
        if input_ids.numel() > most:
            raise error
        widths.append(input_ids.numel())
        return forward(input_ids=input_ids, **more)

    monkeypatch.setattr(network, "forward", limited)
    return widths


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory."),
        RuntimeError("MPS backend out of memory"),
        RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory"),
    ],
)
def test_too_little_memory_makes_batches_smaller(monkeypatch, error):
    network, items = model(), texts(2, records=10)
    expected = {item.position: plainly(network, item) for item in items}
    reader = Reader(network)
    assert reader.only_attends
    widths = fail_above(network, monkeypatch, 60, error)
    assert scored(reader, items) == pytest.approx(expected, abs=2e-3)
    assert max(widths) <= 60


def test_a_text_for_which_memory_is_never_enough_is_unanswered(monkeypatch):
    network = model()
    reader, items = Reader(network), [Scored(0, tuple(range(30)), 29), Scored(1, tuple(range(50, 120)), 69)]
    fail_above(network, monkeypatch, 40, torch.OutOfMemoryError("out of memory"))
    found = scored(reader, items)
    assert isinstance(found[0], float)
    assert found[1] == Unanswered("there is not enough memory to read 69 tokens at once")


def test_what_a_model_cannot_read_does_not_stop_it(monkeypatch):
    network = model()
    reader = Reader(network)
    fail_above(network, monkeypatch, 40, RuntimeError("my secret"))
    found = scored(reader, [Scored(0, tuple(range(30)), 29), Scored(1, tuple(range(50, 120)), 69)])
    assert isinstance(found[1], Unanswered)
    assert "my secret" not in found[1].reason


def test_a_model_without_numbers_is_unanswered():
    network = model()
    network.model.norm.weight.data[0] = float("nan")
    assert scored(Reader(network), texts()[:1]) == {0: Unanswered(teacherforcing.NO_NUMBER)}


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_can_compute_in_full(dtype):
    network, items = model(), texts(3)
    for parameter in network.parameters():  # as from_pretrained does it: what is no weight stays as it is
        parameter.data = parameter.data.to(dtype)
    reader = Reader(network)
    kept = {name: parameter.clone() for name, parameter in network.named_parameters()}
    rough = scored(reader, items)
    with in_full_precision(network):
        fine = scored(reader, items)
    assert {parameter.dtype for parameter in network.parameters()} == {dtype}
    assert all(torch.equal(parameter, kept[name]) for name, parameter in network.named_parameters())
    exact = model()
    exact.load_state_dict({name: parameter.float() for name, parameter in network.state_dict().items()})
    expected = {item.position: plainly(exact, item) for item in items}
    assert fine == pytest.approx(expected, abs=1e-3)
    assert rough != pytest.approx(expected, abs=1e-3)
