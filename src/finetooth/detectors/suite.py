"""Which detectors a policy asks for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from finetooth.detectors.detector import Detector
from finetooth.detectors.ner_models import ner_models
from finetooth.errors import PolicyError
from finetooth.policy import Detect


def build(detect: Detect) -> list[Detector]:
    """Return the detectors, ready to run. Engines are loaded here, so that an error comes before the first record.

    Raises:
        PolicyError: The policy asks for none, or for a model that is not installed.
        IncompleteError: An engine could not be loaded.
    """
    if not (detect.identifiers or detect.secrets or detect.deny):
        # A scan without a detector would find nothing and call it clean.
        raise PolicyError("detect: neither identifiers nor secrets are looked for; set at least one of them to true")
    return [load() for _, load in asked(detect)]


def asked(detect: Detect) -> Iterator[tuple[str, Callable[[], Detector]]]:
    """Yield each detector that a policy asks for by name, with what loads it; errors are those of `build`."""
    if detect.identifiers and detect.presidio == "exact":
        yield "presidio (exact)", partial(_exact_presidio, detect)
    elif detect.identifiers:
        yield "presidio", partial(_presidio, detect)
        yield "finetooth", partial(_identifiers, detect)
        for model in ner_models(detect):
            if model.scheme == "transformers":
                yield f"transformers:{model.name}", partial(_transformers, detect, model.name)
    if detect.secrets:
        yield "kingfisher", partial(_kingfisher, detect)
    if detect.deny:
        yield "deny lists", partial(_deny_list, detect)


# Each imports only what the policy asks for.


def _exact_presidio(detect: Detect) -> Detector:
    from finetooth.detectors.exact_presidio import ExactPresidioDetector  # noqa: PLC0415

    return ExactPresidioDetector(detect)


def _presidio(detect: Detect) -> Detector:
    from finetooth.detectors.presidio import PresidioDetector  # noqa: PLC0415

    return PresidioDetector(detect)


def _identifiers(detect: Detect) -> Detector:
    from finetooth.detectors.identifiers import IdentifierDetector  # noqa: PLC0415

    return IdentifierDetector(detect)


def _transformers(detect: Detect, name: str) -> Detector:
    from finetooth.detectors.transformers_ner import TransformersNerDetector  # noqa: PLC0415

    return TransformersNerDetector(detect, name)


def _kingfisher(detect: Detect) -> Detector:
    from finetooth.detectors.kingfisher import KingfisherDetector  # noqa: PLC0415

    return KingfisherDetector(detect)


def _deny_list(detect: Detect) -> Detector:
    from finetooth.detectors.denylist import DenyListDetector  # noqa: PLC0415

    return DenyListDetector(detect)
