"""PyTorch (eager, float32) on the subjects that run.ts wrote: gradient, products and training steps.

    python3 torch_on_gpu.py FOLDER OUT.json [seconds a measure]
"""

import json
import os
import statistics
import sys
import time
from pathlib import Path

os.environ["NVIDIA_TF32_OVERRIDE"] = "0"
import torch
import torch.nn.functional as F

here = Path(__file__).parent
for peers in (here / "peers", here.parent / "peers"):
    sys.path.insert(0, str(peers))
import torch_networks
from subject_data import read

folder, out = Path(sys.argv[1]), Path(sys.argv[2])
budget = float(sys.argv[3]) if len(sys.argv) > 3 else 0.3
device = "cuda" if torch.cuda.is_available() else "cpu"
torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
sync = torch.cuda.synchronize if device == "cuda" else (lambda: None)


def median(run):
    for _ in range(3):
        run()
    sync()
    times, began = [], time.perf_counter()
    while len(times) < 3 or (time.perf_counter() - began < budget and len(times) < 200):
        start = time.perf_counter()
        run()
        sync()
        times.append(1000 * (time.perf_counter() - start))
    return round(statistics.median(times), 3)


results = {"": {"PyTorch": f"{torch.__version__} on {device}"}}
for index in sorted(folder.glob("*/subject.json")):
    data = read(json.loads(index.read_text()))
    row = results[index.parent.name] = {}
    model = torch_networks.build(data).train().to(device)
    x, y = torch_networks.inputs_of(data).to(device), torch.from_numpy(data.labels).long().to(device)
    params = [p for p in model.parameters() if p.requires_grad]
    v = [torch_networks.to_torch(data.name, i, a).to(device) for i, a in enumerate(data.direction)]
    with torch.no_grad():
        for i, (p, array) in enumerate(zip(params, data.weights, strict=True)):
            p.copy_(torch_networks.to_torch(data.name, i, array))

    def loss():
        return F.cross_entropy(model(x), y)

    def from_nothing():
        gradients = torch.autograd.grad(loss(), params, create_graph=True)
        torch.autograd.grad(gradients, params, v)

    def step(penalized=()):
        optimizer = torch.optim.Adam(params, 0.0)

        def run():
            optimizer.zero_grad()
            value = loss()
            if penalized:
                gradients = torch.autograd.grad(value, params, create_graph=True)
                for layer in penalized:
                    places = data.layers[layer]
                    block = [params[i] for i in places]
                    probe = [torch.randint(0, 2, p.shape, device=device).float() * 2 - 1 for p in block]
                    hv = torch.autograd.grad([gradients[i] for i in places], block, probe, create_graph=True)
                    value = value + 1e-4 * sum((a * b).sum() for a, b in zip(hv, probe))
            value.backward()
            optimizer.step()
            value.item()

        return run

    try:
        held = torch.autograd.grad(loss(), params, create_graph=True)
        tasks = {
            "H v held": lambda: torch.autograd.grad(held, params, v, retain_graph=True),
            # Steps change what the held product reads.
            "step": step(),
            "gradient": lambda: torch.autograd.grad(loss(), params),
            "H v, from nothing": from_nothing,
            "step, penalty on all layers": step(range(len(data.layers))),
        }
    except Exception as error:
        row["error"] = f"{type(error).__name__}: {str(error).splitlines()[0][:160]}"
        continue
    for task, run in tasks.items():
        try:
            row[task] = median(run)
        except Exception as error:
            row[task] = f"{type(error).__name__}: {str(error).splitlines()[0][:160]}"
    print(index.parent.name, row, flush=True)
    out.write_text(json.dumps(results, indent=1))
