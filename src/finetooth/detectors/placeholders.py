"""What looks like a secret's place and holds none: placeholders, examples from documentation, code that fetches one.

On chat data this filter is the greatest single win of a secret scanner, since instructions are full of
``password: your_password``. Pure functions over the value alone; who proposed it and where is not their business.
Every reason stands beside its test, and is what a reader would say.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

_WORDS_TEXT: Final = """
password passwd passwort pass pwd pw passphrase passcode secret secrets token tokens key keys apikey credential
credentials user username login admin administrator root guest default changeme changeit letmein welcome qwerty test
testing tester demo sample example examples dummy fake mock placeholder foo bar baz foobar foobaz lorem ipsum dolor
sit amet value string text none null nil undefined empty true false yes no todo tbd fixme redacted removed hidden
masked censored encrypted hashed invalid valid wrong incorrect correct required optional unknown anonymous something
anything here abc xyz asdf asdfgh asdfghjkl my your mine new old private public api access auth bearer basic client
server app database db host localhost insert enter replace put add set goes this that the
"""
_WORDS_ELSEWHERE_TEXT: Final = """
kennwort geheim geheimnis schlüssel benutzer nutzer benutzername mein dein ihr mot de passe motdepasse clé jeton
utilisateur mon votre ton ici contraseña contrasena clave usuario secreto mi tu su aquí senha chave usuário segredo
minha sua seu parola chiave utente segreto mia tua wachtwoord sleutel gebruiker mijn jouw uw hasło haslo klucz
użytkownik moje twoje tutaj lösenord nyckel mitt ditt salasana пароль ключ ваш ваше мой şifre parolanız
"""
_WORDS: Final = frozenset([*_WORDS_TEXT.split(), *_WORDS_ELSEWHERE_TEXT.split()])
"""Words that stand where a secret would, in English and elsewhere. A value made of nothing else says so itself."""

_LEET: Final = str.maketrans("013457@$!", "oleastasi")
"""``P@ssw0rd`` and ``pa55word`` spell a word of the list."""

_TYPE_NAMES_TEXT: Final = """
str string char varchar varchar2 nvarchar text bytes bytea byte int integer bigint number float double bool boolean
object any void optional uuid var let const char[] byte[] string[] hash binary blob secretstr securestring
"""
_TYPE_NAMES: Final = frozenset(_TYPE_NAMES_TEXT.split())
"""A type in a signature or a schema: ``password: String!``, ``password varchar(255)``."""

_EXAMPLE_KEYS: Final = (
    "akiaiosfodnn7example",  # AWS documentation
    "wjalrxutnfemi/k7mdeng",  # AWS documentation, several endings
    "je7mtgbclwbf/2zk/h3ycyo8",  # AWS documentation
    "sk_test_4ec39hqlyjwdarjtt1zdp7dc",  # Stripe documentation
    "sk_test_bqokikjovbii2hlwgh4olfq2",  # Stripe documentation
    "eyjhbgcioijiuzi1niisinr5cci6ikpxvcj9.eyjzdwiioiixmjm0nty3odkw",  # the token that jwt.io shows
    "aizasydagtnvxwq2o3zthc9ssqnvskfwqvqg7ye",  # never issued; a shape often copied
    "qwxhzgrpbjpvcgvuihnlc2ftzq",  # Aladdin:open sesame, RFC 7617
    "mf_9.b5f-4.1jqm",  # RFC 6750
)
"""Values that vendors and standards print in their own documentation, lower-cased: published, so no secret."""

_SERIES: Final = ("0123456789", "9876543210", "abcdefghijklmnopqrstuvwxyz", "zyxwvutsrqponmlkjihgfedcba")
_RUNS: Final = (*_SERIES, "qwertyuiop", "asdfghjkl", "zxcvbnm")


def documentation_example(value: str) -> str | None:
    """Return why a value in a provider's own format is an example, or None.

    Only what no generator of keys would make: this is the one filter that a distinctive match must pass.

    >>> documentation_example("AKIAIOSFODNN7EXAMPLE")
    'an example from documentation'
    >>> documentation_example("ghp_" + "x" * 36)
    'masked or filled up'
    """
    lowered = value.lower()
    if any(example in lowered for example in _EXAMPLE_KEYS) or lowered.endswith(("example", "examplekey")):
        return "an example from documentation"
    if re.search(
        r"(?i)(?<![a-z])(?:your|my|insert|replace|enter)[_\-. ]?(?:[a-z]+[_\-. ]?)*(?:key|token|secret)", value
    ):
        return "asks to be replaced"
    if re.search(r"(?i)x{6,}|\*{4,}|•{3,}|\.{4,}|…|<[a-z _-]+>", value):
        return "masked or filled up"
    return None


def doubtful(value: str) -> str | None:
    """Return why a value is more likely an example than a secret, or None.

    Nothing random looks so, but people choose such values and programs accept them: a doubt, where a placeholder is a
    certainty. What is doubtful is kept for review.

    >>> doubtful("12345678-ABCD-ABCD-ABCD-1234567890AB")
    'counts up'
    """
    lowered = value.lower()
    if any(run[at : at + 8] in lowered for run in _SERIES for at in range(len(run) - 7)) or "1234567890" in lowered:
        return "counts up"
    if re.search(r"(.{4,}?)\1\1", lowered) or any(lowered.count(c) * 2 > len(lowered) for c in set(lowered)):
        return "repeats itself"
    return None


def placeholder(value: str) -> str | None:
    """Return why a value proposed by a generic rule is no secret, or None where it may be one.

    >>> placeholder("secret_password")
    'words that stand for a secret'
    >>> placeholder("c4tSt-91x") is None
    True
    """
    if reason := documentation_example(value):
        return reason
    return next((reason for reason, holds in _TESTS if holds(value)), None)


def stand_in(value: str) -> str | None:
    """Return why a value is certainly none that anybody uses, or None: a placeholder, but not for being a mere word.

    Where only a password can stand, and in code that assigns one, a word may be the password; but not one that says
    "password", and no template.

    >>> stand_in("marzipan") is None, stand_in("mypassword")
    (True, 'a word that stands for a secret')
    """
    if reason := documentation_example(value):
        return reason
    if _STAND_IN.search(value):
        return "a word that stands for a secret"
    reason = placeholder(value)
    return None if reason in {"an ordinary word", "an identifier made of words"} else reason


_STAND_IN: Final = re.compile(
    r"(?i)passw|pswd|fake|real|key|passphrase|pass_|secret|token|credential|api_?key|changeme|example|sample|dummy|placeholder|"
    r"required|invalid|incorrect|wrong|your|^test|test$|^(?:enter|insert|the|a|my)[ _-]|user_?name|value|field|string|"
    r"hidden|empty|encrypt|hash|^admin$|login|input|confirm|current|default|^new|^old"
)
"""What a word in place of a password has in it where it stands for one."""


def _words(value: str) -> list[str]:
    """Split an identifier into lower-case words: ``myApiKey`` and ``MY_API_KEY`` alike."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", value)
    return [word.lower() for word in re.split(r"[\W\d_]+", spaced) if word]


def _is_known_word(value: str) -> bool:
    stem = value.lower().rstrip("!.?123")
    return stem in _WORDS or stem.translate(_LEET) in _WORDS or (value.isdigit() and len(value) < 4)  # noqa: PLR2004


def _stands_for_a_secret(value: str) -> bool:
    words = _words(value)
    return bool(words) and all(word in _WORDS for word in words) and not re.search(r"\d{2,}", value)


def _is_template(value: str) -> bool:
    return bool(
        # What stands between the marks is a name, not any run of signs: those occur in strong passwords.
        re.search(
            r"\$\{[\w.:/-]+\}|\{\{[\w .|()'\"$-]*(?:\}\}|$)|\$\([\w ./-]+\)|<%|%>|#\{\w+|%\(\w+\)s|<[^<>]*>|&lt;.*&gt;",
            value,
        )
        or re.match(r"\[[^\]]*\]$|<|\{[\w .\[\]'\"-]*\}|\{\w+$", value)
        or re.fullmatch(r"%[sdvq@]|\$\w+|%\w+%|@\w+@|:\w+|\?|__\w+__", value)
        or re.match(r"\$[A-Z_]{3,}|\$\w+->|\$_\w+\[|\$\(\w", value)
    )


def _is_masked(value: str) -> bool:
    bare = value.strip("\"'`")
    return bool(re.fullmatch(r"(?i)[*•x.#?_\-●∙…\s]+", bare)) or len(set(bare.lower())) <= 2  # noqa: PLR2004


def _counts_up(value: str) -> bool:
    lowered = value.lower()
    return len(lowered) >= 4 and any(lowered in run * 2 for run in _RUNS)  # noqa: PLR2004


def _is_code(value: str) -> bool:
    return bool(
        # a call, an index, an operator; a value that was cut at a quotation mark may lack the closing bracket
        re.search(r"[A-Za-z_]\w*\((?:[^()]*\)|$)|\w\[(?:['\"]?[\w:.-]+['\"]?\]|['\"]?$)|=>|->|::|&&|\|\||\?\.", value)
        or re.fullmatch(r"[A-Za-z_$]+\d?(?:\.[A-Za-z_]+\d?)+;?", value)  # an attribute: self.config.password
        or re.fullmatch(r"(?i)(?:new|await|return|function|lambda|self|this|input|getpass|process|os)\b.*", value)
    )


def _is_type(value: str) -> bool:
    bare = re.sub(r"\(\d*\)?$", "", value.lower().rstrip(",;!?|"))
    return bare in _TYPE_NAMES


def _is_identifier(value: str) -> bool:
    # Letters joined by _ - . or by a hump, without a digit: random keys of 12 characters and more have digits.
    return bool(
        re.fullmatch(r"[A-Za-z]+(?:[_\-./][A-Za-z]+)+[_\-./]?|[a-z]+(?:[A-Z][a-z]+)+|(?:[A-Z][a-z]+){2,}", value)
    )


def _is_ordinary_word(value: str) -> bool:
    return bool(re.fullmatch(r"[^\W\d_]+(?:['’\-][^\W\d_]+)*[.,;:!?]?", value)) and (
        value[1:].islower() or value.isupper() or value.islower()
    )


def _is_address(value: str) -> bool:
    return bool(re.match(r"(?i)https?://|www\.|/[\w.-]+/|[a-z]:\\|\.{1,2}/|~/", value)) and "@" not in value


def _is_reference(value: str) -> bool:
    return bool(
        re.match(
            r"(?i)(?:vault|secret|secrets|ssm|arn|env|file|ref|kms|op|gcp|aws)://?|arn:aws|!(?:ref|sub|vault)|enc[\[(]|\{cipher\}",
            value,
        )
    )


_TESTS: Final[tuple[tuple[str, Callable[[str], bool]], ...]] = (
    ("a word that stands for a secret", _is_known_word),
    ("words that stand for a secret", _stands_for_a_secret),
    ("a template's variable", _is_template),
    ("masked or filled up", _is_masked),
    ("counts up", _counts_up),
    ("a type, not a value", _is_type),
    ("code that fetches the value", _is_code),
    ("points to where the value is kept", _is_reference),
    ("an address or a path", _is_address),
    ("an identifier made of words", _is_identifier),
    ("an ordinary word", _is_ordinary_word),
)
