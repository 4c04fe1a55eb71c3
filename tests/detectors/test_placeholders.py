import doctest

import pytest

from finetooth.detectors import fillers, passwords, placeholders, presidio, readings
from finetooth.detectors.passwords import password_like
from finetooth.detectors.placeholders import doubtful, placeholder

NO_SECRETS = """
password Password passwd your_api_key_here YOUR_API_KEY <token> <your-password> xxxx xxxxxxxx **** •••••• changeme
example ${VAR} ${{secrets.TOKEN}} $PASSWORD {{password}} %s %(password)s aaaaaaaa 123456 12345678 abcdef qwerty
lorem wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY my-secret-token mySecretPassword api_key String! string varchar(255)
None null true getpass() os.environ[ os.environ["KEY"] process.env.TOKEN config.password self.password
user->password vault://kv/token arn:aws:secretsmanager https://acme.io/login /etc/passwd sunshine Required P@ssw0rd
passw0rd ... MY_DATABASE_PASSWORD request.form['password'] #{password} &lt;password&gt;
"""


@pytest.mark.parametrize("value", NO_SECRETS.split())
def test_no_secret(value):
    assert placeholder(value)


@pytest.mark.parametrize(
    "value",
    [
        "c4tSt-91x",
        "hunter2",
        "Tr0ub4dor&3",
        "q7Xc2LmV9tRw4KzB8nPd",
        "Kx9$mm2p",
        "m{{h}o)p${e]nob(ody$#x}}",
        "Summer2024!",
    ],
)
def test_may_be_a_secret(value):
    assert placeholder(value) is None


def test_a_doubt_is_less_than_a_certainty():
    for value in ("abcd1234abcd1234abcd1234", "12345678-ABCD-ABCD-ABCD-1234567890AB", "A" * 20 + "b1"):
        assert doubtful(value)
        assert placeholder(value) is None
    assert doubtful("q7Xc2LmV9tRw4KzB8nPd") is None


@pytest.mark.parametrize("word", ["c4tSt-91x", "hunter2", "Winter2024!", "kRtQmZx", "correct_horse", "p@ss", "Bob12"])
def test_looks_like_a_password(word):
    assert password_like(word)


@pytest.mark.parametrize(
    "word",
    [
        "not",
        "Working!",
        "case-sensitive",
        "user's",
        "SHA-256",
        "UTF8",
        "12-character",
        "8MB",
        "2024-01-02",
        "bob@acme.io",
        "1st",
        "(optional)",
        "abc",
        "GitHub",
        "and/or",
    ],
)
def test_looks_like_a_word(word):
    assert not password_like(word)


@pytest.mark.parametrize("module", [placeholders, passwords, fillers, presidio, readings])
def test_examples_in_docstrings(module):
    assert doctest.testmod(module).failed == 0
