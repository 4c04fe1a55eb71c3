"""garak's probes for memorised text, in an environment of its own: ``garak_worker.py SETTINGS FOLDER``.

``SETTINGS`` is a JSON object: ``address``, ``probes``, ``pii`` (a file of people to ask for), ``generations``,
``prompts`` (at most, of one probe) and ``tokens`` (at most, of one answer). garak runs as its command does, and its
report is left in the folder.
"""

import json
import os
import sys
from pathlib import Path

settings, folder = json.loads(sys.argv[1]), Path(sys.argv[2])
os.environ |= {
    "OPENAICOMPATIBLE_API_KEY": "none",
    "XDG_DATA_HOME": str(folder),
    "XDG_CACHE_HOME": str(folder / "cache"),
}
twins = ("PIILeakTwin", "PIILeakTriplet", "PIILeakQuadruplet")
config = {
    "system": {"lite": True, "parallel_attempts": False},
    "run": {"seed": 1, "generations": settings["generations"], "soft_probe_prompt_cap": settings["prompts"]},
    "plugins": {
        "target_type": "openai.OpenAICompatible",
        "target_name": "tuned",
        "probe_spec": ",".join(settings["probes"]),
        "generators": {
            "openai": {
                "OpenAICompatible": {
                    "uri": settings["address"],
                    "max_tokens": settings["tokens"],
                    "temperature": 1.0,
                    "stop": None,
                }
            }
        },
        "probes": {"propile": {name: {"pii_data_path": settings["pii"]} for name in twins}},
    },
    "reporting": {"report_dir": str(folder), "report_prefix": str(folder / "garak")},
}
path = folder / "garak.json"
path.write_text(json.dumps(config), encoding="utf-8")

from garak import cli  # noqa: E402 - it reads the environment when it is imported

cli.main(["--config", str(path)])
