"""Every attack, in the order in which they are run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from finetooth.attacks import promptfile, wrapping
from finetooth.attacks.attack import Attack
from finetooth.attacks.elicitation import Elicitation
from finetooth.attacks.promptfile import Questions, Wrapper
from finetooth.attacks.record import Record
from finetooth.attacks.targeted import Targeted
from finetooth.attacks.untargeted import Untargeted
from finetooth.errors import UsageError


def every(prompts: Path | None = None, wrapped: int | None = None) -> tuple[Attack, ...]:
    """Return all attacks: the plain ones, and after them those under wrappers.

    Args:
        prompts: a folder with questions and wrappers of the user's own, which are tried as well.
        wrapped: how many values each wrapper is tried on at most, riskiest first, if not `wrapping.LIMIT`; none where
            it is 0.

    Raises:
        UsageError: the folder holds no prompts, or one that does not validate; or the number is negative.
    """
    limit = wrapping.LIMIT if wrapped is None else wrapped
    if limit < 0:
        raise UsageError(f"wrapped: {limit} is no number of values; 0 means that no wrappers are tried")
    held = promptfile.load(prompts)
    plain = (Targeted(), Record(), Elicitation([each for each in held if isinstance(each, Questions)]))
    wrappers = [each for each in held if isinstance(each, Wrapper)] if limit else []
    talking = [Untargeted(wrapper) for wrapper in wrappers if "untargeted" in wrapper.attacks]
    return *plain, Untargeted(), *wrapping.all_of(plain, wrappers, limit), *talking


def chosen(names: Sequence[str] | None, prompts: Path | None = None, wrapped: int | None = None) -> tuple[Attack, ...]:
    """Return the attacks of these names, in the order in which they are run; all of them where none is named.

    Args:
        names: such as ``targeted``, or ``targeted+roleplay`` for one under a wrapper.
        prompts: as in `every`.
        wrapped: as in `every`.

    Raises:
        UsageError: one is not known, or as in `every`.
    """
    known = {attack.name: attack for attack in every(prompts, wrapped)}
    for name in names or ():
        if name not in known:
            raise UsageError(f"--attack {name}: no such attack; there are: {', '.join(known)}")
    return tuple(attack for name, attack in known.items() if not names or name in names)
