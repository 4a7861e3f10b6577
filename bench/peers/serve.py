"""A peer that runs one repetition of one task whenever it is asked to: requests and answers are lines of JSON.

    python serve.py torch|jax

A request is {"do": "prepare", "subject": …}, {"do": "run", "task": …} or {"do": "tasks"}; what a task takes is measured here, so that
the way of the question and the answer does not count.
"""

import importlib
import json
import os
import sys
import time
import traceback

THREADS = os.environ.get("BENCH_THREADS", str(os.cpu_count()))
os.environ.setdefault("OMP_NUM_THREADS", THREADS)


def main(name: str) -> None:
    # What libraries print is not an answer.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    peer = None
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if request["do"] == "prepare":
                peer = importlib.import_module(f"{name}_peer") if peer is None else peer
                answer = peer.prepare(request["subject"])
            elif request["do"] == "versions":
                peer = importlib.import_module(f"{name}_peer") if peer is None else peer
                answer = {"versions": peer.VERSIONS}
            elif request["do"] == "cpu":
                answer = {"seconds": time.process_time()}
            else:
                task = peer.TASKS[request["task"]]
                began = time.perf_counter()
                value = task(**request.get("args", {}))
                answer = {"milliseconds": 1000 * (time.perf_counter() - began), "value": value}
        except Exception as error:  # The harness says which task a peer cannot do, and goes on.
            traceback.print_exc()
            answer = {"error": f"{type(error).__name__}: {error}".splitlines()[0][:300]}
        answers.write(json.dumps(answer) + "\n")


main(sys.argv[1])
