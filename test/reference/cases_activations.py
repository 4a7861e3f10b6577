"""Activations, each in a branch of its own behind a layer with weights."""
from case_tools import L, M, Draw, biased, near, tf


def branches(inputs, layers):
    h = L.Dense(4, "tanh", name="trunk", **biased())(inputs)
    joined = L.Concatenate()([layer(h) for layer in layers])
    return M(inputs, L.Dense(2, name="head", **biased())(joined))


def regression(draw, model, **more):
    return dict(model=model, x=[draw.normal(8, 4)], y=[draw.normal(8, 2)], losses=["meanSquaredError"], **more)


def case_activations_smooth():
    # TensorFlow has no second derivative of its own softsign.
    def dense(name, activation=None):
        return L.Dense(3, activation or name, name=name, **biased(kernel_initializer=near(0, 0.7)))

    model = branches(L.Input([4]), [
        dense("selu"), dense("softplus"), dense("soft_sign", lambda x: x / (1 + tf.abs(x))), dense("swish"), dense("mish"), dense("gelu"),
        dense("log_softmax", tf.nn.log_softmax)])
    return regression(Draw("activations_smooth"), model, penalty_layer="trunk",
                      activations=dict(soft_sign="softsign", log_softmax="logSoftmax"))


def case_activations_piecewise():
    def dense(name, activation=None):
        return L.Dense(3, activation, name=name, **biased(kernel_initializer=near(0, 2)))

    def then(layer, name):
        return lambda x: layer(dense(name)(x))

    model = branches(L.Input([4]), [
        dense("relu_units", "relu"), dense("relu6", tf.nn.relu6), dense("hard_sigmoid", "hard_sigmoid"), dense("elu_units", "elu"),
        then(L.LeakyReLU(0.2), "before_leaky"), then(L.ELU(), "before_elu"), then(L.ReLU(max_value=2.0), "before_relu"),
        then(L.Softmax(), "before_softmax"), then(L.Activation("sigmoid"), "before_activation")])
    return regression(Draw("activations_piecewise"), model, penalty_layer="trunk", activations=dict(relu6="relu6"))


def case_prelu():
    draw, alpha = Draw("prelu"), near(0.25)
    i = L.Input([5, 5, 1])
    h = L.Conv2D(3, 2, name="c", **biased())(i)
    h = L.PReLU(alpha_initializer=alpha, shared_axes=[1, 2], name="by_channel")(h)
    h = L.Dense(4, name="d1", **biased())(L.GlobalAveragePooling2D()(h))
    h = L.PReLU(alpha_initializer=alpha, name="by_unit")(h)
    model = M(i, L.Dense(2, "softmax", name="d2", **biased())(h))
    return dict(model=model, x=[draw.normal(6, 5, 5, 1)], y=[draw.classes(6, 2)], losses=["categoricalCrossentropy"],
                penalty_layer="by_channel")
