"""Every attack, in the order in which they are run."""

from __future__ import annotations

from typing import Final

from finetooth.attacks.attack import Attack
from finetooth.attacks.record import Record
from finetooth.attacks.targeted import Targeted

ATTACKS: Final[tuple[Attack, ...]] = (Targeted(), Record())
