"""Models of Keras 3 as the tensorflowjs converter writes them, with what Keras computes on a batch.

Usage: make_models.py CONVERTER      CONVERTER: the unpacked wheel tensorflowjs==4.22.0 (its own dependencies are not needed)
Needs keras==3.15.1, numpy, scipy, jax, h5py. For each model it writes NAME_h5 (from .h5) and NAME_keras (from .keras).
"""
import json, os, sys, types, zipfile
from os.path import dirname, join

os.environ["KERAS_BACKEND"] = "numpy"
import h5py
import keras
import numpy as np

L = keras.layers
HERE = dirname(__file__)


def converter(folder):
    """The converter's module for HDF5 files, without the modules beside it, which need TensorFlow."""
    for name, path in (("tensorflowjs", "tensorflowjs"), ("tensorflowjs.converters", "tensorflowjs/converters")):
        module = types.ModuleType(name)
        module.__path__ = [join(folder, path)]
        sys.modules[name] = module
    sys.modules["six"] = types.SimpleNamespace(text_type=str, string_types=(str,))
    sys.modules["tensorflowjs.write_weights"] = sys.modules["tensorflowjs"].write_weights = types.ModuleType("write_weights")
    common = types.ModuleType("common")
    sys.modules["tensorflowjs.converters.common"] = sys.modules["tensorflowjs.converters"].common = common
    from tensorflowjs.converters import keras_h5_conversion
    return keras_h5_conversion


def sequential():
    layers = [keras.Input((6,)), L.Dense(8, activation="silu", name="first"), L.Dropout(0.1), L.BatchNormalization(), L.LeakyReLU(negative_slope=0.2)]
    return keras.Sequential(layers + [L.Dense(3, activation="softmax", name="last")])


def functional():
    x = keras.Input((5, 4), name="sequence")
    h = L.Bidirectional(L.LSTM(3, name="reader"), name="both")(x)
    s = L.Add()([L.Dense(4)(h), L.Dense(4)(h)])
    inner = keras.Sequential([keras.Input((4,)), L.Dense(2, name="deep"), L.BatchNormalization(name="norm")], name="inner")
    return keras.Model(x, [L.Dense(3, name="out")(L.Concatenate()([s, h])), inner(s)])


def convolutional():
    x = keras.Input((8, 8, 2))
    h = L.MaxPooling2D()(L.Conv2D(4, 3, activation="relu", padding="same")(x))
    h = L.GlobalAveragePooling2D()(L.ReLU()(L.SeparableConv2D(3, 2)(h)))
    return keras.Model(x, L.Dense(2)(L.LayerNormalization()(h)))


def write(folder, topology, groups, x, ys):
    os.makedirs(folder, exist_ok=True)
    weights = [weight for group in groups for weight in group]
    specs = [{"name": w["name"], "shape": list(w["data"].shape), "dtype": w["data"].dtype.name} for w in weights]
    kept = [(s, w) for s, w in zip(specs, weights) if s["dtype"] == "float32"]
    manifest = [{"paths": ["group1-shard1of1.bin"], "weights": [s for s, _ in kept]}]
    model = {"format": "layers-model", "generatedBy": "keras v" + keras.__version__, "convertedBy": "TensorFlow.js Converter v4.22.0",
             "modelTopology": topology, "weightsManifest": manifest}
    json.dump(model, open(join(folder, "model.json"), "w"))
    open(join(folder, "group1-shard1of1.bin"), "wb").write(b"".join(w["data"].astype("<f4").tobytes() for _, w in kept))
    json.dump({"x": x.tolist(), "outputs": [y.tolist() for y in ys]}, open(join(folder, "outputs.json"), "w"))


def main():
    conversion = converter(sys.argv[1])
    random = np.random.default_rng(1)
    for make in (sequential, functional, convolutional):
        keras.utils.clear_session()
        keras.utils.set_random_seed(1)
        model = make()
        # Moving averages, gains and biases that are not what they are at first.
        model.set_weights([w + 0.1 * np.abs(random.normal(size=w.shape)).astype("float32") for w in model.get_weights()])
        x = random.normal(size=(4,) + model.input_shape[1:]).astype("float32")
        ys = model(x, training=False)
        ys = [np.asarray(y) for y in (ys if isinstance(ys, (list, tuple)) else [ys])]
        model.save("/tmp/model.h5")
        model.save("/tmp/model.keras")
        write(join(HERE, make.__name__ + "_h5"), *conversion.h5_merged_saved_model_to_tfjs_format("/tmp/model.h5"), x, ys)
        archive = zipfile.ZipFile("/tmp/model.keras")
        archive.extract("model.weights.h5", "/tmp")
        parts = [json.loads(archive.read("metadata.json")), archive.read("config.json")]
        write(join(HERE, make.__name__ + "_keras"), *conversion.h5_v3_merged_saved_model_to_tfjs_format("/tmp/model.weights.h5", *parts), x, ys)


main()
