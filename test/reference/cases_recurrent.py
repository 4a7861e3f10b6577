"""Recurrent layers, their wrappers and masks. tfjs has no GRU with `reset_after`."""
from case_tools import L, M, Draw, biased, near, np, seq


def classification(draw, steps, model, **more):
    x = draw.normal(5, steps, 3)
    return dict(model=model, x=[x], y=[draw.classes(5, 2)], losses=["categoricalCrossentropy"], **more)


def head():
    return L.Dense(2, "softmax", name="head", **biased())


def case_simple_rnn():
    model = seq(L.InputLayer([5, 3]), L.SimpleRNN(3, return_sequences=True, name="first", **biased()),
                L.SimpleRNN(3, activation="relu", name="second", **biased()), head())
    return classification(Draw("simple_rnn"), 5, model, penalty_layer="first")


def case_gru():
    model = seq(L.InputLayer([5, 3]), L.GRU(3, reset_after=False, name="gru", **biased()), head())
    return classification(Draw("gru"), 5, model, penalty_layer="gru")


def case_gru_hard_sigmoid_backwards():
    gru = L.GRU(3, reset_after=False, recurrent_activation="hard_sigmoid", go_backwards=True, name="gru", **biased())
    return classification(Draw("gru_hard_sigmoid_backwards"), 4, seq(L.InputLayer([4, 3]), gru, head()))


def case_bidirectional_lstm_concat():
    model = seq(L.InputLayer([4, 3]), L.Bidirectional(L.LSTM(2, **biased()), name="both"), head())
    return classification(Draw("bidirectional_lstm_concat"), 4, model, penalty_layer="both")


def case_bidirectional_gru_sum():
    draw = Draw("bidirectional_gru_sum")
    gru = L.GRU(2, return_sequences=True, reset_after=False, **biased())
    model = seq(L.InputLayer([4, 3]), L.Bidirectional(gru, merge_mode="sum", name="both"),
                L.TimeDistributed(L.Dense(2, **biased()), name="each"))
    return dict(model=model, x=[draw.normal(5, 4, 3)], y=[draw.normal(5, 4, 2)], losses=["meanSquaredError"],
                penalty_layer="each")


def case_bidirectional_simple_mul():
    rnn = L.Bidirectional(L.SimpleRNN(3, **biased()), merge_mode="mul", name="both")
    return classification(Draw("bidirectional_simple_mul"), 4, seq(L.InputLayer([4, 3]), rnn, head()))


def case_stacked_cells():
    cells = [L.LSTMCell(2, **biased()), L.GRUCell(2, reset_after=False, **biased()), L.SimpleRNNCell(2, **biased())]
    return classification(Draw("stacked_cells"), 4, seq(L.InputLayer([4, 3]), L.RNN(cells, name="rnn"), head()),
                          penalty_layer="rnn", renamed={
                              f"rnn/stacked_rnn_cells/{cell}_cell/": f"rnn/RNNCell_{i}/"
                              for i, cell in enumerate(["lstm", "gru", "simple_rnn"])})


def case_lstm_masked():
    draw = Draw("lstm_masked")
    case = classification(draw, 5, seq(L.InputLayer([5, 3]), L.Masking(), L.LSTM(3, name="lstm", **biased()), head()))
    for sample, length in enumerate([5, 3, 4, 1, 2]):
        case["x"][0][sample, length:] = 0
    return case


def case_embedding_masked_gru():
    draw = Draw("embedding_masked_gru")
    model = seq(L.InputLayer([6]), L.Embedding(7, 3, mask_zero=True, name="words"),
                L.GRU(2, reset_after=False, name="gru", **biased()), head())
    x = 1 + draw.integers(6, 5, 6)
    x[np.arange(6) >= np.array([6, 4, 5, 2, 3])[:, None]] = 0
    return dict(model=model, x=[x], y=[draw.classes(5, 2)], losses=["categoricalCrossentropy"], penalty_layer="words")


def case_encoder_decoder():
    draw = Draw("encoder_decoder")
    model = seq(L.InputLayer([4]), L.Dense(3, "tanh", name="encode", **biased()), L.RepeatVector(3),
                L.LSTM(2, return_sequences=True, name="decode", recurrent_activation="hard_sigmoid", **biased()),
                L.TimeDistributed(L.Dense(2, **biased()), name="each"))
    return dict(model=model, x=[draw.normal(5, 4)], y=[draw.normal(5, 3, 2)], losses=["meanSquaredError"],
                penalty_layer="encode")


def case_conv_lstm2d():
    draw = Draw("conv_lstm2d")
    model = seq(L.InputLayer([3, 4, 4, 1]), L.ConvLSTM2D(2, 2, name="cells", **biased()), L.GlobalAveragePooling2D(), head())
    return dict(model=model, x=[draw.normal(4, 3, 4, 4, 1)], y=[draw.classes(4, 2)], losses=["categoricalCrossentropy"])
