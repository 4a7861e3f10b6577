"""What the case files share: data drawn from a generator of the case's own, so that a new case changes no other."""
import zlib

import numpy as np
import tensorflow as tf

L, M = tf.keras.layers, tf.keras.Model


class Draw:
    def __init__(self, case):
        self.rng = np.random.default_rng(zlib.crc32(case.encode()))

    def normal(self, *shape):
        return self.rng.standard_normal(shape)

    def uniform(self, low, high, *shape):
        return self.rng.uniform(low, high, shape)

    def integers(self, below, *shape):
        return self.rng.integers(0, below, shape)

    def classes(self, batch, count):
        return np.eye(count)[self.integers(count, batch)]


def seq(*layers):
    return tf.keras.Sequential(list(layers))


def near(mean, deviation=0.1):
    """An initializer that leaves no weight at the value where its derivatives are special (0, 1)."""
    return tf.keras.initializers.RandomNormal(mean, deviation)


def biased(**more):
    return dict(bias_initializer=near(0), **more)


def batch_norm(name, **more):
    return L.BatchNormalization(
        name=name, gamma_initializer=near(1), beta_initializer=near(0), moving_mean_initializer=near(0),
        moving_variance_initializer=tf.keras.initializers.RandomUniform(0.5, 1.5), **more)


def layer_norm(name, **more):
    return L.LayerNormalization(name=name, gamma_initializer=near(1), beta_initializer=near(0), **more)


# TensorFlow has no float64 kernels for pools over three axes: these take the places of a window, each a strided slice.
def places_of_windows(pool, x, outside):
    if pool.padding == "same":
        missing = [max((-(-n // s) - 1) * s + p - n, 0) for n, p, s in zip(x.shape[1:4], pool.pool_size, pool.strides)]
        x = tf.pad(x, [[0, 0], *([m // 2, m - m // 2] for m in missing), [0, 0]], constant_values=outside)
    spans = [(n - p) // s * s + 1 for n, p, s in zip(x.shape[1:4], pool.pool_size, pool.strides)]
    return tf.stack([
        x[:, a:a + spans[0]:pool.strides[0], b:b + spans[1]:pool.strides[1], c:c + spans[2]:pool.strides[2]]
        for a, b, c in np.ndindex(*pool.pool_size)])


def average_pool_3d(pool, x):
    inside = tf.reduce_sum(places_of_windows(pool, tf.ones_like(x), 0), 0)
    return tf.reduce_sum(places_of_windows(pool, x, 0), 0) / inside


L.MaxPooling3D.call = lambda pool, x: tf.reduce_max(places_of_windows(pool, x, -1e9), 0)
L.AveragePooling3D.call = average_pool_3d
