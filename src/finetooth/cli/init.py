"""``finetooth init``: a configuration to begin with, every setting explained, none of them changed."""

from __future__ import annotations

from pathlib import Path

from finetooth.cli.options import PolicyOption

_NEXT = """\
Next:
  finetooth scan DATA      may this data be trained on?
  finetooth hook FILES     what a commit adds, before it is made; docs/hook.md has the lines for .pre-commit-config.yaml
"""


def init(policy: PolicyOption = None) -> None:
    """Write a finetooth.toml in which every setting is explained, and keep .finetooth out of git."""
    from finetooth import config, policyfile, runfolder, settingsfile
    from finetooth.cli.screen import tell
    from finetooth.errors import UsageError
    from finetooth.printable import printable

    if policy is not None:
        policyfile.load(policy)
    path = Path.cwd() / config.OWN_FILE
    if (known := config.stated_in(Path.cwd())) is not None:
        what = "already configures finetooth"
        if known != path:
            what += f" under [tool.finetooth], which a {config.OWN_FILE} beside it would hide"
        raise UsageError(f"{known}: {what}; edit that file")
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(settingsfile.text(policy))
    except OSError as error:
        raise UsageError(f"{path}: cannot be written ({error.strerror})") from error
    runfolder.create(config.OWN_FOLDER)
    runfolder.keep_out_of_git(config.OWN_FOLDER)
    set_ = f"the policy is {policy}" if policy is not None else "every setting is the default"
    tell(
        printable(f"Wrote {path.name} ({set_}); git ignores what runs leave in {config.OWN_FOLDER}/.") + "\n\n" + _NEXT
    )
