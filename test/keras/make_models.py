"""Small models of Keras 2 and 3 as the official converter writes them, with the loss and the Hessian's trace that Keras computes.

Usage: make_models.py [NAME…]      Writes models.json.gz beside this file; with names, makes those cases anew.
See README.md for the packages. Losses and gradients are computed in float64 with the float32 weights that are saved.
"""
import base64, gzip, json, os, sys, tempfile, types, warnings
from os.path import dirname, join

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["KERAS_BACKEND"] = "tensorflow"
warnings.filterwarnings("ignore")
import numpy as np
import tensorflow as tf
import keras, tf_keras

# The converter imports these for conversions that are not used here.
for name in ("tensorflow_decision_forests", "tensorflow_hub", "jax", "jax.experimental", "jax.experimental.jax2tf", "flax"):
    sys.modules[name] = types.ModuleType(name)
sys.modules["jax.experimental"].jax2tf = sys.modules["jax.experimental.jax2tf"]
from tensorflowjs.converters import converter


def moments(x, axes, shift=None, keepdims=False, name=None):
    """TensorFlow's own puts a `stop_gradient` into the variance, which is wrong in second derivatives."""
    mean = tf.reduce_mean(x, axes, keepdims=True)
    variance = tf.reduce_mean(tf.math.squared_difference(x, mean), axes, keepdims=True)
    return (mean, variance) if keepdims else (tf.squeeze(mean, axes), tf.squeeze(variance, axes))


for api in (tf, tf.compat.v2, tf.compat.v1):
    api.nn.moments = moments

def pool_volumes(original, reduce):
    """TensorFlow pools volumes in float32 alone."""
    def pool(x, ksize, strides, padding, *more, **named):
        if len(x.shape) != 5 or x.dtype != tf.float64:
            return original(x, ksize, strides, padding, *more, **named)
        size, step = (list(v)[-4:-1] if len(v) == 5 else list(v) for v in (ksize, strides))
        patches = tf.extract_volume_patches(x, [1, *size, 1], [1, *step, 1], padding)
        return reduce(tf.reshape(patches, [tf.shape(patches)[0], *patches.shape[1:4], np.prod(size), x.shape[4]]), axis=4)
    return pool


def resize(original):
    """TensorFlow resizes to float32 alone, and its second derivative is wrong. Both are done here by a matrix an axis."""
    def matrix(old, new):
        old, new = tf.cast(old, tf.float64), tf.cast(new, tf.float64)
        at = tf.clip_by_value((tf.range(new) + 0.5) * old / new - 0.5, 0.0, old - 1)
        return tf.maximum(tf.constant(0, tf.float64), 1 - tf.abs(at[:, None] - tf.range(old)[None, :]))

    def resized(images, size, method="bilinear", *more, **named):
        if images.dtype != tf.float64 or method != "bilinear":
            return original(images, size, method, *more, **named)
        old = tf.shape(images)
        return tf.einsum("ah,bw,nhwc->nabc", matrix(old[1], size[0]), matrix(old[2], size[1]), images)
    return resized


for api in (tf, tf.compat.v2, tf.compat.v1):
    for name, reduce in (("max_pool", tf.reduce_max), ("avg_pool", tf.reduce_mean), ("max_pool3d", tf.reduce_max), ("avg_pool3d", tf.reduce_mean)):
        setattr(api.nn, name, pool_volumes(getattr(api.nn, name), reduce))
    api.image.resize = resize(api.image.resize)


def resizing(self, inputs):
    """Keras 2 casts images to float32 first."""
    images = tf.cast(inputs, self.compute_dtype)
    return tf.cast(tf.image.resize(images, [self.height, self.width], method=self._interpolation_method), self.compute_dtype)


tf_keras.layers.Resizing.call = resizing
tf.config.threading.set_intra_op_parallelism_threads(1)
tf.config.threading.set_inter_op_parallelism_threads(1)

CASES = []
ROWS = 5
# Whether every trace is compared with TensorFlow's own second derivatives, which takes much longer.
CHECK = "CHECK" in os.environ


class Case:
    def __init__(self, name, layers, shape=None, model=None, loss="categorical_crossentropy", targets=None, training=False,
                 integers=0, refused=None, keras=(2, 3), masked=False, loss_weights=None, zeros=0, fit=False, own=False):
        self.name, self.layers, self.shape, self.model, self.loss, self.targets = name, layers, shape, model, loss, targets
        self.training, self.integers, self.refused, self.keras, self.masked = training, integers, refused, keras, masked
        self.loss_weights, self.zeros, self.fit = loss_weights, zeros, fit
        # What needs a module of the user's is refused without it, and has its numbers with it.
        self.own = own
        CASES.append(self)

    def build(self, K):
        if self.model is not None:
            return self.model(K, K.layers)
        stack = self.layers(K.layers) if callable(self.layers) else self.layers
        return K.Sequential([K.Input(shape=self.shape)] + stack, name="model")


def vector(name, layers, units=3, **more):
    """Layers on vectors of four numbers, behind a dense layer and before another."""
    return Case(name, lambda L: [L.Dense(4, name="first"), *layers(L), L.Dense(units, activation="softmax", name="last")], (4,), **more)


def sequence(name, layers, last=True, **more):
    """Layers on five steps of two numbers."""
    head = lambda L: [L.Dense(3, activation="softmax", name="last")] if last else []
    return Case(name, lambda L: [*layers(L), *head(L)], (5, 2), **more)


def image(name, layers, size=(6, 6, 2), flatten=True, **more):
    head = lambda L: ([L.Flatten()] if flatten else []) + [L.Dense(3, activation="softmax", name="last")]
    return Case(name, lambda L: [*layers(L), *head(L)], size, **more)


def tokens(name, layers, masked=True, last=True, **more):
    """Layers on an embedding of seven tokens, zeros at the end or anywhere."""
    head = lambda L: [L.Dense(3, activation="softmax", name="last")] if last else []
    return Case(name, lambda L: [L.Embedding(5, 2, mask_zero=masked, name="tokens"), *layers(L), *head(L)], (7,), integers=5, masked=masked, **more)


# Activations, by name and as layers.
for a in ("elu selu relu relu6 linear sigmoid hard_sigmoid softplus softsign tanh softmax log_softmax gelu mish swish silu exponential "
          "leaky_relu hard_silu hard_swish hard_tanh log_sigmoid tanh_shrink soft_shrink hard_shrink celu squareplus sparse_plus "
          "sparse_sigmoid").split():
    vector("activation " + a, lambda L, a=a: [L.Dense(3, activation=a)])
for a in ("glu", "sparsemax", "threshold"):
    vector("activation " + a, lambda L, a=a: [L.Dense(4, activation=a)], refused=a)
vector("Activation hard_sigmoid", lambda L: [L.Activation("hard_sigmoid")])
vector("Activation gelu", lambda L: [L.Activation("gelu")])
vector("ReLU", lambda L: [L.ReLU()])
vector("ReLU max_value", lambda L: [L.ReLU(max_value=0.8)])
vector("ReLU negative_slope", lambda L: [L.ReLU(negative_slope=0.15)])
vector("ReLU max_value, negative_slope, threshold", lambda L: [L.ReLU(max_value=1.0, negative_slope=0.15, threshold=0.2)])
vector("LeakyReLU", lambda L: [L.LeakyReLU(0.17)])
vector("ELU", lambda L: [L.ELU()])
vector("ELU alpha", lambda L: [L.ELU(alpha=0.6)])
vector("PReLU", lambda L: [L.PReLU()])
image("PReLU shared_axes", lambda L: [L.Conv2D(2, 3), L.PReLU(shared_axes=[1, 2])])
vector("Softmax", lambda L: [L.Softmax()])
sequence("Softmax axis", lambda L: [L.Dense(3), L.Softmax(axis=1), L.Flatten()])
sequence("Softmax axes", lambda L: [L.Dense(3), L.Softmax(axis=[1, 2]), L.Flatten()])
vector("ThresholdedReLU", lambda L: [L.ThresholdedReLU(theta=0.3)])

# Core.
vector("Dense use_bias", lambda L: [L.Dense(3, use_bias=False)])
sequence("Dense on sequences", lambda L: [L.Dense(3, activation="tanh"), L.Flatten()])
vector("Dropout", lambda L: [L.Dropout(0.3)])
vector("GaussianNoise", lambda L: [L.GaussianNoise(0.3)])
vector("GaussianDropout", lambda L: [L.GaussianDropout(0.3)])
vector("AlphaDropout", lambda L: [L.AlphaDropout(0.3)])
sequence("SpatialDropout1D", lambda L: [L.Dense(3), L.SpatialDropout1D(0.3), L.Flatten()])
image("SpatialDropout2D", lambda L: [L.Conv2D(2, 3), L.SpatialDropout2D(0.3)])
sequence("Flatten", lambda L: [L.Dense(3, activation="tanh"), L.Flatten()])
image("Flatten channels_first", lambda L: [L.Conv2D(2, 3, activation="tanh"), L.Flatten(data_format="channels_first")], flatten=False)
vector("RepeatVector", lambda L: [L.RepeatVector(3), L.LSTM(2)])
vector("Reshape", lambda L: [L.Reshape((2, 2)), L.Dense(2, activation="tanh"), L.Reshape((4,))])
vector("Reshape -1", lambda L: [L.Reshape((-1, 2)), L.Dense(2, activation="tanh"), L.Reshape((-1,))])
sequence("Permute", lambda L: [L.Permute((2, 1)), L.Dense(3, activation="tanh"), L.Flatten()])
vector("ActivityRegularization", lambda L: [L.ActivityRegularization(l1=0.1, l2=0.2)])
vector("Identity", lambda L: [L.Identity()])
vector("Lambda", lambda L: [L.Lambda(lambda x: x * x, name="square")], refused="Lambda", own=True)
for r in ("l1", "l2", "l1_l2"):
    vector("regularizer " + r, lambda L, r=r: [L.Dense(3, kernel_regularizer=r, bias_regularizer=r, activity_regularizer=r)])
vector("regularizer orthogonal", lambda L: [L.Dense(3, kernel_regularizer="orthogonal_regularizer")])
vector("constraints and initializers", lambda L: [L.Dense(3, kernel_constraint="max_norm", bias_constraint="non_neg", kernel_initializer="he_normal", bias_initializer="random_normal"),
                                                 L.Dense(3, kernel_constraint="unit_norm", kernel_initializer="orthogonal", bias_initializer="truncated_normal"),
                                                 L.Dense(3, kernel_initializer="lecun_uniform", kernel_constraint="min_max_norm"), L.Dense(3, kernel_initializer="identity")])

def scale(L):
    class Scale(L.Layer):
        def __init__(self, shift_by, **more):
            super().__init__(**more)
            self.shift_by = shift_by

        def build(self, shape):
            self.factor = self.add_weight(name="factor", shape=(shape[-1],), initializer="ones")

        def call(self, x):
            return x * self.factor + self.shift_by

        def get_config(self):
            return {**super().get_config(), "shift_by": self.shift_by}
    return Scale(0.3)


vector("a layer of one's own", lambda L: [scale(L), L.Activation("tanh")], refused="Scale", own=True)

# Merges.
def merge(name, make, inputs=2, shape=(4,), sequences=False, **more):
    def build(K, L):
        x = K.Input(shape=shape, name="input")
        parts = [L.Dense(3, activation="tanh", name="part_%d" % i)(x) for i in range(inputs)]
        h = make(L)(parts)
        h = L.Flatten()(h) if len(h.shape) > 2 else h
        return K.Model(x, L.Dense(3, activation="softmax", name="last")(h), name="model")
    return Case(name, None, shape, build, **more)

for m in ("Add", "Multiply", "Average", "Maximum", "Minimum"):
    merge(m, lambda L, m=m: getattr(L, m)(), 3)
merge("Subtract", lambda L: L.Subtract())
merge("Concatenate", lambda L: L.Concatenate())
merge("Concatenate axis", lambda L: L.Concatenate(axis=1), shape=(5, 2))
merge("Dot", lambda L: L.Dot(axes=1))
merge("Dot axes -1", lambda L: L.Dot(axes=-1), shape=(5, 2))
merge("Dot normalize", lambda L: L.Dot(axes=1, normalize=True))
merge("Dot of sequences", lambda L: L.Dot(axes=(2, 2)), shape=(5, 2))
merge("Dot of sequences, axis 1, normalize", lambda L: L.Dot(axes=1, normalize=True), shape=(5, 2))

# Convolutions.
sequence("Conv1D", lambda L: [L.Conv1D(2, 3, strides=2, padding="same", activation="tanh"), L.Flatten()])
sequence("Conv1D causal", lambda L: [L.Conv1D(2, 3, padding="causal"), L.Flatten()], refused="causal")
sequence("Conv1D dilation_rate", lambda L: [L.Conv1D(2, 2, dilation_rate=2), L.Flatten()], refused="dilation_rate")
image("Conv2D", lambda L: [L.Conv2D(2, (3, 2), strides=(2, 1), padding="same", activation="tanh")])
image("Conv2D without bias", lambda L: [L.Conv2D(2, 3, use_bias=False, activation="relu")])
image("Conv2D hard_sigmoid", lambda L: [L.Conv2D(2, 3, activation="hard_sigmoid")])
image("Conv2D groups", lambda L: [L.Conv2D(2, 3, groups=2)], refused="groups")
image("Conv2D dilation_rate", lambda L: [L.Conv2D(2, 3, dilation_rate=2)], refused="dilation_rate")
image("Conv3D", lambda L: [L.Conv3D(2, 2, strides=(1, 2, 1), activation="tanh")], (3, 4, 3, 2))
image("Conv2DTranspose", lambda L: [L.Conv2DTranspose(2, 3, strides=2, padding="same", activation="tanh")], (3, 3, 2))
image("Conv2DTranspose valid", lambda L: [L.Conv2DTranspose(2, (3, 2), strides=(2, 3), padding="valid")], (3, 3, 2))
image("Conv2DTranspose output_padding", lambda L: [L.Conv2DTranspose(2, 3, strides=2, output_padding=1)], (3, 3, 2), refused="output_padding")
image("Conv3DTranspose", lambda L: [L.Conv3DTranspose(2, 2)], (2, 2, 2, 1), refused="Conv3DTranspose")
image("SeparableConv2D", lambda L: [L.SeparableConv2D(2, 3, depth_multiplier=2, padding="same", activation="tanh")])
image("DepthwiseConv2D", lambda L: [L.DepthwiseConv2D(3, activation="tanh")])
image("DepthwiseConv2D depth_multiplier, strides", lambda L: [L.DepthwiseConv2D(3, strides=2, depth_multiplier=2, padding="same")])
image("DepthwiseConv2D dilation_rate", lambda L: [L.DepthwiseConv2D(3, dilation_rate=2)], refused="dilation_rate")
image("Conv2D before DepthwiseConv2D", lambda L: [L.Conv2D(2, 3, activation="tanh"), L.DepthwiseConv2D(2), L.Conv2D(1, 2)])
image("Cropping2D", lambda L: [L.Conv2D(2, 3, activation="tanh"), L.Cropping2D(((1, 0), (0, 2)))])
image("ZeroPadding2D", lambda L: [L.Conv2D(2, 3, activation="tanh"), L.ZeroPadding2D(((1, 0), (0, 2))), L.Conv2D(1, 3)])
image("UpSampling2D nearest", lambda L: [L.UpSampling2D((2, 3)), L.Conv2D(2, 3, strides=2)], (3, 3, 2))
image("UpSampling2D nearest behind weights", lambda L: [L.Conv2D(2, 2, activation="tanh"), L.UpSampling2D((2, 3)), L.Conv2D(2, 3, strides=2)], (3, 3, 2))
image("UpSampling2D bilinear", lambda L: [L.UpSampling2D((2, 2), interpolation="bilinear"), L.Conv2D(2, 3, strides=2)], (3, 3, 2))
image("UpSampling2D bilinear behind weights", lambda L: [L.Conv2D(2, 2, activation="tanh"), L.UpSampling2D((2, 3), interpolation="bilinear"), L.Conv2D(2, 3, strides=2, activation="tanh")], (4, 3, 2))
image("UpSampling2D bicubic", lambda L: [L.UpSampling2D(2, interpolation="bicubic"), L.Conv2D(2, 3)], (3, 3, 2), refused="bicubic")

# Pools.
for kind in ("Max", "Average"):
    sequence(kind + "Pooling1D", lambda L, k=kind: [L.Dense(3, activation="tanh"), getattr(L, k + "Pooling1D")(3, strides=2, padding="same"), L.Flatten()])
    image(kind + "Pooling2D", lambda L, k=kind: [L.Conv2D(2, 2, activation="tanh"), getattr(L, k + "Pooling2D")((2, 3), strides=2)])
    image(kind + "Pooling2D same", lambda L, k=kind: [L.Conv2D(2, 2, activation="tanh"), getattr(L, k + "Pooling2D")(3, strides=2, padding="same")])
    image(kind + "Pooling3D", lambda L, k=kind: [L.Conv3D(2, 1, activation="tanh"), getattr(L, k + "Pooling3D")(2)], (3, 4, 3, 2))
    sequence("Global%sPooling1D" % kind, lambda L, k=kind: [L.Dense(3, activation="tanh"), getattr(L, "Global%sPooling1D" % k)()])
    image("Global%sPooling2D" % kind, lambda L, k=kind: [L.Conv2D(2, 2, activation="tanh"), getattr(L, "Global%sPooling2D" % k)()], flatten=False)
    sequence("Global%sPooling1D keepdims" % kind, lambda L, k=kind: [L.Dense(3, activation="tanh"), getattr(L, "Global%sPooling1D" % k)(keepdims=True), L.Flatten()])
    image("Global%sPooling2D keepdims" % kind, lambda L, k=kind: [L.Conv2D(2, 2, activation="tanh"), getattr(L, "Global%sPooling2D" % k)(keepdims=True)])

# Normalizations.
for training in (False, True):
    when = " in training" if training else ""
    vector("BatchNormalization" + when, lambda L: [L.BatchNormalization(epsilon=0.01, momentum=0.8), L.Activation("tanh")], training=training)
    vector("BatchNormalization without scale" + when, lambda L: [L.BatchNormalization(scale=False), L.Activation("tanh")], training=training)
    vector("BatchNormalization without center" + when, lambda L: [L.BatchNormalization(center=False), L.Activation("tanh")], training=training)
    vector("BatchNormalization without both" + when, lambda L: [L.BatchNormalization(center=False, scale=False), L.Activation("tanh")], training=training)
    image("BatchNormalization of images" + when, lambda L: [L.Conv2D(2, 3), L.BatchNormalization(), L.Activation("tanh")], training=training)
    sequence("BatchNormalization axis 1" + when, lambda L: [L.Dense(3), L.BatchNormalization(axis=1), L.Activation("tanh"), L.Flatten()], training=training)
vector("BatchNormalization frozen, in training", lambda L: [L.BatchNormalization(trainable=False), L.Activation("tanh")], training=True)
vector("LayerNormalization", lambda L: [L.LayerNormalization(epsilon=0.01), L.Activation("tanh")])
vector("LayerNormalization without scale", lambda L: [L.LayerNormalization(scale=False), L.Activation("tanh")])
vector("LayerNormalization without center", lambda L: [L.LayerNormalization(center=False), L.Activation("tanh")])
vector("LayerNormalization without both", lambda L: [L.LayerNormalization(center=False, scale=False), L.Activation("tanh")])
sequence("LayerNormalization axis 1", lambda L: [L.Dense(3), L.LayerNormalization(axis=1), L.Activation("tanh"), L.Flatten()])
sequence("LayerNormalization axes", lambda L: [L.Dense(3), L.LayerNormalization(axis=[1, 2]), L.Activation("tanh"), L.Flatten()])
vector("LayerNormalization rms_scaling", lambda L: [L.LayerNormalization(rms_scaling=True)], refused="rms_scaling", keras=(3,))
vector("GroupNormalization", lambda L: [L.GroupNormalization(2)], refused="GroupNormalization")
vector("UnitNormalization", lambda L: [L.UnitNormalization()], refused="UnitNormalization")

# Recurrent layers.
for a in ("sigmoid", "hard_sigmoid"):
    sequence("LSTM " + a, lambda L, a=a: [L.LSTM(2, recurrent_activation=a)])
    sequence("GRU reset_after, " + a, lambda L, a=a: [L.GRU(2, recurrent_activation=a)])
    sequence("GRU, " + a, lambda L, a=a: [L.GRU(2, recurrent_activation=a, reset_after=False)])
sequence("GRU reset_after without bias", lambda L: [L.GRU(2, use_bias=False)])
sequence("GRU reset_after in training", lambda L: [L.GRU(2, return_sequences=True), L.GRU(3)], training=True)
sequence("LSTM without forget bias, relu", lambda L: [L.LSTM(2, activation="relu", unit_forget_bias=False, use_bias=False)])
sequence("SimpleRNN", lambda L: [L.SimpleRNN(2)])
sequence("SimpleRNN hard_sigmoid, backwards", lambda L: [L.SimpleRNN(2, activation="hard_sigmoid", go_backwards=True)])
sequence("LSTM sequences, backwards", lambda L: [L.LSTM(2, return_sequences=True, go_backwards=True), L.LSTM(2)])
sequence("LSTM unroll", lambda L: [L.LSTM(2, unroll=True)])
sequence("LSTM dropout", lambda L: [L.LSTM(2, dropout=0.2, recurrent_dropout=0.1)])
sequence("RNN of cells", lambda L: [L.RNN([L.LSTMCell(2), L.GRUCell(2, reset_after=False), L.SimpleRNNCell(2)])])
sequence("RNN of one cell", lambda L: [L.RNN(L.LSTMCell(2), return_sequences=True), L.Flatten()])
sequence("RNN of GRUCell reset_after", lambda L: [L.RNN(L.GRUCell(2))])
sequence("RNN of StackedRNNCells", lambda L: [L.RNN(L.StackedRNNCells([L.LSTMCell(2), L.SimpleRNNCell(3)]))])
for mode in ("concat", "sum", "ave", "mul"):
    sequence("Bidirectional " + mode, lambda L, m=mode: [L.Bidirectional(L.LSTM(2, return_sequences=True), merge_mode=m), L.Flatten()])
sequence("Bidirectional GRU reset_after", lambda L: [L.Bidirectional(L.GRU(2))])
sequence("Bidirectional, backward layer of its own", lambda L: [L.Bidirectional(L.LSTM(2), backward_layer=L.LSTM(2, activation="relu", go_backwards=True))], refused="backward_layer")
sequence("Bidirectional, backward layer alike", lambda L: [L.Bidirectional(L.LSTM(2), backward_layer=L.LSTM(2, go_backwards=True))])
sequence("TimeDistributed", lambda L: [L.TimeDistributed(L.Dense(2, activation="tanh")), L.Flatten()])
image("TimeDistributed Conv1D", lambda L: [L.TimeDistributed(L.Conv1D(2, 2, activation="tanh"))], (3, 4, 2))
image("ConvLSTM2D", lambda L: [L.ConvLSTM2D(2, 2)], (3, 3, 3, 1))
image("ConvLSTM2D hard_sigmoid, sequences", lambda L: [L.ConvLSTM2D(1, 2, recurrent_activation="hard_sigmoid", return_sequences=True, padding="same")], (3, 3, 3, 1))

sequence("Bidirectional LSTM go_backwards", lambda L: [L.Bidirectional(L.LSTM(2, return_sequences=True, go_backwards=True)), L.Flatten()])
sequence("Bidirectional RNN of a cell", lambda L: [L.Bidirectional(L.RNN(L.LSTMCell(2)))], refused='"bidirectional.*" \\(Bidirectional\\) wraps an RNN')
sequence("TimeDistributed BatchNormalization in training", lambda L: [L.Dense(3), L.TimeDistributed(L.BatchNormalization()), L.Activation("tanh"), L.Flatten()], training=True, keras=(3,))
sequence("TimeDistributed BatchNormalization of Keras 2", lambda L: [L.Dense(3), L.TimeDistributed(L.BatchNormalization(), name="each"), L.Flatten()], keras=(2,), refused='"each" \\(TimeDistributed\\).*BatchNormalization')
image("ConvLSTM2D strides, backwards", lambda L: [L.ConvLSTM2D(1, 2, strides=2, go_backwards=True, use_bias=False)], (3, 5, 4, 1))

def two_ways(K, L):
    x = K.Input(shape=(4, 2), name="source")
    _, *states = L.Bidirectional(L.LSTM(2, return_state=True), name="encoder")(x)
    h = L.Bidirectional(L.LSTM(2, return_sequences=True), name="decoder")(x, initial_state=states)
    a, b = L.Bidirectional(L.GRU(2), merge_mode=None, name="apart")(h)
    return K.Model(x, L.Dense(3, activation="softmax", name="last")(L.Subtract()([a, b])), name="model")

Case("Bidirectional states, initial_state, merge_mode None", None, (4, 2), two_ways)

def distributed_model(K, L):
    inner = K.Sequential([K.Input(shape=(2,)), L.Dense(3, activation="tanh", name="deep"), L.Dense(3, name="deeper"), L.Dense(3, name="deepest")], name="inner")
    return K.Sequential([K.Input(shape=(5, 2)), L.TimeDistributed(inner, name="each"), L.Flatten(), L.Dense(3, activation="softmax", name="last")], name="model")

Case("TimeDistributed model", None, (5, 2), distributed_model)

def encoder_decoder(cell, masked=False):
    def build(K, L):
        x = K.Input(shape=(4,) if masked else (4, 2), name="source")
        h = L.Embedding(5, 2, mask_zero=True, name="tokens")(x) if masked else x
        _, *states = getattr(L, cell)(2, return_state=True, name="encoder")(h)
        z = L.RepeatVector(3)(L.Dense(2, name="start")(L.Flatten()(h) if not masked else states[0]))
        out = getattr(L, cell)(2, return_sequences=True, name="decoder")(z, initial_state=states)
        out = getattr(L, cell)(2, name="after")(out)
        return K.Model(x, L.Dense(3, activation="softmax", name="last")(out), name="model")
    return build

for cell in ("LSTM", "GRU", "SimpleRNN"):
    Case("initial_state of " + cell, None, (4, 2), encoder_decoder(cell))
    Case("initial_state of %s behind a mask" % cell, None, (4,), encoder_decoder(cell, True), integers=5, masked=True)

# Masks.
tokens("mask into GlobalAveragePooling1D", lambda L: [L.GlobalAveragePooling1D()])
tokens("mask into GlobalAveragePooling1D keepdims", lambda L: [L.GlobalAveragePooling1D(keepdims=True), L.Flatten()])
tokens("mask into Bidirectional sum", lambda L: [L.Bidirectional(L.LSTM(2, return_sequences=True), merge_mode="sum"), L.Bidirectional(L.GRU(2))])
tokens("mask into GlobalMaxPooling1D", lambda L: [L.GlobalMaxPooling1D()])
tokens("mask into Flatten", lambda L: [L.Flatten()])
tokens("mask into Dense and GlobalAveragePooling1D", lambda L: [L.Dense(3, activation="tanh"), L.GlobalAveragePooling1D()])
tokens("no mask into GlobalAveragePooling1D", lambda L: [L.GlobalAveragePooling1D()], masked=False)
for cell in ("LSTM", "GRU", "SimpleRNN"):
    tokens("mask into " + cell, lambda L, c=cell: [getattr(L, c)(2)])
    tokens("mask into %s sequences, backwards" % cell, lambda L, c=cell: [getattr(L, c)(2, return_sequences=True, go_backwards=True), getattr(L, c)(2)])
for name, make in {"LeakyReLU": lambda L: L.LeakyReLU(0.1), "ELU": lambda L: L.ELU(), "Activation": lambda L: L.Activation("tanh"), "Dropout": lambda L: L.Dropout(0.1),
                   "SpatialDropout1D": lambda L: L.SpatialDropout1D(0.1), "PReLU": lambda L: L.PReLU(), "ReLU": lambda L: L.ReLU(), "GaussianNoise": lambda L: L.GaussianNoise(0.1),
                   "BatchNormalization": lambda L: L.BatchNormalization(), "LayerNormalization": lambda L: L.LayerNormalization(), "Permute": lambda L: L.Permute((2, 1)),
                   "Conv1D": lambda L: L.Conv1D(2, 3), "MaxPooling1D": lambda L: L.MaxPooling1D(2), "Reshape": lambda L: L.Reshape((7, 2)), "Masking": lambda L: L.Masking(0.5),
                   "Bidirectional": lambda L: L.Bidirectional(L.LSTM(2, return_sequences=True)), "TimeDistributed": lambda L: L.TimeDistributed(L.Dense(2)),
                   "RNN of one cell": lambda L: L.RNN(L.SimpleRNNCell(2), return_sequences=True), "Identity": lambda L: L.Identity()}.items():
    tokens("mask through %s into LSTM" % name, lambda L, m=make: [m(L), L.LSTM(2)])
tokens("mask into Bidirectional", lambda L: [L.Bidirectional(L.GRU(2))])
tokens("mask into RNN of cells", lambda L: [L.RNN([L.LSTMCell(2), L.LSTMCell(3)])], refused="mask")
tokens("mask into BatchNormalization in training", lambda L: [L.BatchNormalization(), L.LSTM(2)], training=True)
tokens("mask ends at LSTM before RepeatVector and LSTM", lambda L: [L.LSTM(2), L.RepeatVector(3), L.LSTM(2)])
tokens("mask ends at LSTM before RepeatVector and GlobalAveragePooling1D", lambda L: [L.LSTM(2), L.RepeatVector(3), L.Dense(3, activation="tanh"), L.GlobalAveragePooling1D()])
tokens("mask at the output", lambda L: [L.LSTM(2, return_sequences=True)], targets="steps")
tokens("mask at the output, sparse", lambda L: [L.LSTM(2, return_sequences=True)], targets="sparse steps", loss="sparse_categorical_crossentropy")
tokens("mask at the output, mse", lambda L: [L.LSTM(3, return_sequences=True)], targets="numbers", loss="mse", last=False)
Case("Masking", lambda L: [L.Masking(0.0), L.LSTM(2), L.Dense(3, activation="softmax", name="last")], (5, 2), zeros=2)
Case("Masking mask_value into GlobalAveragePooling1D", lambda L: [L.Masking(0.0), L.Dense(2, activation="tanh"), L.GlobalAveragePooling1D(), L.Dense(3, activation="softmax", name="last")], (5, 2), zeros=2)

def masked_merge(make, other_masked):
    def build(K, L):
        x = K.Input(shape=(7,), name="input")
        a = L.Embedding(5, 2, mask_zero=True, name="a")(x)
        b = L.Embedding(5, 2, mask_zero=other_masked, name="b")(x) if other_masked is not None else L.Masking(0.0)(L.Reshape((7, 1))(x))
        return K.Model(x, L.Dense(3, activation="softmax", name="last")(L.GRU(2, reset_after=False)(make(L)([a, b]))), name="model")
    return build

for m in ("Add", "Multiply", "Average", "Maximum", "Minimum", "Concatenate"):
    Case("masks into " + m, None, (7,), masked_merge(lambda L, m=m: getattr(L, m)(), True), integers=5, masked=True)
    Case("mask and none into " + m, None, (7,), masked_merge(lambda L, m=m: getattr(L, m)(), False), integers=5, masked=True)
Case("masks into Concatenate axis 1", None, (7,), masked_merge(lambda L: L.Concatenate(axis=1), True), integers=5, masked=True)

def three_masks(make):
    def build(K, L):
        x, z = K.Input(shape=(7,), name="x"), K.Input(shape=(7,), name="z")
        a, b, c = L.Embedding(5, 2, mask_zero=True, name="a")(x), L.Embedding(5, 2, mask_zero=True, name="b")(z), L.Embedding(5, 2, name="c")(z)
        h = L.Concatenate(axis=-1)([make(L)([a, b, a]), make(L)([a, c, b]), make(L)([c, b, a])])
        return K.Model([x, z], L.Dense(3, activation="softmax", name="last")(L.GlobalAveragePooling1D()(L.Dense(2, activation="tanh")(h))), name="model")
    return build

for m in ("Multiply", "Average", "Maximum", "Minimum"):
    Case("three masks into " + m, None, [(7,), (7,)], three_masks(lambda L, m=m: getattr(L, m)()), integers=5, masked=True)

def subtract_masks(K, L):
    x, z = K.Input(shape=(7,), name="x"), K.Input(shape=(7,), name="z")
    a, b = L.Embedding(5, 2, mask_zero=True, name="a")(x), L.Embedding(5, 2, mask_zero=True, name="b")(z)
    return K.Model([x, z], L.Dense(3, activation="softmax", name="last")(L.LSTM(2)(L.Subtract()([a, b]))), name="model")

Case("two masks into Subtract", None, [(7,), (7,)], subtract_masks, integers=5, masked=True)

def functional_mask(K, L):
    x = K.Input(shape=(7,), name="input")
    h = L.Embedding(5, 2, mask_zero=True, name="tokens")(x)
    h = L.LSTM(2, return_sequences=True)(L.Dropout(0.1)(h))
    h = L.Bidirectional(L.GRU(2, return_sequences=True))(L.Dense(2, activation="tanh")(h))
    return K.Model(x, L.Dense(3, activation="softmax", name="last")(L.SimpleRNN(2)(h)), name="model")

Case("mask in a functional model", None, (7,), functional_mask, integers=5, masked=True)

def functional_masking(K, L):
    x = K.Input(shape=(5, 2), name="input")
    h = L.LSTM(2, return_sequences=True)(L.Masking(0.0)(x))
    h = L.TimeDistributed(L.Dense(2, activation="tanh"))(h)
    return K.Model(x, L.Dense(3, activation="softmax", name="last")(L.GlobalAveragePooling1D()(h)), name="model")

Case("mask of Masking in a functional model", None, (5, 2), functional_masking, zeros=2)

def own_mask(made):
    def build(K, L):
        x = K.Input(shape=(7,), name="input")
        h = L.Embedding(5, 2, mask_zero=made, name="tokens")(x)
        mask = keras.ops.not_equal(x, 2 if made else 0)
        return K.Model(x, L.Dense(3, activation="softmax", name="last")(L.LSTM(2, name="reader")(h, mask=mask)), name="model")
    return build

Case("mask of one's own into LSTM", None, (7,), own_mask(False), integers=5, refused='"reader"', keras=(3,))
Case("mask of one's own for another into LSTM", None, (7,), own_mask(True), integers=5, refused='"reader"', keras=(3,))

def two_masks(make):
    def build(K, L):
        x, z = K.Input(shape=(7,), name="a"), K.Input(shape=(7,), name="b")
        a, b = L.Embedding(5, 2, mask_zero=True, name="tokens_a")(x), L.Embedding(5, 2, mask_zero=True, name="tokens_b")(z)
        return K.Model([x, z], L.Dense(3, activation="softmax", name="last")(L.LSTM(2)(make(L)([a, b]))), name="model")
    return build

Case("two masks into Add", None, [(7,), (7,)], two_masks(lambda L: L.Add()), integers=5, masked=True)
Case("two masks into Concatenate", None, [(7,), (7,)], two_masks(lambda L: L.Concatenate()), integers=5, masked=True)

def nested_mask(inside):
    def build(K, L):
        x = K.Input(shape=(7,), name="input")
        layers = [L.Embedding(5, 2, mask_zero=True, name="tokens")] if inside else []
        layers += [L.LSTM(2, name="reader")]
        inner = K.Sequential([K.Input(shape=(7,) if inside else (7, 2))] + layers, name="inner")
        h = x if inside else L.Embedding(5, 2, mask_zero=True, name="tokens")(x)
        return K.Model(x, L.Dense(3, activation="softmax", name="last")(inner(h)), name="model")
    return build

Case("mask inside a nested model", None, (7,), nested_mask(True), integers=5, masked=True)
Case("mask into a nested model", None, (7,), nested_mask(False), integers=5, masked=True)

# Preprocessing.
image("Rescaling", lambda L: [L.Rescaling(0.4, offset=-0.3), L.Conv2D(2, 3)])
image("Rescaling behind weights", lambda L: [L.Conv2D(2, 3, activation="tanh"), L.Rescaling(0.4, offset=-0.3), L.Conv2D(1, 2)])
image("Resizing", lambda L: [L.Resizing(4, 3), L.Conv2D(2, 2)])
image("Resizing nearest", lambda L: [L.Resizing(4, 3, interpolation="nearest"), L.Conv2D(2, 2)])
image("Resizing larger", lambda L: [L.Resizing(7, 9), L.Conv2D(1, 4, strides=2)])
image("Resizing behind weights", lambda L: [L.Conv2D(2, 2, activation="tanh"), L.Resizing(3, 7), L.Conv2D(1, 2)])
image("Resizing crop_to_aspect_ratio", lambda L: [L.Resizing(4, 2, crop_to_aspect_ratio=True), L.Conv2D(2, 2)], refused="crop_to_aspect_ratio")
image("Resizing bicubic", lambda L: [L.Resizing(4, 3, interpolation="bicubic"), L.Conv2D(2, 2)], refused="bicubic")
image("CenterCrop", lambda L: [L.CenterCrop(4, 3), L.Conv2D(2, 2)])
image("CenterCrop behind weights", lambda L: [L.Conv2D(2, 2, activation="tanh"), L.CenterCrop(2, 3), L.Conv2D(1, 2)])
image("CenterCrop that enlarges", lambda L: [L.CenterCrop(8, 4), L.Conv2D(2, 2)], refused="CenterCrop")
Case("CategoryEncoding multi_hot", lambda L: [L.CategoryEncoding(5, output_mode="multi_hot"), L.Dense(3, activation="softmax", name="last")], (4,), integers=5)
Case("CategoryEncoding count", lambda L: [L.CategoryEncoding(5, output_mode="count"), L.Dense(3, activation="softmax", name="last")], (4,), integers=5)
Case("CategoryEncoding one_hot", lambda L: [L.CategoryEncoding(5, output_mode="one_hot"), L.Dense(3, activation="softmax", name="last")], (1,), integers=5)
image("RandomWidth", lambda L: [L.RandomWidth(0.2), L.Conv2D(2, 2), L.GlobalAveragePooling2D()], flatten=False, refused="RandomWidth", keras=(2,))
image("RandomHeight", lambda L: [L.RandomHeight(0.2), L.Conv2D(2, 2), L.GlobalAveragePooling2D()], flatten=False, refused="RandomHeight", keras=(2,))
image("RandomFlip", lambda L: [L.RandomFlip(), L.Conv2D(2, 2)], refused="RandomFlip")
vector("Normalization", lambda L: [L.Normalization(mean=[0.1, 0.2, 0.3, 0.4], variance=[1.0, 2.0, 3.0, 4.0])], refused="Normalization")

# Attention: classes of tfjs-layers that its public functions do not make.
def attention(K, L):
    x = K.Input(shape=(5, 2), name="input")
    h = L.MultiHeadAttention(1, 2, name="attention")(x, x)
    return K.Model(x, L.Dense(3, activation="softmax", name="last")(L.Flatten()(h)), name="model")

Case("MultiHeadAttention", None, (5, 2), attention, refused="MultiHeadAttention")
sequence("EinsumDense", lambda L: [L.EinsumDense("abc,cd->abd", (None, 3), bias_axes="d", activation="tanh"), L.Flatten()], refused="EinsumDense")

# Models of models, and what stands at calls.
def functional(K, L):
    x = K.Input(shape=(5, 4), name="sequence")
    h = L.Bidirectional(L.LSTM(2, return_sequences=True, name="reader"), name="both")(x)
    s = L.Add()([L.Dense(4)(h), L.Dense(4)(h)])
    inner = K.Sequential([K.Input(shape=(4,)), L.Dense(2, name="deep"), L.BatchNormalization(name="norm")], name="inner")
    pooled = L.GlobalMaxPooling1D()(s)
    return K.Model(x, [L.Dense(3, activation="softmax", name="out")(L.Concatenate()([pooled, L.Flatten()(h)])), inner(pooled)], name="model")

Case("two outputs", None, (5, 4), functional, loss={"out": "categorical_crossentropy", "inner": "mse"}, targets=["classes", "numbers"])

def shared(K, L):
    x = K.Input(shape=(4,), name="input")
    twice = L.Dense(4, activation="tanh", name="twice")
    inner = K.Sequential([K.Input(shape=(4,)), L.Dense(4, activation="tanh", name="deep")], name="inner")
    return K.Model(x, L.Dense(3, activation="softmax", name="last")(inner(twice(inner(twice(x))))), name="model")

Case("a shared layer and a shared model", None, (4,), shared)

def nested_first(K, L):
    base = K.Sequential([K.Input(shape=(4,)), L.Dense(3, activation="tanh", name="inside"), L.BatchNormalization(name="norm")], name="base")
    model = K.Sequential([base, L.Dense(3, activation="softmax", name="last")], name="model")
    model.build((None, 4))
    return model

Case("Sequential whose first layer is a model", None, (4,), nested_first)

def frozen_base(training_argument):
    def build(K, L):
        base = K.Sequential([K.Input(shape=(4,)), L.Dense(3, activation="tanh", name="inside"), L.BatchNormalization(name="norm")], name="base")
        base.trainable = training_argument
        x = K.Input(shape=(4,), name="input")
        return K.Model(x, L.Dense(3, activation="softmax", name="last")(base(x, training=False)), name="model")
    return build

Case("a frozen base, called with training=False", None, (4,), frozen_base(False))
Case("a frozen base, called with training=False, in training", None, (4,), frozen_base(False), training=True)
Case("a base that trains, called with training=False, in training", None, (4,), frozen_base(True), training=True)

def norm_called(K, L):
    x = K.Input(shape=(4,), name="input")
    h = L.BatchNormalization(name="norm")(L.Dense(4, name="first")(x), training=False)
    return K.Model(x, L.Dense(3, activation="softmax", name="last")(h), name="model")

Case("BatchNormalization called with training=False, in training", None, (4,), norm_called, training=True)

def operations(K, L):
    x = K.Input(shape=(4,), name="input")
    h = L.Dense(3, name="first")(x)
    return K.Model(x, L.Dense(3, activation="softmax", name="last")(h * 2.0), name="model")

Case("an operation that is no layer", None, (4,), operations, refused="(Multiply|TFOpLambda|operation)")

def merging_operations(K, L):
    x = K.Input(shape=(4,), name="input")
    a, b = L.Dense(3, activation="tanh", name="a")(x), L.Dense(3, activation="tanh", name="b")(x)
    h = K.ops.maximum(a * b + a, a - b)
    return K.Model(x, L.Dense(3, activation="softmax", name="last")(K.ops.minimum(h, L.Dense(3, name="c")(h))), name="model")

Case("operations of two tensors", None, (4,), merging_operations, keras=(3,))

def other_operation(K, L):
    x = K.Input(shape=(5, 2), name="input")
    h = K.ops.concatenate([L.Dense(3, name="a")(x), L.Dense(3, name="b")(x)], axis=1)
    return K.Model(x, L.Dense(3, activation="softmax", name="last")(L.Flatten()(h)), name="model")

Case("an operation with the name of a layer", None, (5, 2), other_operation, keras=(3,), refused='"concatenate.*" \\(Concatenate\\) is an operation')

def masked_operation(K, L):
    x = K.Input(shape=(7,), name="input")
    a, b = L.Embedding(5, 2, mask_zero=True, name="a")(x), L.Embedding(5, 2, mask_zero=True, name="b")(x)
    return K.Model(x, L.Dense(3, activation="softmax", name="last")(L.LSTM(2)(a + b)), name="model")

Case("an operation that loses a mask", None, (7,), masked_operation, integers=5, masked=True, keras=(3,), refused='"add.*" \\(Add\\) is an operation')

def mixed(K, L):
    policy = "mixed_float16" if K.backend.floatx() == "float32" else None
    return K.Sequential([K.Input(shape=(4,)), L.Dense(3, activation="tanh", dtype=policy), L.Dense(3, activation="softmax", dtype=policy and "float32", name="last")], name="model")

Case("mixed precision", None, (4,), mixed)

# Losses as they are saved.
def loss(name, make, targets="classes", activation="softmax", **more):
    head = lambda L: [L.Dense(4, activation="tanh", name="first"), L.Dense(3, activation=activation, name="last")]
    return Case("loss " + name, lambda L: head(L), (4,), loss=make, targets=targets, **more)

for name in "mean_squared_error mse MSE mean_absolute_error mae MAE mean_squared_logarithmic_error msle mean_absolute_percentage_error mape huber log_cosh logcosh cosine_similarity".split():
    loss(name, name, "numbers", "linear" if name != "msle" and name != "mean_squared_logarithmic_error" else "softplus", keras=(2,) if name == "logcosh" else (2, 3))
for name in "categorical_crossentropy kl_divergence kld KLD kullback_leibler_divergence poisson categorical_hinge".split():
    loss(name, name, keras=(2,) if name == "kullback_leibler_divergence" else (2, 3))
loss("categorical_crossentropy, softmax layer", "categorical_crossentropy")
loss("sparse_categorical_crossentropy", "sparse_categorical_crossentropy", "sparse")
loss("binary_crossentropy", "binary_crossentropy", "binary", "sigmoid")
for name in ("hinge", "squared_hinge"):
    loss(name + ", labels 0 and 1", name, "binary", "tanh")
    loss(name + ", labels -1 and 1", name, "signs", "tanh")
by_class = {
    "MeanSquaredError": ("numbers", "linear", [{}, {"reduction": "sum"}]), "MeanAbsoluteError": ("numbers", "linear", [{}]), "Huber": ("numbers", "linear", [{}, {"delta": 0.4}]),
    "LogCosh": ("numbers", "linear", [{}]), "CosineSimilarity": ("numbers", "linear", [{}]), "Poisson": ("classes", "softmax", [{}]), "KLDivergence": ("classes", "softmax", [{}]),
    "Hinge": ("binary", "tanh", [{}]), "SquaredHinge": ("signs", "tanh", [{}]), "CategoricalHinge": ("classes", "softmax", [{}]),
    "MeanSquaredLogarithmicError": ("numbers", "softplus", [{}]), "MeanAbsolutePercentageError": ("numbers", "linear", [{}]),
    "CategoricalCrossentropy": ("classes", "softmax", [{}, {"label_smoothing": 0.1}]), "BinaryCrossentropy": ("binary", "sigmoid", [{}, {"label_smoothing": 0.2}]),
    "SparseCategoricalCrossentropy": ("sparse", "softmax", [{}]), "BinaryFocalCrossentropy": ("binary", "sigmoid", [{"gamma": 1.5}]),
}
for name, (targets, activation, options) in by_class.items():
    for config in options:
        note = "".join(", %s %s" % pair for pair in config.items())
        loss(name + note, (lambda K, n=name, c=config: getattr(K.losses, n)(**c)), targets, activation, refused=name if "Focal" in name else None,
             # Keras 3 does not save the delta, and reads such a model with 1.
             keras=(2,) if "delta" in config else (2, 3))
for name, targets in (("CategoricalCrossentropy", "classes"), ("SparseCategoricalCrossentropy", "sparse"), ("BinaryCrossentropy", "binary")):
    loss(name + ", from_logits", (lambda K, n=name: getattr(K.losses, n)(from_logits=True)), targets, "linear")
loss("CategoricalCrossentropy, from_logits, label_smoothing", lambda K: K.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1), "classes", "linear")
loss("MeanSquaredError, reduction none", lambda K: K.losses.MeanSquaredError(reduction="none"), "numbers", "linear", refused="reduction")
loss("CosineSimilarity, axis", lambda K: K.losses.CosineSimilarity(axis=0), "numbers", "linear", refused="axis", keras=(2,))
loss("SparseCategoricalCrossentropy, ignore_class", lambda K: K.losses.SparseCategoricalCrossentropy(ignore_class=1), "sparse", "softmax", refused="ignore_class")

def my_loss(y_true, y_pred):
    return tf.reduce_mean(tf.square(y_true - y_pred), axis=-1)

loss("a function of one's own", lambda K: my_loss, "numbers", "linear", refused="my_loss", own=True)

def two_heads(K, L):
    x = K.Input(shape=(4,), name="input")
    h = L.Dense(3, activation="tanh", name="first")(x)
    return K.Model(x, [L.Dense(3, activation="softmax", name="kind")(h), L.Dense(2, name="size")(h)], name="model")

pair = ["classes", "numbers"]
Case("losses in a list", None, (4,), two_heads, loss=["categorical_crossentropy", "mse"], targets=pair)
Case("losses in a dict, other order", None, (4,), two_heads, loss={"size": "mae", "kind": "categorical_crossentropy"}, targets=pair)
Case("losses of classes in a dict", None, (4,), two_heads, loss=lambda K: {"kind": K.losses.CategoricalCrossentropy(label_smoothing=0.1), "size": K.losses.Huber()}, targets=pair)
Case("one loss for two outputs", None, (4,), two_heads, loss="mse", targets=["numbers", "numbers"])
Case("loss_weights in a list", None, (4,), two_heads, loss=["categorical_crossentropy", "mse"], targets=pair, loss_weights=[0.3, 2.0])
Case("loss_weights in a dict", None, (4,), two_heads, loss={"kind": "categorical_crossentropy", "size": "mse"}, targets=pair, loss_weights={"size": 0.5, "kind": 3.0})
Case("compiled", lambda L: [L.Dense(4, activation="tanh", name="first"), L.Dense(3, activation="softmax", name="last")], (4,), fit=True)


def data(case, model, random):
    shapes = case.shape if isinstance(case.shape, list) else [case.shape]
    xs = []
    for shape in shapes:
        x = random.integers(1 if case.masked else 0, case.integers, (ROWS,) + shape) if case.integers else random.normal(size=(ROWS,) + shape)
        x = x.astype("float32")
        if case.masked:
            for row in range(ROWS):
                x[row, x.shape[1] - row % 4:] = 0
            x[0, 2] = 0
            x[1, 0] = 0
        if case.zeros:
            x[1, -case.zeros:] = 0
            x[2, 1] = 0
        xs.append(x)
    outputs = model.outputs if isinstance(model.outputs, list) else [model.outputs]
    kinds = case.targets if isinstance(case.targets, list) else [case.targets or "classes"] * len(outputs)
    ys = []
    for kind, out in zip(kinds, outputs):
        shape = (ROWS,) + tuple(out.shape[1:])
        if kind in ("classes", "steps"):
            y = np.eye(shape[-1])[random.integers(0, shape[-1], shape[:-1])]
        elif kind in ("sparse", "sparse steps"):
            y = random.integers(0, shape[-1], shape[:-1])
        elif kind in ("binary", "signs"):
            y = random.integers(0, 2, shape) * (2 if kind == "signs" else 1) - (1 if kind == "signs" else 0)
        else:
            y = np.abs(random.normal(size=shape)) + 0.3
        ys.append(y.astype("float32"))
    return xs, ys


def precision(name):
    keras.config.set_floatx(name), keras.config.set_dtype_policy(name)
    tf_keras.backend.set_floatx(name), tf_keras.mixed_precision.set_global_policy(name)


def compile_model(case, K, model):
    made = case.loss(K) if callable(case.loss) else case.loss
    model.compile(optimizer="adam", loss=made, loss_weights=case.loss_weights, metrics=["accuracy"] if case.fit else None)


def nested(gradient, variables):
    """The trace by TensorFlow's own second derivatives, which not all of its ops have."""
    with tf.GradientTape(persistent=True) as outer:
        flat = [tf.unstack(tf.reshape(g, [-1])) for g in gradient()[1]]
    trace = 0.0
    for variable, entries in zip(variables, flat):
        for i, entry in enumerate(entries):
            row = outer.gradient(entry, variable)
            if row is not None:
                trace += float(tf.reshape(tf.convert_to_tensor(row), [-1])[i])
    return trace


def self_check(name, trace, other):
    if abs(other - trace) > 1e-7 * max(1, abs(trace)):
        raise AssertionError("%s: trace %r, by second derivatives %r" % (name, trace, other))


def exact(case, K, version, weights, xs, ys):
    """Loss and trace in float64."""
    precision("float64")
    try:
        K.utils.set_random_seed(1)
        model = case.build(K)
        model.set_weights([w.astype("float64") if w.dtype == np.float32 else w for w in weights])
        compile_model(case, K, model)
        one = lambda parts: parts[0] if len(parts) == 1 else parts
        x = one([tf.constant(x, tf.float64) for x in xs])
        y = one([tf.constant(y, tf.float64) for y in ys])
        variables = [getattr(v, "value", v) if version == 3 else v for v in model.trainable_variables]
        before = [np.array(w) for w in model.get_weights()]

        def loss_of():
            prediction = model(x, training=case.training)
            return model._compile_loss(y, prediction) if version == 3 else model.compiled_loss(y, prediction)

        def gradient():
            with tf.GradientTape() as tape:
                value = loss_of()
            return value, [tf.zeros_like(v) if g is None else tf.convert_to_tensor(g) for g, v in zip(tape.gradient(value, variables), variables)]

        loss_of()
        model.set_weights(before)
        compiled = tf.function(gradient, autograph=False)
        value = float(compiled()[0])
        model.set_weights(before)

        # Central differences of the gradient, which know nothing of second derivatives. In float64 their error is below 1e-8.
        trace, h = 0.0, 1e-5
        for k, variable in enumerate(variables):
            at = variable.numpy()
            for i in range(at.size):
                ends = []
                for sign in (1, -1):
                    moved = at.copy().reshape(-1)
                    moved[i] += sign * h
                    variable.assign(moved.reshape(at.shape))
                    ends.append(float(compiled()[1][k].numpy().reshape(-1)[i]))
                variable.assign(at)
                trace += (ends[0] - ends[1]) / (2 * h)
        model.set_weights(before)
        if CHECK:
            self_check(case.name, trace, nested(gradient, variables))
        return value, trace
    finally:
        precision("float32")


def converted(path, kind):
    with tempfile.TemporaryDirectory() as folder:
        if kind == "h5":
            converter.dispatch_keras_h5_to_tfjs_layers_model_conversion(path, folder)
        else:
            converter.dispatch_keras_keras_to_tfjs_layers_model_conversion(path, folder)
        model = json.load(open(join(folder, "model.json")))
        parts = [open(join(folder, p), "rb").read() for group in model["weightsManifest"] for p in group["paths"]]
    return model, base64.b64encode(b"".join(parts)).decode()


def variants(case):
    found, shared_data = [], None
    for version, K, kinds in ((3, keras, ("keras", "h5")), (2, tf_keras, ("h5",))):
        if version not in case.keras:
            continue
        K.backend.clear_session() if version == 2 else K.utils.clear_session()
        K.utils.set_random_seed(1)
        random = np.random.default_rng(sum(map(ord, case.name)))
        try:
            model = case.build(K)
            compile_model(case, K, model)
        except (AttributeError, TypeError, ValueError) as error:
            print("  not in Keras %d: %s: %s" % (version, case.name, str(error).split("\n")[0][:100]))
            continue
        # Gains, biases and moving averages that are not what they are at first.
        weights = [w + 0.3 * np.abs(random.normal(size=w.shape)).astype("float32") if w.dtype == np.float32 else w for w in model.get_weights()]
        model.set_weights(weights)
        xs, ys = data(case, model, np.random.default_rng(7 + sum(map(ord, case.name))))
        if case.fit:
            model.fit(xs[0], ys[0], verbose=0)
            weights = model.get_weights()
        values = {} if case.refused and not case.own else dict(zip(("loss", "trace"), exact(case, K, version, weights, xs, ys)))
        for kind in kinds:
            with tempfile.TemporaryDirectory() as folder:
                path = join(folder, "model." + kind)
                model.save(path)
                try:
                    topology, binary = converted(path, kind)
                except Exception as error:
                    print("  the converter fails: %s (Keras %d, .%s): %r" % (case.name, version, kind, error))
                    continue
            found.append({"keras": version, "format": kind, "model": topology, "weights": binary, **values})
        shared_data = {"x": [x.tolist() for x in xs], "y": [y.tolist() for y in ys]}
    return {"name": case.name, "training": case.training, **({"refused": case.refused} if case.refused else {}), **(shared_data or {}), "variants": found}


def main():
    """Makes the cases that are named, or all; the others stay as they are in the file."""
    names = sys.argv[1:]
    path = join(dirname(__file__) or ".", "models.json.gz")
    made = {case["name"]: case for case in json.load(gzip.open(path))["cases"]} if os.path.exists(path) else {}
    failed = []
    for case in CASES:
        if names and case.name not in names:
            continue
        try:
            made[case.name] = variants(case)
            print(case.name, [(v["keras"], v["format"], v.get("loss"), v.get("trace")) for v in made[case.name]["variants"]], flush=True)
        except Exception as error:
            print("FAILED %s: %r" % (case.name, error), flush=True)
            failed.append(case.name)
        document = {"keras": keras.__version__, "tfKeras": tf_keras.__version__, "cases": [made[case.name] for case in CASES if case.name in made]}
        with gzip.GzipFile(path, "wb", mtime=0) as file:
            file.write(json.dumps(document, separators=(",", ":")).encode())
    if failed:
        sys.exit("failed: " + ", ".join(failed))


main()
