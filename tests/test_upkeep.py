"""The key and the cache: what is wrong with them is told, with a remedy, and never with the key."""

import base64
import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from finetooth import config, keyfile, upkeep
from finetooth.redaction import FingerprintKey
from finetooth.shardstore import ShardStore, survey

KEY = FingerprintKey(b"k" * 32)
TEXT = base64.b64encode(b"k" * 32).decode()


@pytest.fixture
def settings(tmp_path):
    return config.find(tmp_path)


def states(checks):
    return [(check.name, check.ok, check.needed) for check in checks]


def told(checks):
    """Return all that is said, after looking whether the key is in it."""
    text = json.dumps([(check.name, check.state, check.stops, check.remedy) for check in checks])
    assert TEXT not in text
    return text


def made(settings):
    held = keyfile.resolve({}, None, settings.home)
    return held, settings.home / keyfile.DEFAULT


def test_without_a_key_the_first_run_makes_one_and_looking_does_not(settings, tmp_path):
    held, checks = upkeep.key(settings, {})
    assert (held, states(checks)) == (None, [("key", True, False)])
    assert list(tmp_path.iterdir()) == []


def test_a_new_key_is_as_it_should_be(settings):
    held, _ = made(settings)
    seen, checks = upkeep.key(settings, {})
    assert seen == held
    assert states(checks) == [("key", True, True), ("key file", True, False)]
    assert held.id in told(checks)
    assert held.to_base64() not in told(checks)


def test_a_key_of_the_environment_says_where_it_comes_from(settings):
    held, checks = upkeep.key(settings, {"FINETOOTH_KEY": TEXT})
    assert held == KEY
    assert states(checks) == [("key", True, True)]
    assert "FINETOOTH_KEY" in told(checks)


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o602])
def test_a_key_that_others_can_read_or_change_is_told(settings, mode):
    _, path = made(settings)
    path.chmod(mode)
    held, checks = upkeep.key(settings, {})
    assert held is not None  # it works all the same
    assert ("key file", False, False) in states(checks)
    assert f"has mode {mode:04o}" in told(checks)
    assert f"chmod 600 {path}" in told(checks)


@pytest.mark.parametrize("text", ["c2hvcnQ=", "not base64!", ""])
def test_a_key_that_is_none_is_told_and_never_shown(settings, text):
    _, path = made(settings)
    path.write_text(text)
    held, checks = upkeep.key(settings, {})
    assert (held, states(checks)) == (None, [("key", False, True)])
    assert not text or text not in told(checks)


def test_a_configured_key_that_is_not_there_is_told(tmp_path):
    (tmp_path / "finetooth.toml").write_text('key_file = "team.key"\n')
    held, checks = upkeep.key(config.find(tmp_path), {})
    assert (held, states(checks)) == (None, [("key", False, True)])
    assert "team.key" in told(checks)


def test_a_key_in_git_is_told(tmp_path, git):
    call = git(tmp_path)
    (tmp_path / "finetooth.toml").write_text('key_file = "team.key"\n')
    (tmp_path / "team.key").write_text(TEXT)
    (tmp_path / "team.key").chmod(0o600)
    settings = config.find(tmp_path)
    assert "git does not ignore" in told(upkeep.key(settings, {})[1])
    call("add", "team.key")
    assert "is in git" in told(upkeep.key(settings, {})[1])
    call("rm", "-q", "--cached", "team.key")
    (tmp_path / ".gitignore").write_text("/team.key\n")
    assert states(upkeep.key(settings, {})[1]) == [("key", True, True), ("key file", True, False)]


def test_a_machine_without_git_has_no_key_in_it(settings, monkeypatch):
    made(settings)
    monkeypatch.setenv("PATH", "")
    assert states(upkeep.key(settings, {})[1]) == [("key", True, True), ("key file", True, False)]


# The cache.


def stored(settings, count=3):
    store = ShardStore(settings.store, KEY.mac, "what was looked for")
    names = [store.name(f"shard {number}") for number in range(count)]
    assert all(store.put(name, b"[]") for name in names)
    return [settings.store / name[:2] / name for name in names]


def cache(settings, key=KEY):
    return list(upkeep.cache(settings, key))


def test_an_empty_cache_is_well(settings):
    assert states(cache(settings)) == [("cache", True, False)]


def test_a_cache_tells_how_much_it_holds(settings):
    paths = stored(settings)
    size = sum(path.stat().st_size for path in paths)
    seen = survey(settings.store, KEY.mac)
    assert (seen.entries, seen.bytes, seen.looked_into, seen.foreign, seen.strange) == (3, size, 3, 0, 0)
    assert "3 results" in told(cache(settings))
    assert states(cache(settings)) == [("cache", True, False)]


def test_an_entry_of_another_key_and_one_that_was_changed_are_foreign(settings):
    changed, *_ = stored(settings)
    changed.write_bytes(changed.read_bytes() + b" ")
    assert survey(settings.store, KEY.mac).foreign == 1
    assert survey(settings.store, FingerprintKey(b"x" * 32).mac).foreign == 3
    assert "1 of 3 looked into are of another key, or were changed" in told(cache(settings))
    assert states(cache(settings)) == [("cache", False, False)]


def test_a_file_that_no_scan_wrote_is_told(settings):
    path, *_ = stored(settings)
    (path.parent / "notes.txt").write_text("mine")
    (path.parent / ".half-written").write_text("")
    misplaced = settings.store / "zz"
    misplaced.mkdir()
    (misplaced / path.name).write_bytes(path.read_bytes())
    assert survey(settings.store, KEY.mac).strange == 2
    assert "2 files that no scan wrote" in told(cache(settings))


def test_without_a_key_no_seal_is_tried(settings):
    path, *_ = stored(settings)
    path.write_bytes(b"")
    seen = survey(settings.store, None)
    assert (seen.entries, seen.looked_into, seen.foreign) == (3, 0, 0)


def test_an_entry_that_cannot_be_read_is_told(settings, monkeypatch):
    path, *_ = stored(settings)
    read = type(path).read_bytes

    def refuse(self):
        if self == path:
            raise PermissionError
        return read(self)

    monkeypatch.setattr(type(path), "read_bytes", refuse)  # root reads whatever its mode
    assert survey(settings.store, KEY.mac).unreadable == 1
    assert "1 cannot be read" in told(cache(settings))


def test_a_folder_that_cannot_be_written_is_told(settings, monkeypatch):
    monkeypatch.setattr(upkeep.os, "access", lambda *_: False)  # root writes whatever its mode
    checks = cache(settings)
    assert ("cache", False, False) in states(checks)
    assert "cannot be written" in told(checks)


def private_key():
    made = Ed25519PrivateKey.generate()
    return made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def test_without_a_signing_key_passports_are_not_signed(settings):
    check = upkeep.signing_key(settings, {})
    assert (check.ok, check.needed) == (True, False)
    assert "not signed" in check.state


def test_a_signing_key_is_named_and_not_told(tmp_path):
    text = private_key()
    (tmp_path / "finetooth.toml").write_text('signing_key = "signing.pem"\n')
    (tmp_path / "signing.pem").write_text(text)
    settings = config.find(tmp_path)
    for environment, origin in (({}, "signing.pem"), ({"FINETOOTH_SIGNING_KEY": text}, "FINETOOTH_SIGNING_KEY")):
        check = upkeep.signing_key(settings, environment)
        assert check.ok
        assert check.state.endswith(origin)
        assert not any(line in told([check]) for line in text.splitlines())


def test_a_signing_key_that_is_none_stops_passports_and_is_never_shown(settings):
    check = upkeep.signing_key(settings, {"FINETOOTH_SIGNING_KEY": "c2hvcnQ="})
    assert (check.ok, check.needed) == (False, True)
    assert "c2hvcnQ=" not in told([check])
    assert "FINETOOTH_SIGNING_KEY" in check.state
