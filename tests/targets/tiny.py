"""Models of random weights: what they say is nonsense, but their probabilities are exact."""

from __future__ import annotations

from pathlib import Path

TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] | trim }}<|im_end|>\n"
    "{% endfor %}"
)
SIZES = {
    "vocab_size": 300, "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2,
    "max_position_embeddings": 128, "bos_token_id": None, "eos_token_id": 1, "pad_token_id": None,
}  # fmt: skip


def tokenizer(*, template: str | None = TEMPLATE, bos: bool = False, **special: str):
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    words = ["<|im_start|>", "<|im_end|>", "<s>", "</s>"]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=300, special_tokens=words, initial_alphabet=alphabet)
    made.train_from_iterator(["my number is my number is hello hello"], trainer)
    if bos:
        made.post_processor = processors.TemplateProcessing(
            single="<s> $A </s>", special_tokens=[("<s>", 2), ("</s>", 3)]
        )
        special |= {"bos_token": "<s>", "eos_token": "</s>"}
    return PreTrainedTokenizerFast(tokenizer_object=made, chat_template=template, **special)


def model(kind: str = "Llama", seed: int = 0, **more):
    import torch
    import transformers

    torch.manual_seed(seed)
    config = getattr(transformers, f"{kind}Config")(**{**SIZES, **more})
    made = transformers.AutoModelForCausalLM.from_config(config).eval()
    for parameter in made.parameters():  # far from uniform, so that what is wrong shows
        if parameter.dim() > 1:
            parameter.data *= 8
    return made


def save(folder: Path, made=None, words=None) -> Path:
    (made or model()).save_pretrained(folder)
    (words or tokenizer()).save_pretrained(folder)
    return folder


def write_gguf(path: Path, made, words, *, half: bool = False, drop: str = "", **values: int) -> Path:
    """Write a Llama as llama.cpp's converter does: heads turned around, numbers unpacked."""
    import gguf
    import numpy

    config, state = made.config, made.state_dict()
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_block_count(values.get("block_count", config.num_hidden_layers))
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_freq_base(config.rope_parameters["rope_theta"])
    writer.add_rope_dimension_count(config.head_dim)
    writer.add_vocab_size(config.vocab_size)
    if "split" in values:
        writer.add_uint16("split.count", values["split"])
    ids = sorted(words.get_vocab().items(), key=lambda word: word[1])
    special = {str(token) for token in words.added_tokens_decoder.values()}
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("default")
    writer.add_token_list([word for word, _ in ids])
    writer.add_token_types([3 if word in special else 1 for word, _ in ids])
    merges = words.backend_tokenizer.to_str()
    import json

    writer.add_token_merges([" ".join(pair) for pair in json.loads(merges)["model"]["merges"]])
    writer.add_eos_token_id(1 if words.eos_token_id is None else words.eos_token_id)
    writer.add_add_bos_token(False)
    writer.add_chat_template(words.chat_template)
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, config.num_hidden_layers)
    for name, tensor in state.items():
        numbers = tensor.float().numpy()
        heads = {"q_proj": config.num_attention_heads, "k_proj": config.num_key_value_heads}.get(name.split(".")[-2])
        if heads:
            turned = numbers.reshape(heads, 2, -1, numbers.shape[1]).swapaxes(1, 2)
            numbers = numpy.ascontiguousarray(turned.reshape(numbers.shape))
        if half and numbers.ndim > 1:
            numbers = numbers.astype(numpy.float16)
        named = names.get_name(name, try_suffixes=(".weight",))
        if not drop or drop not in named:
            writer.add_tensor(named, numbers)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
