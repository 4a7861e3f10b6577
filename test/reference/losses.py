"""The losses of tfjs-layers 4.22, one number a sample, by the formulas of its `losses.ts`."""
import numpy as np
import tensorflow as tf

EPSILON = 1e-7


def mean_of_sample(e):
    """What is left of a sample's axes counts the same: the loss is the mean over all of it."""
    return tf.reduce_mean(tf.reshape(e, [tf.shape(e)[0], -1]), -1)


def hinges(y, p):
    return tf.maximum(tf.constant(0.0, p.dtype), 1 - y * p)


def categorical_crossentropy(y, p):
    p = p / tf.reduce_sum(p, -1, keepdims=True)
    return -tf.reduce_sum(y * tf.math.log(tf.clip_by_value(p, EPSILON, 1 - EPSILON)), -1)


def sparse_categorical_crossentropy(y, p):
    y = tf.one_hot(tf.cast(tf.reshape(y, tf.shape(p)[:-1]), tf.int32), p.shape[-1], dtype=p.dtype)
    return categorical_crossentropy(y, p)


def binary_crossentropy(y, p):
    q = tf.clip_by_value(p, EPSILON, 1 - EPSILON)
    return tf.reduce_mean(-(y * tf.math.log(q) + (1 - y) * tf.math.log(1 - q)), -1)


def categorical_hinge(y, p):
    return tf.maximum(tf.constant(0.0, p.dtype), 1 + tf.reduce_max((1 - y) * p, -1) - tf.reduce_sum(y * p, -1))


def mean_squared_logarithmic_error(y, p):
    a, b = (tf.math.log(1 + tf.maximum(t, tf.constant(EPSILON, t.dtype))) for t in (y, p))
    return tf.reduce_mean(tf.square(b - a), -1)


def unit(a):
    return a / tf.sqrt(tf.maximum(tf.reduce_sum(tf.square(a), -1, keepdims=True), tf.constant(EPSILON, a.dtype)))


def kullback_leibler(y, p):
    a, b = tf.clip_by_value(y, EPSILON, 1.0), tf.clip_by_value(p, EPSILON, 1.0)
    return tf.reduce_sum(y * tf.math.log(a / b), -1)


LOSSES = dict(
    meanSquaredError=lambda y, p: tf.reduce_mean(tf.square(p - y), -1),
    meanAbsoluteError=lambda y, p: tf.reduce_mean(tf.abs(p - y), -1),
    meanAbsolutePercentageError=lambda y, p: 100 * tf.reduce_mean(tf.abs((y - p) / tf.maximum(tf.abs(y), EPSILON)), -1),
    meanSquaredLogarithmicError=mean_squared_logarithmic_error,
    squaredHinge=lambda y, p: tf.reduce_mean(tf.square(hinges(y, p)), -1),
    hinge=lambda y, p: tf.reduce_mean(hinges(y, p), -1),
    categoricalHinge=categorical_hinge,
    logcosh=lambda y, p: tf.reduce_mean(p - y + tf.math.softplus(-2.0 * (p - y)) - np.log(2.0), -1),
    categoricalCrossentropy=categorical_crossentropy,
    sparseCategoricalCrossentropy=sparse_categorical_crossentropy,
    binaryCrossentropy=binary_crossentropy,
    kullbackLeiblerDivergence=kullback_leibler,
    poisson=lambda y, p: tf.reduce_mean(p - y * tf.math.log(p + EPSILON), -1),
    cosineProximity=lambda y, p: -tf.reduce_sum(unit(y) * unit(p), -1),
)


def per_sample_loss(name, y, p):
    return mean_of_sample(LOSSES[name](y, p))
