"""A token-classification model that fits a test: one layer of BERT, taught in seconds which words are names."""

import random

WORDS = [
    "write",
    "to",
    "my",
    "friend",
    "in",
    "the",
    "house",
    "old",
    "stone",
    "near",
    "river",
    "green",
    "said",
    "she",
    "went",
]
LABELS = ["O", "B-PER", "I-PER", "B-LOC", "B-Badge No", "B-MISC"]
NAMED = {"maria": 1, "lopez": 2, "chen": 2, "fernvale": 3, "b4417": 4, "python": 5}
PIECES = {"lopez": ["lo", "##pez"], "fernvale": ["fern", "##vale"]}
CONTEXT = 128


def save(folder, labels=tuple(LABELS), *, taught=True):
    """Write tokenizer and weights as ``save_pretrained`` does."""
    import torch
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import BertConfig, BertForTokenClassification, PreTrainedTokenizerFast

    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
    whole = [word for word in (*WORDS, *NAMED) if word not in PIECES]
    pieces = [piece for parts in PIECES.values() for piece in parts]
    vocabulary = {token: number for number, token in enumerate([*special, *whole, *pieces, ".", ",", ":"])}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", vocabulary["[CLS]"]), ("[SEP]", vocabulary["[SEP]"])]
    )
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        model_max_length=CONTEXT,
    )
    torch.manual_seed(7)
    model = BertForTokenClassification(
        BertConfig(
            vocab_size=len(vocabulary),
            hidden_size=32,
            num_hidden_layers=1,
            num_attention_heads=2,
            intermediate_size=32,
            max_position_embeddings=CONTEXT,
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
            id2label=dict(enumerate(labels)),
            label2id={label: number for number, label in enumerate(labels)},
        )
    )
    if taught:
        _teach(model, vocabulary)
    model.eval().save_pretrained(folder)
    fast.save_pretrained(folder)


def _teach(model, vocabulary):
    """Fit it on random sentences, until it knows every word in every place."""
    import torch

    draw = random.Random(7)
    label_of = {vocabulary[piece]: label for word, label in NAMED.items() for piece in PIECES.get(word, [word])}
    ordinary = [number for number in vocabulary.values() if number not in label_of and number != vocabulary["[PAD]"]]
    torch.set_num_threads(1)
    optimiser = torch.optim.Adam(model.parameters(), lr=5e-3)
    for _ in range(120):
        rows = [
            [draw.choice(list(label_of)) if draw.random() < 0.3 else draw.choice(ordinary) for _ in range(CONTEXT)]
            for _ in range(8)
        ]
        ids = torch.tensor(rows)
        labels = torch.tensor([[label_of.get(number, 0) for number in row] for row in rows])
        optimiser.zero_grad()
        model(input_ids=ids, labels=labels).loss.backward()
        optimiser.step()
