"""Which detectors a policy asks for."""

from __future__ import annotations

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
    detectors: list[Detector] = []
    if detect.identifiers and detect.presidio == "exact":
        from finetooth.detectors.exact_presidio import ExactPresidioDetector  # noqa: PLC0415 - as below

        detectors.append(ExactPresidioDetector(detect))
    elif detect.identifiers:
        from finetooth.detectors.identifiers import IdentifierDetector  # noqa: PLC0415 - only what the policy asks for
        from finetooth.detectors.presidio import PresidioDetector  # noqa: PLC0415

        detectors += [PresidioDetector(detect), IdentifierDetector(detect)]
        for model in ner_models(detect):
            if model.scheme == "transformers":
                from finetooth.detectors.transformers_ner import TransformersNerDetector  # noqa: PLC0415

                detectors.append(TransformersNerDetector(detect, model.name))
    if detect.secrets:
        from finetooth.detectors.kingfisher import KingfisherDetector  # noqa: PLC0415

        detectors.append(KingfisherDetector(detect))
    if detect.deny:
        from finetooth.detectors.denylist import DenyListDetector  # noqa: PLC0415

        detectors.append(DenyListDetector(detect))
    return detectors
