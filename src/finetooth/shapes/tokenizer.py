"""Tokenizers from a folder, through Hugging Face ``tokenizers`` or ``transformers``; nothing in it is ever run.

https://huggingface.co/docs/tokenizers/api/tokenizer ; https://huggingface.co/docs/transformers/main_classes/tokenizer
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from finetooth.errors import InputError

_REMEDY = "name the folder of the model whose tokenizer made the ids (it holds tokenizer.json)"


class LocalTokenizer:
    """A tokenizer from disk.

    Args:
        decode: from ids to text, special tokens and all.
        known: whether an id has a token.
    """

    def __init__(self, decode: Callable[[list[int]], str], known: Callable[[int], bool]) -> None:
        self._decode = decode
        self._known = known
        self._seen: set[int] = set()

    def decode(self, ids: Sequence[int]) -> str | None:
        """Return the text; None where an id has no token, which libraries would leave out without a word."""
        new = set(ids) - self._seen
        if not _all_known(new, self._known):
            return None
        self._seen |= new
        return self._decode(list(ids))


def load(folder: str) -> LocalTokenizer:
    """Return the tokenizer of a model's folder, or of a ``tokenizer.json``.

    Raises:
        InputError: there is none, or the libraries for it are not installed.
    """
    path = Path(folder)
    file = path / "tokenizer.json" if path.is_dir() else path
    try:
        if file.is_file():
            return _fast(file)
        if path.is_dir():
            return _slow(path)
    except ImportError:
        raise InputError("a tokenizer needs the libraries for probing: pip install 'finetooth[probe]'") from None
    except Exception as error:  # noqa: BLE001 - the libraries raise whatever comes to hand, and may quote the file
        raise InputError(f"{folder}: no tokenizer that can be read ({type(error).__name__}); {_REMEDY}") from None
    raise InputError(f"{folder}: there is no tokenizer here; {_REMEDY}")


def _fast(file: Path) -> LocalTokenizer:
    from tokenizers import Tokenizer  # noqa: PLC0415 - heavy

    tokenizer: Any = Tokenizer.from_file(str(file))
    return LocalTokenizer(
        lambda ids: str(tokenizer.decode(ids, skip_special_tokens=False)),
        lambda token: tokenizer.id_to_token(token) is not None,
    )


def _slow(folder: Path) -> LocalTokenizer:
    from transformers import AutoTokenizer  # noqa: PLC0415 - heavy

    tokenizer: Any = AutoTokenizer.from_pretrained(str(folder), local_files_only=True, trust_remote_code=False)
    size = len(tokenizer)
    return LocalTokenizer(
        lambda ids: str(tokenizer.decode(ids, skip_special_tokens=False, clean_up_tokenization_spaces=False)),
        lambda token: token < size,
    )


def _all_known(ids: Iterable[int], known: Callable[[int], bool]) -> bool:
    return all(0 <= token < 1 << 32 and known(token) for token in ids)
