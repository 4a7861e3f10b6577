"""Every loss that the other cases do not compile with, over the same small network."""
from case_tools import L, Draw, biased, seq


def case(loss, activation, target):
    draw = Draw(loss)
    model = seq(L.InputLayer([4]), L.Dense(4, "tanh", name="hidden", **biased()),
                L.Dense(3, activation, name="output", **biased()))
    return dict(model=model, x=[draw.normal(7, 4)], y=[target(draw)], losses=[loss], penalty_layer="hidden")


def real(draw):
    return draw.normal(7, 3)


def sign(draw):
    return 2.0 * draw.integers(2, 7, 3) - 1


def positive(draw):
    return draw.uniform(0.2, 3, 7, 3)


def share(draw):
    y = positive(draw)
    return y / y.sum(-1, keepdims=True)


def one_hot(draw):
    return draw.classes(7, 3)


def case_loss_mean_absolute_error(): return case("meanAbsoluteError", "linear", real)
def case_loss_mean_absolute_percentage_error(): return case("meanAbsolutePercentageError", "linear", positive)
def case_loss_mean_squared_logarithmic_error(): return case("meanSquaredLogarithmicError", "softplus", positive)
def case_loss_squared_hinge(): return case("squaredHinge", "linear", sign)
def case_loss_hinge(): return case("hinge", "tanh", sign)
def case_loss_categorical_hinge(): return case("categoricalHinge", "linear", one_hot)
def case_loss_logcosh(): return case("logcosh", "linear", real)
def case_loss_kullback_leibler(): return case("kullbackLeiblerDivergence", "softmax", share)
def case_loss_poisson(): return case("poisson", "softplus", positive)
def case_loss_cosine_proximity(): return case("cosineProximity", "linear", real)
def case_loss_binary_several(): return case("binaryCrossentropy", "sigmoid", lambda draw: draw.integers(2, 7, 3))
def case_loss_not_canonical(): return case("categoricalCrossentropy", "softplus", one_hot)


def case_loss_sparse_of_sequences():
    draw = Draw("loss_sparse_of_sequences")
    model = seq(L.InputLayer([4, 3]), L.Dense(4, "tanh", name="hidden", **biased()),
                L.Dense(3, "softmax", name="output", **biased()))
    return dict(model=model, x=[draw.normal(5, 4, 3)], y=[draw.integers(3, 5, 4, 1)],
                losses=["sparseCategoricalCrossentropy"], penalty_layer="hidden")
