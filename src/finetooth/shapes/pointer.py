"""JSON Pointers (RFC 6901)."""

from __future__ import annotations


def member(pointer: str, key: str | int) -> str:
    """Return the pointer of a member or element of what stands at ``pointer``.

    >>> member(member("", "a/b~c"), 0)
    '/a~1b~0c/0'
    """
    if isinstance(key, int):
        return f"{pointer}/{key}"
    if "~" in key or "/" in key:
        key = key.replace("~", "~0").replace("/", "~1")
    return f"{pointer}/{key}"


def keys(pointer: str) -> list[str]:
    """Return the keys and indices on the way, unescaped.

    >>> keys("/a~1b~0c/0")
    ['a/b~c', '0']
    """
    return [key.replace("~1", "/").replace("~0", "~") for key in pointer.split("/")[1:]]


def last_key(pointer: str) -> str | None:
    """Return the key that a value stands under; an element of a list stands under the list's.

    >>> last_key("/user/customer_ids/0"), last_key("/0"), last_key("")
    ('customer_ids', None, None)
    """
    while pointer:
        pointer, _, key = pointer.rpartition("/")
        if not (key.isascii() and key.isdigit()):
            return key.replace("~1", "/").replace("~0", "~")
    return None
