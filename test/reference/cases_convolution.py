"""Convolutions, pooling and normalization of images."""
from case_tools import L, M, Draw, batch_norm, biased, layer_norm, seq


def classification(name, shape, *layers, batch=5, **more):
    draw = Draw(name)
    flat = [] if "Global" in type(layers[-1]).__name__ else [L.Flatten()]  # which tfjs refuses where all is flat
    model = seq(L.InputLayer(shape), *layers, *flat, L.Dense(2, "softmax", name="head", **biased()))
    return dict(model=model, x=[draw.normal(batch, *shape)], y=[draw.classes(batch, 2)],
                losses=["categoricalCrossentropy"], **more)


def conv(name, filters, size, activation="tanh", **more):
    return L.Conv2D(filters, size, activation=activation, name=name, **biased(**more))


def case_conv1d_pooling():
    return classification(
        "conv1d_pooling", [12, 2], L.Conv1D(4, 3, strides=2, padding="same", activation="tanh", name="c1", **biased()),
        L.MaxPooling1D(2), L.Conv1D(3, 2, padding="same", activation="relu", name="c2", **biased()), L.AveragePooling1D(2),
        L.GlobalAveragePooling1D(), penalty_layer="c1")


def case_conv2d_rectangular_strides():
    return classification("conv2d_rectangular_strides", [7, 8, 2], conv("c1", 3, [2, 3], strides=[2, 1], padding="same"),
                          conv("c2", 3, [3, 2], strides=[1, 2], use_bias=False), penalty_layer="c2")


def case_conv3d_max_pooling():
    return classification("conv3d_max_pooling", [5, 5, 5, 1], L.Conv3D(3, 2, activation="tanh", name="c1", **biased()),
                          L.MaxPooling3D(2), L.Conv3D(2, 2, padding="same", activation="relu", name="c2", **biased()),
                          batch=4, penalty_layer="c1")


def case_conv3d_average_pooling():
    return classification("conv3d_average_pooling", [5, 5, 5, 1],
                          L.Conv3D(3, 2, strides=[1, 2, 1], padding="same", activation="tanh", name="c1", **biased()),
                          L.AveragePooling3D(2, padding="same"), batch=4)


def case_conv3d_overlapping_pools():
    return classification("conv3d_overlapping_pools", [5, 5, 5, 1], L.Conv3D(2, 2, activation="tanh", name="c1", **biased()),
                          L.MaxPooling3D(2, strides=1), L.AveragePooling3D(2, strides=1), batch=4)


def case_conv2d_transpose():
    return classification("conv2d_transpose", [3, 3, 2], conv("c", 3, 2),
                          L.Conv2DTranspose(2, 3, strides=2, activation="tanh", name="up", **biased()),
                          L.Conv2DTranspose(1, 2, padding="same", activation="softplus", name="same", **biased()),
                          penalty_layer="up")


def case_depthwise_multiplier_strided():
    return classification(
        "depthwise_multiplier_strided", [6, 6, 2], conv("c", 2, 2),
        L.DepthwiseConv2D(2, depth_multiplier=2, strides=2, activation="tanh", name="depthwise", **biased()),
        penalty_layer="depthwise")


def case_separable_multiplier():
    return classification(
        "separable_multiplier", [6, 6, 2], conv("c", 2, 2),
        L.SeparableConv2D(3, 2, depth_multiplier=2, padding="same", activation="tanh", name="separable", **biased()),
        L.AveragePooling2D(2), penalty_layer="c")


def case_max_pooling_overlapping_valid():
    return classification("max_pooling_overlapping_valid", [8, 8, 1], conv("c1", 3, 2), L.MaxPooling2D(3, strides=2),
                          conv("c2", 2, 2), penalty_layer="c1")


def case_max_pooling_overlapping_same():
    return classification("max_pooling_overlapping_same", [8, 7, 1], conv("c1", 3, 2),
                          L.MaxPooling2D([3, 2], strides=[2, 1], padding="same"), conv("c2", 2, 2, "relu"),
                          L.MaxPooling2D(2, strides=1, padding="same"), penalty_layer="c1")


def case_max_pooling_apart():
    """Strides longer than the window, and a window that the border cuts."""
    return classification("max_pooling_apart", [9, 9, 1], conv("c1", 3, 2), L.MaxPooling2D(2, strides=3, padding="same"),
                          conv("c2", 3, 2, "relu"), L.GlobalMaxPooling2D(), penalty_layer="c1")


def case_average_pooling_overlapping():
    return classification("average_pooling_overlapping", [8, 8, 1], conv("c1", 3, 2),
                          L.AveragePooling2D(3, strides=2, padding="same"), L.AveragePooling2D(2, strides=1),
                          conv("c2", 2, 2), penalty_layer="c1")


def normalized(name, training, normalization):
    return classification(name, [6, 6, 1], conv("c1", 3, 2, "linear", use_bias=False), normalization, L.Activation("elu"),
                          conv("c2", 2, 2), L.GlobalAveragePooling2D(), training=training, penalty_layer="c1")


def case_batchnorm_conv_training():
    return normalized("batchnorm_conv_training", True, batch_norm("bn"))


def case_batchnorm_conv_inference():
    return normalized("batchnorm_conv_inference", False, batch_norm("bn"))


def case_layernorm_conv():
    return normalized("layernorm_conv", True, layer_norm("ln"))


def case_upsampling_nearest():
    return classification("upsampling_nearest", [3, 3, 1], conv("c1", 2, 2), L.UpSampling2D([2, 3]), conv("c2", 2, 2),
                          penalty_layer="c1")


def case_shape_layers():
    return classification(
        "shape_layers", [5, 4, 2], conv("c1", 3, 2), L.ZeroPadding2D([[1, 0], [2, 1]]), conv("c2", 2, 2),
        L.Cropping2D([[0, 1], [1, 1]]), L.Permute([3, 1, 2]), L.Reshape([3, 6]), L.Dense(2, "tanh", name="d1", **biased()),
        L.Flatten(), L.RepeatVector(2), L.Dense(2, "tanh", name="d2", **biased()), penalty_layer="c1")
