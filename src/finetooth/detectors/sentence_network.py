"""spaCy's parser of the small pipelines, computed by ourselves: the same transitions and trees, in less time.

The moves are made by :mod:`finetooth.detectors.transitions`, in C where that was built, else in NumPy. NumPy moves in
many documents at once; a long one that hardly any other accompanies is left to spaCy's own loop there, over the same
vectors. Whoever only asks for the sentences up to some word gets them from a parse that stops soon behind it.

The architecture is `spacy.TransitionBasedParser.v2` with state type ``parser``, which listens to a shared encoder that
:mod:`finetooth.detectors.token_vectors` knows. A parser of another one is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from finetooth.detectors.native_transitions import NativeTransitions
from finetooth.detectors.token_vectors import Floats, TokenEncoder, UnsupportedNetworkError
from finetooth.detectors.transitions import Asked, Places, Transitions, Tree

_STEP: Final = 200
_EACH: Final = 2
_OWN: Final = 8
"""What a step of all documents costs in NumPy, what each adds to it, and what a move costs in spaCy's own loop: in
microseconds, measured on one machine. Only their ratios matter, and only for the time."""

_TOKENS: Final = 16_384
"""So many tokens, roughly, are given to spaCy's own loop at once: each takes 4 KB there."""

_AHEAD: Final = 48
"""Tokens that are read behind those that were asked for: mostly, a sentence ends among them."""

_FEATURES: Final = 8


class SentenceNetwork:
    """A trained parser. It takes the component over: called by itself, that would find no vectors.

    Args:
        tok2vec: the shared encoder.
        parser: the component.

    Raises:
        UnsupportedNetworkError: one of them is of another architecture.
    """

    def __init__(self, tok2vec: Any, parser: Any) -> None:
        try:
            self.encoder = TokenEncoder(tok2vec.model)
            listener, lower, upper = parser.model.layers
            [linear] = [node for node in listener.walk() if node.name == "linear"]
            if not any(node.name == "tok2vec-listener" for node in listener.walk()):
                raise UnsupportedNetworkError("listener")
            if lower.get_dim("nF") != _FEATURES or lower.get_dim("nP") != 2 or not parser.model.attrs["has_upper"]:  # noqa: PLR2004
                raise UnsupportedNetworkError("state")
            if parser.model.attrs["unseen_classes"] or parser.cfg.get("beam_width", 1) != 1:
                raise UnsupportedNetworkError("search")
            names = [parser.moves.get_class_name(at) for at in range(parser.moves.n_moves)]
        except (AttributeError, IndexError, KeyError, StopIteration, ValueError) as error:
            raise UnsupportedNetworkError(type(error).__name__) from error
        self._weights: Floats = linear.get_param("W").T.copy()
        self._bias: Floats = linear.get_param("b").copy()
        plain = Transitions(lower, upper, names)
        native = NativeTransitions.fits(plain)
        self._transitions = NativeTransitions(plain) if native else plain
        self._own = None if native else _OwnLoop(parser)
        strings = parser.vocab.strings
        self._labels = np.array(
            [strings.add(name.partition("-")[2]) for name in names] + [strings.add("ROOT")], "uint64"
        )
        self._lifted = np.array(["||" in name for name in names] + [False])

    def mark(self, docs: Sequence[Any], vectors: Floats | None = None) -> None:
        """Parse documents that have no sentences yet, and so mark where their sentences start.

        Args:
            docs: the documents.
            vectors: what the encoder gives for them, if that is known already.
        """
        if vectors is None:
            vectors = self.encoder.vectors(docs)
        lengths = np.array([len(doc) for doc in docs])
        vectors = self._seen(vectors)
        few = self._few(lengths)
        together = np.setdiff1d(np.flatnonzero(lengths), few)
        pieces = np.split(vectors, np.cumsum(lengths)[:-1])
        self._by_spacy([docs[at] for at in few], [pieces[at] for at in few])
        if not len(together):
            return
        whole = lengths[together]
        vectors = np.concatenate([pieces[at] for at in together]) if len(few) else vectors
        tree = self._transitions.tree(vectors, Asked(whole, whole, np.zeros(len(whole), np.bool_)))
        ends = np.cumsum(whole)
        for at, start, end in zip(together.tolist(), ends - whole, ends, strict=True):
            self._annotate(docs[at], tree.heads[start:end] - start, tree.moves[start:end])

    def starts(self, docs: Sequence[Any], until: Sequence[int]) -> list[Places]:
        """Return where sentences start.

        Args:
            docs: the documents, which have no sentences yet.
            until: For each the number of tokens among which the starts are wanted; behind them, some may be missing.
        """
        lengths, wanted = np.array([len(doc) for doc in docs], np.intp), np.array(until, np.intp)
        given = np.minimum(lengths, wanted + _AHEAD)
        # What is parsed by spaCy is parsed whole.
        few = self._few(given)
        given[few] = lengths[few]
        found: dict[int, Places] = {}
        if len(few):
            vectors = self._seen(self.encoder.vectors([docs[at] for at in few]))
            self._by_spacy([docs[at] for at in few], np.split(vectors, np.cumsum(lengths[few])[:-1]))
            for at in few.tolist():
                found[at] = np.flatnonzero(docs[at].to_array("SENT_START") == 1)
        rest = np.setdiff1d(np.flatnonzero(lengths), few)
        while len(rest):
            asked = Asked(given[rest], wanted[rest], given[rest] < lengths[rest])
            tree = self._transitions.tree(self._vectors([docs[at] for at in rest], asked), asked)
            found |= dict(zip(rest.tolist(), _starts(tree, asked), strict=True))
            # A long sentence, of which the end was not among what was read.
            rest = rest[tree.reached < asked.until]
            given[rest] = lengths[rest]
        none = np.zeros(0, np.intp)
        return [found.get(at, none) for at in range(len(docs))]

    def _vectors(self, docs: Sequence[Any], asked: Asked) -> Floats:
        """Return what the parser sees of the tokens that are given; these see some of those behind them."""
        reach = self.encoder.reach
        read = [
            doc[: length + reach] if more else doc
            for doc, length, more in zip(docs, asked.lengths.tolist(), asked.more.tolist(), strict=True)
        ]
        vectors = self.encoder.vectors(read)
        ends = np.cumsum([len(piece) for piece in read])
        kept = np.ones(len(vectors), np.bool_)
        for end, piece, length in zip(ends.tolist(), read, asked.lengths.tolist(), strict=True):
            kept[end - len(piece) + length : end] = False
        return self._seen(vectors[kept])

    def _seen(self, vectors: Floats) -> Floats:
        seen: Floats = vectors @ self._weights
        seen += self._bias
        return seen

    def _few(self, lengths: Places) -> Places:
        return np.zeros(0, np.intp) if self._own is None else _few(lengths)

    def _by_spacy(self, docs: Sequence[Any], pieces: Sequence[Floats]) -> None:
        if self._own is None:
            return
        lengths = np.array([len(doc) for doc in docs], np.intp)
        for group in np.split(np.arange(len(docs)), np.flatnonzero(np.diff(np.cumsum(lengths) // _TOKENS)) + 1):
            if len(group):
                self._own.mark([docs[at] for at in group], np.concatenate([pieces[at] for at in group]))

    def _annotate(self, doc: Any, heads: Places, moves: Places) -> None:
        from spacy import attrs  # noqa: PLC0415 - heavy
        from spacy.pipeline._parser_internals.nonproj import deprojectivize  # noqa: PLC0415 - heavy

        offsets = (heads - np.arange(len(heads))).astype(np.int64).view(np.uint64)
        doc.from_array([attrs.HEAD, attrs.DEP], np.stack([offsets, self._labels[moves]], axis=1))
        if self._lifted[moves].any():
            deprojectivize(doc)


class _OwnLoop:
    """spaCy's own transitions, in C, over vectors that are given."""

    def __init__(self, parser: Any) -> None:
        from thinc.api import Model  # noqa: PLC0415 - heavy

        self._parser = parser
        self._vectors: Floats = np.zeros((0, 0), np.float32)
        lower = parser.model.layers[1]
        dims = {name: lower.get_dim(name) for name in ("nO", "nI", "nF", "nP")}
        params = {name: lower.get_param(name) for name in ("W", "b", "pad")}
        parser.model.layers[0] = Model("vectors_as_given", lambda model, docs, is_train: (self._vectors, None))
        parser.model.layers[1] = Model("precomputable_affine", _precomputed, dims=dims, params=params)

    def mark(self, docs: Sequence[Any], vectors: Floats) -> None:
        """Parse documents."""
        self._vectors = vectors
        self._parser.set_annotations(docs, self._parser.predict(docs))


def _precomputed(model: Any, vectors: Floats, is_train: bool) -> tuple[Floats, None]:
    """Return what each token adds to the hidden layer as each feature, after what a feature without token adds."""
    features, hidden, pieces, width = model.get_param("W").shape
    added = np.empty((len(vectors) + 1, features * hidden * pieces), np.float32)
    added[0] = model.get_param("pad").reshape(-1)
    np.matmul(vectors, model.get_param("W").reshape(-1, width).T, out=added[1:])
    return added.reshape(-1, features, hidden, pieces), None


def _few(lengths: Places) -> Places:
    """Return the documents that spaCy's own loop parses sooner: long ones that hardly any other accompanies."""
    order = np.argsort(-lengths, kind="stable")
    order = order[lengths[order] > 0]
    longest = lengths[order]
    own = np.concatenate([[0], np.cumsum(longest)])
    cost = own * _OWN + (own[-1] - own) * _EACH + np.append(longest, 0) * _STEP
    return order[: int(np.argmin(cost))]


def _starts(tree: Tree, asked: Asked) -> list[Places]:
    """Return where sentences start, of each document: with the first word of a tree, as spaCy has it."""
    ends = np.cumsum(asked.lengths)
    begins = ends - asked.lengths
    tokens = np.arange(len(tree.heads))
    # What is not final hangs on nothing yet; what is final and hangs on that is settled by it.
    roots = np.where(tokens < np.repeat(begins + tree.reached, asked.lengths), tree.heads, tokens)
    while not np.array_equal(further := roots[roots], roots):
        roots = further
    first = np.unique(roots, return_index=True)[1]
    first.sort()
    return [
        first[low:high] - begin
        for low, high, begin in zip(np.searchsorted(first, begins), np.searchsorted(first, ends), begins, strict=True)
    ]
