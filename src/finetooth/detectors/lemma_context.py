"""Presidio's own context rule, computed only where its outcome is open.

A match's score is raised where one of its recognizer's context words is part of the *lemma* of one of five words before
it, stop words not counted. Lemmas need a tagger, a parser, rules and a lemmatizer. But what lemmas a word can have, as
whatever part of speech, is known without them, and that mostly settles whether a context word is among them. Only of a
text in which it does not, lemmas are made.

The rule is `presidio_analyzer.context_aware_enhancers.LemmaContextAwareEnhancer` of version 2.2.366, with its defaults.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

import numpy as np
from threadpoolctl import ThreadpoolController

from finetooth.detectors.readtext import ReadText
from finetooth.detectors.spacy_reader import Reader
from finetooth.detectors.token_vectors import UnsupportedNetworkError, named
from finetooth.detectors.word_context import WORDS, support

_BEFORE: Final = WORDS + 1
"""Words that are read: the match's own counts too, where it is one."""

_NO_KEYWORDS: Final = frozenset({"-PRON-", "be"})
_REMEMBERED: Final = 65_536
_COLON: Final = re.compile(":")


class _Possible(NamedTuple):
    """What is known of a word before it is tagged."""

    lemmas: frozenset[str]
    """Every lemma that it can have, in lower case."""
    surely: bool
    """Whether it counts as a word of the context, whichever it has."""
    maybe: bool
    """Whether it does with one of them."""


class LemmaContext:
    """Presidio's context rule over texts of which spaCy has made the lemmas.

    Args:
        nlp: the pipeline.
    """

    def __init__(self, nlp: Any) -> None:
        getters = nlp.vocab.lex_attr_getters
        is_stop, is_punct = getters[_attribute("IS_STOP")], getters[_attribute("IS_PUNCT")]
        self._keyword: Callable[[str], bool] = lru_cache(_REMEMBERED)(
            lambda lemma: not (is_stop(lemma) or is_punct(lemma) or lemma in _NO_KEYWORDS)
        )

    def prepare(self, found: Sequence[tuple[ReadText, Sequence[Any]]], words: Mapping[str, Sequence[str]]) -> None:
        """Take the lemmas over."""
        for read, results in found:
            if any(_asked(results, words)):
                read.lemmas = [token.lemma_ for token in read.doc]

    def enhance(self, read: ReadText, results: Sequence[Any], words: Mapping[str, Sequence[str]]) -> None:
        """Raise the score of each match that a context word supports.

        Raises:
            ValueError: a match stands at no token; Presidio fails there as well.
        """
        for result in results:
            for start, listed in _asked([result], words):
                if len(read.doc):
                    _token(read, start)
                if self._supported(read, start, listed):
                    support(result, listed[0])

    def _supported(self, read: ReadText, start: int, listed: tuple[str, ...]) -> bool | None:
        """Tell whether a match is supported; None where that is not known yet."""
        return _found_among(self._lemmas_around(read, start), listed)

    def _lemmas_around(self, read: ReadText, start: int) -> list[str]:
        lemmas = read.lemmas or []
        if not lemmas:
            return []
        if read.keywords is None:
            kept = filter(self._keyword, lemmas)
            read.keywords = frozenset(piece for lemma in kept for piece in lemma.lower().split(":"))
        here = _token(read, start)
        around: list[str] = []
        for at in range(here, -1, -1):
            if (lemma := lemmas[at].lower()) in read.keywords:
                around.append(lemma)
                if len(around) == _BEFORE:
                    break
        # NOTE: Presidio reads no words after a match, and for that looks for the first one from its beginning on.
        following = (lemma for at in range(here, len(lemmas)) if (lemma := lemmas[at].lower()) in read.keywords)
        return [*around, *([first] if (first := next(following, None)) is not None else [])]


class QuickLemmaContext(LemmaContext):
    """The same rule over a reader that computes entities and sentences itself.

    Args:
        reader: the reader.

    Raises:
        UnsupportedNetworkError: its pipeline makes lemmas in another way than spaCy's small English ones.
    """

    def __init__(self, reader: Reader) -> None:
        super().__init__(reader.nlp)
        components = {name: reader.nlp.get_pipe(name) for name in reader.nlp.pipe_names}
        if reader.sentences is None or not {"tagger", "attribute_ruler", "lemmatizer"} <= components.keys():
            raise UnsupportedNetworkError("lemmas")
        self._tagger, self._ruler, self._lemmatizer = (
            components[name] for name in ("tagger", "attribute_ruler", "lemmatizer")
        )
        softmax = named(self._tagger.model.walk(), "softmax")
        if type(self._lemmatizer).__name__ != "EnglishLemmatizer" or self._lemmatizer.mode != "rule" or not softmax:
            raise UnsupportedNetworkError("lemmas")
        self._weights, self._bias = softmax[0].get_param("W").T.copy(), softmax[0].get_param("b")
        self._sentences = reader.sentences
        self._forms = _Forms(self._lemmatizer, self._ruler)
        self._threads = ThreadpoolController()
        self._possible = lru_cache(_REMEMBERED)(self._possible_of)
        self._supporting = lru_cache(_REMEMBERED)(_supporting)

    def prepare(self, found: Sequence[tuple[ReadText, Sequence[Any]]], words: Mapping[str, Sequence[str]]) -> None:
        """Make the lemmas of the texts in which it is open whether a match is supported."""
        open_ones = [
            read
            for read, results in found
            if any(self._supported(read, start, listed) is None for start, listed in _asked(results, words))
        ]
        if open_ones:
            self._lemmatize(open_ones)

    def _supported(self, read: ReadText, start: int, listed: tuple[str, ...]) -> bool | None:
        if read.lemmas is not None:
            return super()._supported(read, start, listed)
        doc = read.doc
        if not len(doc):
            return False
        here = read.token_at(start)
        pieces = self._pieces(read)
        surely = maybe = 0
        is_open = False
        for at in range(min(here, len(doc) - 1), -1, -1):
            word = self._possible(doc[at].text)
            if word.maybe or not pieces.isdisjoint(word.lemmas):
                some, every = self._supporting(word.lemmas, listed)
                if every and word.surely and maybe < _BEFORE:
                    return True
                is_open |= some
                maybe += 1
                surely += word.surely
                if surely == _BEFORE:
                    break
        for at in range(here, len(doc)):
            word = self._possible(doc[at].text)
            if word.maybe or not pieces.isdisjoint(word.lemmas):
                is_open |= self._supporting(word.lemmas, listed)[0]
                if word.surely:
                    break
        return None if is_open else False

    def _pieces(self, read: ReadText) -> frozenset[str]:
        """Return what may count as context wherever it stands: what is cut at a colon, as "the" in "re:the"."""
        if read.pieces is None:
            places = (read.token_at(found.start()) for found in _COLON.finditer(read.text))
            cut = {token.text for at in places if len(token := read.doc[at]) > 1}
            lemmas = (lemma for text in cut for lemma in self._possible(text).lemmas)
            read.pieces = frozenset(piece for lemma in lemmas for piece in lemma.split(":"))
        return read.pieces

    def _lemmatize(self, texts: Sequence[ReadText]) -> None:
        docs = [read.doc for read in texts]
        with self._threads.limit(limits=1, user_api="blas"):
            vectors = self._sentences.encoder.vectors(docs)
            tags = np.argmax(vectors @ self._weights + self._bias, axis=1)
            ends = np.cumsum([len(doc) for doc in docs])
            self._tagger.set_annotations(
                docs, [tags[end - len(doc) : end] for doc, end in zip(docs, ends, strict=True)]
            )
            # What is parsed has sentences, to which a second parse would keep.
            unparsed = [at for at, doc in enumerate(docs) if not doc.has_annotation("DEP")]
            if unparsed:
                pieces = [vectors[ends[at] - len(docs[at]) : ends[at]] for at in unparsed]
                self._sentences.mark([docs[at] for at in unparsed], np.concatenate(pieces))
        for read, doc in zip(texts, docs, strict=True):
            read.lemmas = [token.lemma_ for token in self._lemmatizer(self._ruler(doc))]

    def _possible_of(self, text: str) -> _Possible:
        forms = self._forms.of(text)
        kept = [self._keyword(form) and ":" not in form for form in forms]
        return _Possible(frozenset(form.lower() for form in forms), all(kept), any(kept) or ":" in text)


class _Forms:
    """Which lemmas a word can have."""

    def __init__(self, lemmatizer: Any, ruler: Any) -> None:
        rules, exceptions = (lemmatizer.lookups.get_table(name, {}) for name in ("lemma_rules", "lemma_exc"))
        self._rules = {(old, new) for table in rules.values() for old, new in table}
        self._listed: dict[str, set[str]] = {}
        for table in exceptions.values():
            for form, lemmas in table.items():
                self._listed.setdefault(form, set()).update(lemmas)
        # The ruler gives lemmas too, by tag and spelling.
        self._spelt: list[tuple[re.Pattern[str], str]] = []
        for pattern in ruler.patterns:
            lemma = pattern["attrs"].get("LEMMA")
            for spelling in (tokens[pattern["index"]].get("LOWER", {"REGEX": ""}) for tokens in pattern["patterns"]):
                if lemma and isinstance(spelling, dict) and spelling.keys() != {"IN"}:
                    self._spelt.append((re.compile(spelling.get("REGEX", "")), lemma))
                elif lemma:
                    for form in [spelling] if isinstance(spelling, str) else spelling["IN"]:
                        self._listed.setdefault(form, set()).add(lemma)

    def of(self, text: str) -> frozenset[str]:
        """Return them."""
        lowered = text.lower()
        ruled = {lowered.removesuffix(old) + new for old, new in self._rules if lowered.endswith(old)}
        spelt = {lemma for spelling, lemma in self._spelt if spelling.search(lowered)}
        return frozenset({text, lowered, *ruled, *spelt, *self._listed.get(lowered, ())} - {""})


def _attribute(name: str) -> int:
    from spacy import attrs  # noqa: PLC0415 - heavy

    number: int = attrs.IDS[name]
    return number


def _asked(results: Iterable[Any], words: Mapping[str, Sequence[str]]) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Yield where each match begins and what supports it, of those that anything supports."""
    for result in results:
        listed = words.get(result.recognition_metadata["recognizer_identifier"])
        if listed:
            yield result.start, _lowered(tuple(listed))


@lru_cache(256)
def _lowered(words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(word.lower() for word in words)


def _found_among(lemmas: Iterable[str], listed: tuple[str, ...]) -> bool:
    return any(word in lemma for lemma in lemmas for word in listed)


def _supporting(lemmas: frozenset[str], listed: tuple[str, ...]) -> tuple[bool, bool]:
    """Tell whether some, and whether all, of a word's lemmas hold a context word."""
    held = [_found_among([lemma], listed) for lemma in lemmas]
    return any(held), all(held)


def _token(read: ReadText, start: int) -> int:
    here = read.token_at(start)
    if here >= len(read.doc):
        raise ValueError("a match stands at no token")
    return here
