"""The subjects in JAX: pure functions of TensorFlow.js' weights, in their order and layouts."""

import jax
import jax.numpy as jnp

EPSILON = 1e-3


def conv(x, w, stride=1, padding="SAME"):
    return jax.lax.conv_general_dilated(x, w, (stride, stride), padding, dimension_numbers=("NHWC", "HWIO", "NHWC"))


def max_pool(x):
    return jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")


def normalize(x, axes, gamma, beta):
    mean, variance = x.mean(axes, keepdims=True), x.var(axes, keepdims=True)
    return (x - mean) * jax.lax.rsqrt(variance + EPSILON) * gamma + beta


def cnn(w, x, options):
    x = max_pool(jax.nn.relu(conv(x, w[0], padding="VALID") + w[1]))
    x = max_pool(jax.nn.relu(conv(x, w[2], padding="VALID") + w[3]))
    x = jax.nn.relu(x.reshape(x.shape[0], -1) @ w[4] + w[5])
    return x @ w[6] + w[7]


def mlp(w, x, options):
    for kernel, bias in zip(w[:-2:2], w[1:-2:2]):
        x = jax.nn.relu(x @ kernel + bias)
    return x @ w[-2] + w[-1]


def resnet(w, x, options):
    weights = iter(w)

    def conv_norm(x, stride=1):
        return normalize(conv(x, next(weights), stride), (0, 1, 2), next(weights), next(weights))

    x = jax.nn.relu(conv_norm(x))
    for filters in (16, 32, 64):
        for i in range(3):
            stride = 2 if i == 0 and filters > 16 else 1
            y = conv_norm(jax.nn.relu(conv_norm(x, stride)))
            x = jax.nn.relu(y + (conv_norm(x, stride) if stride == 2 else x))
    return x.mean((1, 2)) @ next(weights) + next(weights)


def lstm(w, x, options):
    kernel, recurrent, bias, dense, dense_bias = w
    zeros = jnp.zeros((x.shape[0], recurrent.shape[0]))

    def step(state, x_t):
        h, c = state
        i, f, g, o = jnp.split(x_t @ kernel + h @ recurrent + bias, 4, -1)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        return (jax.nn.sigmoid(o) * jnp.tanh(c), c), None

    (h, _), _ = jax.lax.scan(step, (zeros, zeros), x.swapaxes(0, 1))
    return h @ dense + dense_bias


def transformer(w, x, options):
    weights = iter(w)

    def dense(x):
        return x @ next(weights) + next(weights)

    x, attended = dense(x), []
    for _ in range(options["heads"]):
        q, k, v = dense(x), dense(x), dense(x)
        attended.append(jax.nn.softmax(q @ k.swapaxes(1, 2) / q.shape[-1] ** 0.5) @ v)
    x = normalize(x + dense(jnp.concatenate(attended, -1)), (-1,), next(weights), next(weights))
    x = normalize(x + dense(jax.nn.relu(dense(x))), (-1,), next(weights), next(weights))
    return dense(x.mean(1))


NETWORKS = {"cnn": cnn, "mlp": mlp, "resnet": resnet, "lstm": lstm, "transformer": transformer}
