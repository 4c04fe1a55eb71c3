import sys

import pytest


@pytest.fixture(scope="session", autouse=True)
def _one_thread():
    """What is tiny gains nothing by a second thread, and waits for it where cores are shared."""
    torch = sys.modules.get("torch")
    if torch is None:  # no test here needs it
        yield
        return
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """A saved model of random weights."""
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    from targets.tiny import save

    return save(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="session")
def target(folder):
    from finetooth.targets.resolve import resolve

    return resolve(str(folder))[0]
