"""A policy that was validated, as bytes and back: so that who holds a sealed one need not validate it again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from finetooth.entities import Kind
from finetooth.policy import Detect, EntityOverride, Filter, Policy, Requirement, WaiverTerms


def encode(policy: Policy) -> bytes:
    """Return a policy as bytes."""
    return json.dumps(asdict(policy)).encode()


def decode(payload: bytes) -> Policy:
    """Return the policy that `encode` made bytes of. Nothing is looked at: whose bytes they are must be known."""
    told = json.loads(payload)
    detect = _in_tuples(told["detect"])
    return Policy(
        schema=told["schema"],
        name=told["name"],
        detect=Detect(
            **detect
            | {
                "entities": {name: _override(each) for name, each in detect["entities"].items()},
                "deny": _in_tuples(detect["deny"]),
            }
        ),
        waivers=WaiverTerms(**told["waivers"]),
        train=tuple(map(_requirement, told["train"])),
        release=tuple(map(_requirement, told["release"])),
    )


def _override(told: Mapping[str, Any]) -> EntityOverride:
    kind = told["kind"]
    return EntityOverride(**{**told, "kind": None if kind is None else Kind(kind)})


def _requirement(told: Mapping[str, Any]) -> Requirement:
    return Requirement(**{**told, "where": Filter(**_in_tuples(told["where"]))})


def _in_tuples(told: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in told.items()}
