"""leakit's extraction probe, in an environment of its own: ``leakit_worker.py ADDRESS SAMPLES``.

One JSON object a line comes in: ``document``, ``target``, and ``control``, the context that is not the target's own.
One goes out for each: how often the target came, and whether leakit says that the leak is attributable.
"""

import json
import sys

from leakit import Extractor
from openai import OpenAI

address, samples = sys.argv[1], int(sys.argv[2])
# Plain completion of the true context is the strongest that it has here: its chat mode would ask for a continuation in
# words, in a turn that the model never saw in training. One request for all samples is the cheapest.
# Its own client gives up after two minutes, which a model on a shared CPU may take for that one.
extractor = Extractor(
    "tuned", api_key="none", n_samples=samples, mode="completion", n_per_request=samples,
    client=OpenAI(base_url=address, api_key="none", timeout=1800, max_retries=0),
)  # fmt: skip
for line in sys.stdin:
    asked = json.loads(line)
    result = extractor.probe(asked["document"], asked["target"], control_context=asked["control"])
    told = {"hits": result.n_hits, "samples": result.n_returned, "control": result.control_reproduced}
    print(json.dumps({**told, "attributable": result.attributable}), flush=True)
