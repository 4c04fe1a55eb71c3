"""Every attack, in the order in which they are run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from finetooth.attacks.attack import Attack
from finetooth.attacks.targeted import Targeted
from finetooth.errors import UsageError

ATTACKS: Final[tuple[Attack, ...]] = (Targeted(),)


def chosen(names: Sequence[str] | None) -> tuple[Attack, ...]:
    """Return the attacks of these names, in the order in which they are run; all of them where none is named.

    Raises:
        UsageError: one is not known.
    """
    if not names:
        return ATTACKS
    known = {attack.name: attack for attack in ATTACKS}
    for name in names:
        if name not in known:
            raise UsageError(f"--attack {name}: no such attack; there are: {', '.join(known)}")
    return tuple(attack for name, attack in known.items() if name in names)
