"""What JAX takes for the same work, everything jitted."""

import jax
import jax.numpy as jnp

from jax_networks import NETWORKS
from subject_data import read

VERSIONS = {"JAX": jax.__version__}
jax.config.update("jax_platforms", "cpu")

weights = direction = gradient_of = product_of = held = None


def prepare(request):
    global weights, direction, gradient_of, product_of, held
    data = read(request)
    network, x, y = NETWORKS[data.name], jnp.asarray(data.inputs), jnp.asarray(data.labels)
    weights, direction = [jnp.asarray(w) for w in data.weights], [jnp.asarray(v) for v in data.direction]

    def loss(w):
        logits = jax.nn.log_softmax(network(w, x, data.options))
        return -jnp.take_along_axis(logits, y[:, None], 1).mean()

    gradient_of = jax.jit(jax.grad(loss))
    product_of = jax.jit(lambda w, v: jax.jvp(jax.grad(loss), (w,), (v,))[1])
    # The linear map holds the values that it needs; it is compiled as it is.
    held = jax.jit(jax.linearize(jax.grad(loss), weights)[1])
    hv = product_of(weights, direction)
    return {"loss": float(loss(weights)), "curvature": float(sum((a * b).sum() for a, b in zip(hv, direction)))}


def gradient():
    jax.block_until_ready(gradient_of(weights))


def product():
    jax.block_until_ready(product_of(weights, direction))


def product_held():
    jax.block_until_ready(held(direction))


TASKS = {"gradient": gradient, "product": product, "product held": product_held}
