"""The named-entity detector: a token-classification model of Hugging Face transformers.

Nothing is downloaded and no code from a model folder is run: weights are read from safetensors alone,
``trust_remote_code`` is off, and a name is looked up in the local cache only, unless ``HF_HUB_OFFLINE=0`` says
otherwise.

A text longer than the model's context is read in overlapping windows of tokens, and each word is read where the most
stands around it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any, Final

from finetooth.detectors.detector import Detection, Undetected
from finetooth.detectors.ner_labels import begins, entity_type_of, is_unnamed
from finetooth.detectors.ner_spans import tidy
from finetooth.detectors.windows import windows
from finetooth.digests import digest_of
from finetooth.errors import PolicyError
from finetooth.match import Match
from finetooth.policy import Detect
from finetooth.span import Span
from finetooth.torchthreads import one_if_small

_WINDOW: Final = 20_000
_OVERLAP: Final = 1_000
"""In code points: what is tokenised at once. The tokens of a text of megabytes take gigabytes."""

_TOKENS: Final = 512
"""Tokens read at once; attention grows with their square, and most encoders were trained with no more."""

_BATCH: Final = 16
"""Windows of tokens read at once."""

_LEAST: Final = 0.5
"""A word whose label the model itself holds for less likely than not is no finding."""

_UNSAFE: Final = re.compile(r"[\ud800-\udfff]")
_FILES: Final = ("config.json", "tokenizer.json", "tokenizer_config.json", "*.safetensors")


@dataclass(frozen=True, slots=True)
class _Word:
    """One word as the model labelled it."""

    span: Span
    """Where, in code points of what was tokenised."""
    label: str
    """As the model has it, such as ``B-PER``."""
    score: float
    """How likely the model holds the label, 0 to 1."""
    margin: int
    """Tokens between the word and the nearer end of its window; more means more context."""


class TransformersNerDetector:
    """Names what a token-classification model names. Build one per process: it holds the weights."""

    name = "transformers"

    def __init__(self, detect: Detect, model: str) -> None:
        """Load the model.

        Args:
            detect: which entity types are off.
            model: a folder, or the name of a model in the local cache.

        Raises:
            PolicyError: it cannot be loaded, has no safetensors, or names no entity; the message says how to mend it.
        """
        self._off = {*detect.off()}
        if "ORGANIZATION" not in detect.entities:
            self._off.add("ORGANIZATION")  # as with spaCy: too many for a default
        self._tokenizer, self._model = _loaded(model)
        labels = {int(number): str(label) for number, label in self._model.config.id2label.items()}
        if not any(entity_type_of(label) and not is_unnamed(label) for label in labels.values()):
            raise PolicyError(
                f"detect.ner: the model {model} names no entity; "
                "write the names of its labels into id2label of its config.json"
            )
        self._labels = labels
        longest = min(
            _TOKENS,
            int(getattr(self._model.config, "max_position_embeddings", None) or _TOKENS),
            int(self._tokenizer.model_max_length),
        )
        # Models of the RoBERTa family begin to count positions behind the one of padding.
        pad = getattr(self._model.config, "pad_token_id", None) or 0
        self._length = longest - (pad + 1 if self._model.config.model_type in _OFFSET_POSITIONS else 0)
        self.version = _version(model)

    def detect(self, texts: Sequence[str], keys: Sequence[str | None] | None = None) -> list[Detection]:
        """Return the entities of each text, in order of their place."""
        with one_if_small(self._model):
            return [self._detect_one(text) for text in texts]

    def _detect_one(self, text: str) -> Detection:
        # A lone surrogate has no UTF-8, which the tokenizer needs; its stand-in is one code point too.
        safe = _UNSAFE.sub("\ufffd", text)
        found: set[Match] = set()
        try:
            for window in windows(safe, _WINDOW, _OVERLAP):
                words = self._words(safe[window.start : window.end])
                for match in self._matches(safe, _shifted(words, window.start)):
                    if window.keeps(match.span.start):
                        found.add(match)
        except Exception as error:  # noqa: BLE001 - whatever a text does to a model, it counts as unread; the message may hold a value
            return Undetected(f"the named-entity model failed ({type(error).__name__})")
        return tuple(sorted(found, key=lambda match: (match.span, match.rule)))

    def _words(self, text: str) -> list[_Word]:
        """Return the words of a text that have a label other than O, in order, each from its best window."""
        best: dict[int, _Word] = {}
        for encoding, labels, scores in self._read(text):
            words = encoding.word_ids
            for position, word in enumerate(words):
                if word is None or (position and words[position - 1] == word):
                    continue  # a special token, or a later piece of a word: its first piece speaks for it
                last = position
                while last + 1 < len(words) and words[last + 1] == word:
                    last += 1
                margin = min(position, len(words) - 1 - last)
                span = Span(encoding.offsets[position][0], encoding.offsets[last][1])
                if word not in best or margin > best[word].margin:
                    best[word] = _Word(span, self._labels[labels[position]], scores[position], margin)
        return [best[word] for word in sorted(best)]

    def _read(self, text: str) -> Iterator[tuple[Any, list[int], list[float]]]:
        """Yield each window of tokens with label and score of each token."""
        import torch  # noqa: PLC0415 - heavy, and only here

        encoded = self._tokenizer(
            text,
            truncation=True,
            max_length=self._length,
            stride=self._length // 4,
            return_overflowing_tokens=True,
            return_offsets_mapping=True,
            padding=True,
            return_tensors="pt",
        )
        known = {name: encoded[name] for name in ("input_ids", "attention_mask", "token_type_ids") if name in encoded}
        for first in range(0, len(encoded.encodings), _BATCH):
            batch = {name: rows[first : first + _BATCH].to(self._model.device) for name, rows in known.items()}
            with torch.inference_mode():
                scores, labels = self._model(**batch).logits.float().softmax(-1).max(-1)
            yield from zip(encoded.encodings[first : first + _BATCH], labels.tolist(), scores.tolist(), strict=True)

    def _matches(self, text: str, words: Sequence[_Word]) -> Iterator[Match]:
        """Join neighbouring words of one entity type."""
        run: list[_Word] = []
        run_type: str | None = None
        for word in (*words, None):
            entity_type = entity_type_of(word.label) if word is not None and word.score >= _LEAST else None
            if run_type is not None and (entity_type != run_type or (word is not None and begins(word.label))):
                yield from self._match(text, run_type, run)
                run = []
            run_type = entity_type
            if word is not None and entity_type is not None:
                run.append(word)

    def _match(self, text: str, entity_type: str, run: Sequence[_Word]) -> Iterator[Match]:
        score = sum(word.score for word in run) / len(run)
        tidied = tidy(entity_type, text, Span(run[0].span.start, run[-1].span.end))
        if tidied is not None and tidied[0] not in self._off:
            kind, span = tidied
            yield Match(f"transformers.{kind.lower().replace('_', '-')}", kind, span, min(score, 1.0), "none")


_OFFSET_POSITIONS: Final = frozenset({"roberta", "xlm-roberta", "camembert", "longformer", "mpnet", "data2vec-text"})


def _shifted(words: Sequence[_Word], by: int) -> list[_Word]:
    return [_Word(Span(w.span.start + by, w.span.end + by), w.label, w.score, w.margin) for w in words]


def _loaded(model: str) -> tuple[Any, Any]:
    """Return tokenizer and model."""
    try:
        from transformers import AutoModelForTokenClassification, AutoTokenizer  # noqa: PLC0415 - heavy, and only here
    except ImportError as error:
        raise PolicyError(
            f"detect.ner: transformers:{model} needs torch and transformers; pip install 'finetooth[ner]'"
        ) from error
    folder = Path(model).expanduser()
    if not folder.is_dir() and (folder.is_absolute() or model.startswith((".", "~"))):
        raise PolicyError(f"detect.ner: {model} is no folder; name the folder that save_pretrained() wrote, or null")
    if folder.is_dir() and not list(folder.glob("*.safetensors")):
        raise PolicyError(
            f"detect.ner: {model} holds no safetensors, and pickled weights are never loaded; "
            "save the model again with save_pretrained(), or name another"
        )
    offline = os.environ.get("HF_HUB_OFFLINE") != "0"
    where = str(folder) if folder.is_dir() else model
    try:
        tokenizer = AutoTokenizer.from_pretrained(where, local_files_only=offline, trust_remote_code=False)
        loaded = AutoModelForTokenClassification.from_pretrained(
            where, local_files_only=offline, trust_remote_code=False, use_safetensors=True
        )
    except Exception as error:  # the library raises whatever its parts do
        raise PolicyError(
            f"detect.ner: the model {model} cannot be loaded ({type(error).__name__}); name a folder with config.json, "
            "tokenizer.json and model.safetensors, or download it first: hf download " + model
        ) from error
    if not tokenizer.is_fast:
        raise PolicyError(f"detect.ner: the model {model} has no fast tokenizer (tokenizer.json), which tells places")
    return tokenizer, loaded.eval()


def _version(model: str) -> str:
    folder = Path(model).expanduser()
    name = f"transformers {installed('transformers')}, {folder.name}"
    if not folder.is_dir():
        return name
    files = sorted(path for pattern in _FILES for path in folder.glob(pattern))
    return f"{name} sha256 {digest_of((path.name, path) for path in files)[:12]}"
