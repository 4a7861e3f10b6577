"""Merges, and models whose layers are nested, shared, frozen or have several inputs and outputs."""
from case_tools import L, M, Draw, biased, seq


def dense(units, name, activation="tanh", **more):
    return L.Dense(units, activation, name=name, **biased(**more))


def case_merges():
    draw, i = Draw("merges"), L.Input([4])
    a, b, c = (dense(3, name)(i) for name in "abc")
    merged = [L.Add()([a, b, c]), L.Average()([a, b, c]), L.Multiply()([a, b, c]), L.Maximum()([a, b, c]),
              L.Minimum()([a, b, c]), L.Dot(axes=-1)([a, b]), L.Dot(axes=1, normalize=True)([b, c])]
    model = M(i, dense(2, "head", "linear")(L.Concatenate()(merged)))
    return dict(model=model, x=[draw.normal(7, 4)], y=[draw.normal(7, 2)], losses=["meanSquaredError"], penalty_layer="b")


def case_dot_attention():
    """softmax(Q Kᵀ) V, by `Dot`, with a residual connection."""
    draw, i = Draw("dot_attention"), L.Input([4, 3])
    q, k, v = (dense(3, name, "linear")(i) for name in ("query", "key", "value"))
    scores = L.Activation("softmax")(L.Dot(axes=[2, 2])([q, k]))
    h = L.Add()([i, L.Dot(axes=[2, 1])([scores, v])])
    model = M(i, dense(2, "head", "softmax")(L.GlobalAveragePooling1D()(h)))
    return dict(model=model, x=[draw.normal(5, 4, 3)], y=[draw.classes(5, 2)], losses=["categoricalCrossentropy"],
                penalty_layer="key")


def case_nested_model():
    draw = Draw("nested_model")
    block = seq(L.InputLayer([4]), dense(4, "wide"), dense(3, "narrow", "softplus"))
    block._name = "block"
    j = L.Input([4])
    body = M(j, dense(4, "last")(block(j)), name="body")
    i = L.Input([4])
    model = M(i, dense(2, "head", "softmax")(L.Add()([body(i), dense(4, "skip", "linear")(i)])))
    return dict(model=model, x=[draw.normal(6, 4)], y=[draw.classes(6, 2)], losses=["categoricalCrossentropy"],
                penalty_layer="body/block/narrow")


def case_shared_layer():
    """Two inputs through the same two layers, one of them twice over."""
    draw, i, j = Draw("shared_layer"), L.Input([4]), L.Input([4])
    embed, again = dense(4, "embed"), dense(4, "again", "softplus")
    a, b = again(again(embed(i))), again(embed(j))
    model = M([i, j], dense(1, "head", "sigmoid")(L.Concatenate()([a, b, L.Multiply()([a, b])])))
    return dict(model=model, x=[draw.normal(6, 4), draw.normal(6, 4)], y=[draw.integers(2, 6, 1)],
                losses=["binaryCrossentropy"], penalty_layer="again")


def case_frozen_layer():
    draw = Draw("frozen_layer")
    frozen = dense(5, "frozen")
    model = seq(L.InputLayer([4]), dense(5, "first"), frozen, dense(4, "third", "softplus"), dense(2, "head", "linear"))
    frozen.trainable = False
    return dict(model=model, x=[draw.normal(6, 4)], y=[draw.normal(6, 2)], losses=["meanSquaredError"],
                penalty_layer="first")


def case_multi_output_weighted():
    """Three outputs, sample weights on two of them."""
    draw, i, j = Draw("multi_output_weighted"), L.Input([4]), L.Input([6, 2])
    g = L.GlobalMaxPooling1D()(L.Conv1D(3, 2, activation="tanh", name="c", **biased())(j))
    h = L.Concatenate()([dense(4, "a")(i), g])
    outputs = [dense(3, "kind", "softmax")(h), dense(1, "likely", "sigmoid")(h), dense(2, "where", "linear")(h)]
    return dict(model=M([i, j], outputs), x=[draw.normal(6, 4), draw.normal(6, 6, 2)],
                y=[draw.classes(6, 3), draw.integers(2, 6, 1), draw.normal(6, 2)],
                losses=["categoricalCrossentropy", "binaryCrossentropy", "meanSquaredError"],
                sample_weight=[draw.uniform(0.2, 2, 6), None, draw.uniform(0.2, 2, 6)], penalty_layer="c")
