import base64
import stat

import pytest

from finetooth import keyfile
from finetooth.errors import KeyMismatchError

TEXT = base64.b64encode(b"k" * 32).decode()


def test_a_key_is_made_on_first_use_and_kept(tmp_path):
    made = keyfile.resolve({}, None, tmp_path)
    assert keyfile.resolve({}, None, tmp_path) == made


def test_a_new_key_is_private_and_out_of_git(tmp_path):
    keyfile.resolve({}, None, tmp_path)
    assert stat.S_IMODE((tmp_path / ".finetooth" / "key").stat().st_mode) == 0o600
    assert (tmp_path / ".finetooth" / ".gitignore").read_text() == "*\n"
    assert sorted(path.name for path in (tmp_path / ".finetooth").iterdir()) == [".gitignore", "key"]


def test_the_environment_wins(tmp_path):
    made = keyfile.resolve({}, None, tmp_path)
    assert keyfile.resolve({"FINETOOTH_KEY": TEXT}, None, tmp_path) != made


def test_a_configured_file_is_used_and_never_made(tmp_path):
    path = tmp_path / "team.key"
    with pytest.raises(KeyMismatchError, match=r"team\.key"):
        keyfile.resolve({}, path, tmp_path)
    path.write_text(TEXT)
    assert keyfile.resolve({}, path, tmp_path).to_base64() == TEXT


@pytest.mark.parametrize("text", ["c2hvcnQ=", "not base64!", "é"])
def test_a_malformed_key_names_its_place_and_never_shows_itself(tmp_path, text):
    (tmp_path / "team.key").write_text(text)
    with pytest.raises(KeyMismatchError, match=r"team\.key") as error:
        keyfile.resolve({}, tmp_path / "team.key", tmp_path)
    assert text not in str(error.value)
