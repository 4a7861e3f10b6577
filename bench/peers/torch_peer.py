"""What PyTorch and the tools that are built on it take for the same work."""

from importlib.metadata import version

import pyhessian
import torch
import torch.nn.functional as F
from curvlinops import HessianLinearOperator

import torch_networks
from subject_data import read

PACKAGES = {"PyTorch": "torch", "curvlinops": "curvlinops-for-pytorch", "PyHessian": "PyHessian"}
VERSIONS = {name: version(package) for name, package in PACKAGES.items()}


def symmetric_eig(matrix, eigenvectors=True):
    """`torch.eig`, the one call of PyHessian that PyTorch has removed, for the symmetric matrices that it is called with."""
    values, vectors = torch.linalg.eigh(matrix)
    return torch.stack([values, torch.zeros_like(values)], 1), vectors


torch.eig = symmetric_eig


class Subject:
    def __init__(self, data):
        self.data = data
        self.model = torch_networks.build(data).train()
        self.x, self.y = torch_networks.inputs_of(data), torch.from_numpy(data.labels).long()
        self.params = [p for p in self.model.parameters() if p.requires_grad]
        self.v = [torch_networks.to_torch(data.name, i, a) for i, a in enumerate(data.direction)]
        with torch.no_grad():
            for i, (p, array) in enumerate(zip(self.params, data.weights, strict=True)):
                p.copy_(torch_networks.to_torch(data.name, i, array))
        self.v8 = [torch.randn(8, *p.shape) for p in self.params]
        self.names = [n for n, p in self.model.named_parameters() if p.requires_grad]
        self.held = None
        self.curvlinops = None
        self.optimizers = {}
        self.compiled = None

    def loss(self):
        return F.cross_entropy(self.model(self.x), self.y)

    def compiled_loss(self):
        if self.compiled is None:
            self.compiled = torch.compile(self.model)
        return F.cross_entropy(self.compiled(self.x), self.y)

    def hold(self):
        if self.held is None:
            self.held = torch.autograd.grad(self.loss(), self.params, create_graph=True)
        return self.held

    def functional(self):
        rest = {n: p for n, p in self.model.named_parameters() if not p.requires_grad}
        rest |= dict(self.model.named_buffers())

        def loss(params):
            return F.cross_entropy(torch.func.functional_call(self.model, (params, rest), (self.x,)), self.y)

        return loss


subject: Subject


def prepare(request):
    global subject
    subject = Subject(read(request))
    hv = torch.autograd.grad(subject.hold(), subject.params, subject.v, retain_graph=True)
    return {
        "loss": subject.loss().item(),
        "curvature": sum((a.double() * b.double()).sum().item() for a, b in zip(hv, subject.v)),
    }


def gradient():
    torch.autograd.grad(subject.loss(), subject.params)


def product_held():
    torch.autograd.grad(subject.hold(), subject.params, subject.v, retain_graph=True)


def product():
    gradients = torch.autograd.grad(subject.loss(), subject.params, create_graph=True)
    torch.autograd.grad(gradients, subject.params, subject.v)


def products_held():
    """Eight at once."""
    torch.autograd.grad(subject.hold(), subject.params, subject.v8, retain_graph=True, is_grads_batched=True)


def product_func():
    loss = subject.functional()
    params = {n: p.detach() for n, p in zip(subject.names, subject.params)}
    torch.func.jvp(torch.func.grad(loss), (params,), (dict(zip(subject.names, subject.v)),))


def product_curvlinops():
    if subject.curvlinops is None:
        batch = [(subject.x, subject.y)]
        model = subject.model
        subject.curvlinops = HessianLinearOperator(
            model, torch.nn.CrossEntropyLoss(), subject.params, batch, check_deterministic=False
        )
    subject.curvlinops @ subject.v


def training_step(penalized: list[int], compiled: bool = False):
    """Adam's step on the loss, and on the Hutchinson estimates of the traces of these layers' blocks.

    With `compiled`, the model is one of torch.compile, whose second derivatives PyTorch does not have.
    """
    key = tuple(penalized)
    if key not in subject.optimizers:
        subject.optimizers[key] = torch.optim.Adam(subject.params, 1e-3)
    optimizer = subject.optimizers[key]
    optimizer.zero_grad()
    loss = subject.compiled_loss() if compiled else subject.loss()
    if penalized:
        gradients = torch.autograd.grad(loss, subject.params, create_graph=True)
        for layer in penalized:
            places = subject.data.layers[layer]
            block = [subject.params[i] for i in places]
            v = [torch.randint(0, 2, p.shape).float() * 2 - 1 for p in block]
            hv = torch.autograd.grad([gradients[i] for i in places], block, v, create_graph=True)
            loss = loss + 1e-4 * sum((a * b).sum() for a, b in zip(hv, v))
    loss.backward()
    optimizer.step()


def pyhessian_report(layer: int | None):
    """Top 2, density of 100 steps and a trace of 100 probes of one block, or of the network (`null`)."""
    places = range(len(subject.params)) if layer is None else subject.data.layers[layer]
    for i, p in enumerate(subject.params):
        p.requires_grad_(i in places)
        p.grad = None
    try:
        # It lists a model's parameters by whether they require a gradient, and so sees this block alone.
        report = pyhessian.hessian(subject.model, torch.nn.CrossEntropyLoss(), data=(subject.x, subject.y), cuda=False)
        values, _ = report.eigenvalues(top_n=2, tol=1e-3)
        nodes, _ = report.density(iter=100, n_v=1)
        trace = report.trace(maxIter=100, tol=-float("inf"))
        return {"top": values, "trace": sum(trace) / len(trace), "largest": float(max(nodes[0]))}
    finally:
        subject.model.train()
        for p in subject.params:
            p.requires_grad_(True)
            p.grad = None


TASKS = {
    "gradient": gradient,
    "product held": product_held,
    "product": product,
    "products held": products_held,
    "product by torch.func": product_func,
    "product by curvlinops": product_curvlinops,
    "training step": training_step,
    "PyHessian's report": pyhessian_report,
}
