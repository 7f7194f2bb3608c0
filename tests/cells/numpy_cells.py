"""The cells once more, in float64 NumPy, written from their papers gate by gate and without looking at ours.

Each takes a dictionary of matrices per gate (W, U [h d], [h h] and vectors, for column vectors x and h, as papers write
them) and one sequence [t d]; it gives h at every step.
"""

import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def lstm(p, xs, h, c):
    """Gers, Schmidhuber & Cummins 2000, with tanh for their g and h functions."""
    hs = []
    for x in xs:
        i = sigmoid(p["W_i"] @ x + p["U_i"] @ h + p["b_i"])
        f = sigmoid(p["W_f"] @ x + p["U_f"] @ h + p["b_f"])
        o = sigmoid(p["W_o"] @ x + p["U_o"] @ h + p["b_o"])
        g = np.tanh(p["W_g"] @ x + p["U_g"] @ h + p["b_g"])
        c = f * c + i * g
        h = o * np.tanh(c)
        hs.append(h)
    return np.array(hs)


def peephole_lstm(p, xs, h, c):
    """Graves 2013, eqs. 7-11: W_ci, W_cf, W_co are diagonal, and the output gate sees the new cell."""
    hs = []
    for x in xs:
        i = sigmoid(p["W_i"] @ x + p["U_i"] @ h + np.diag(p["p_i"]) @ c + p["b_i"])
        f = sigmoid(p["W_f"] @ x + p["U_f"] @ h + np.diag(p["p_f"]) @ c + p["b_f"])
        c = f * c + i * np.tanh(p["W_g"] @ x + p["U_g"] @ h + p["b_g"])
        o = sigmoid(p["W_o"] @ x + p["U_o"] @ h + np.diag(p["p_o"]) @ c + p["b_o"])
        h = o * np.tanh(c)
        hs.append(h)
    return np.array(hs)


def odyssey(p, xs, h, c, gates=None, *, variant):
    """Greff et al. 2017, section III: the vanilla LSTM, and what each variant changes in it."""
    p = {"p_i": 0, "p_f": 0, "p_o": 0} | p
    i, f, o = np.zeros((3, len(h))) if gates is None else np.split(gates, 3)
    hs = []
    for x in xs:
        before = dict.fromkeys("ifo", 0)
        if variant == "fgr":
            before = {gate: p[f"R_i{gate}"] @ i + p[f"R_f{gate}"] @ f + p[f"R_o{gate}"] @ o for gate in "ifo"}

        def net(gate, h=h, x=x):
            return p[f"W_{gate}"] @ x + p[f"U_{gate}"] @ h + p[f"b_{gate}"]

        i = np.ones_like(h) if variant == "nig" else sigmoid(net("i") + p["p_i"] * c + before["i"])
        if variant == "nfg":
            f = np.ones_like(h)
        elif variant == "cifg":
            f = 1 - i
        else:
            f = sigmoid(net("f") + p["p_f"] * c + before["f"])
        z = net("g") if variant == "niaf" else np.tanh(net("g"))
        c = z * i + c * f
        o = np.ones_like(h) if variant == "nog" else sigmoid(net("o") + p["p_o"] * c + before["o"])
        h = (c if variant == "noaf" else np.tanh(c)) * o
        hs.append(h)
    return np.array(hs)


def gru(p, xs, h):
    """Cho et al. 2014, arXiv v1: r * (U h), z keeps the old state; the recurrent bias is cuDNN's."""
    hs = []
    for x in xs:
        r = sigmoid(p["W_r"] @ x + p["U_r"] @ h + p["b_r"])
        z = sigmoid(p["W_z"] @ x + p["U_z"] @ h + p["b_z"])
        candidate = np.tanh(p["W_n"] @ x + p["b_n"] + r * (p["U_n"] @ h + p["u_n"]))
        h = z * h + (1 - z) * candidate
        hs.append(h)
    return np.array(hs)


def gru_reset_before(p, xs, h):
    """Chung et al. 2014, eqs. 5-8: U (r * h), z opens to the candidate."""
    hs = []
    for x in xs:
        z = sigmoid(p["W_z"] @ x + p["U_z"] @ h + p["b_z"])
        r = sigmoid(p["W_r"] @ x + p["U_r"] @ h + p["b_r"])
        candidate = np.tanh(p["W_n"] @ x + p["U_n"] @ (r * h) + p["b_n"])
        h = (1 - z) * h + z * candidate
        hs.append(h)
    return np.array(hs)


def rnn(p, xs, h, activation=np.tanh):
    """Elman 1990."""
    hs = []
    for x in xs:
        h = activation(p["W"] @ x + p["U"] @ h + p["b"])
        hs.append(h)
    return np.array(hs)


def identity(x):
    return x


def g(x):
    """Feng et al. 2024, appendix B."""
    return np.array([v + 0.5 if v >= 0 else sigmoid(v) for v in x])


def min_gru(p, xs, h, candidate=identity):
    """Feng et al. 2024, section 3.1."""
    hs = []
    for x in xs:
        z = sigmoid(p["W_z"] @ x + p["b_z"])
        h = (1 - z) * h + z * candidate(p["W_n"] @ x + p["b_n"])
        hs.append(h)
    return np.array(hs)


def min_lstm(p, xs, h, candidate=identity):
    """Feng et al. 2024, section 3.2."""
    hs = []
    for x in xs:
        f = sigmoid(p["W_f"] @ x + p["b_f"])
        i = sigmoid(p["W_i"] @ x + p["b_i"])
        f, i = f / (f + i), i / (f + i)
        h = f * h + i * candidate(p["W_n"] @ x + p["b_n"])
        hs.append(h)
    return np.array(hs)


def layer_norm(z, gain, bias=0.0, epsilon=1e-5):
    """Ba, Kiros & Hinton 2016, eq. 4, with the epsilon that everybody adds to the variance."""
    return gain * (z - np.mean(z)) / np.sqrt(np.var(z) + epsilon) + bias


def layer_norm_lstm(p, xs, h, c):
    """Ba, Kiros & Hinton 2016, eqs. 20-22: the stacked gates are normalised as a whole."""
    hs = []
    order = "ifgo"
    W, U = (np.concatenate([p[f"{name}_{k}"] for k in order]) for name in "WU")
    b = np.concatenate([p[f"b_{k}"] for k in order])
    for x in xs:
        gates = layer_norm(U @ h, p["a_1"]) + layer_norm(W @ x, p["a_2"]) + b
        i, f, g, o = np.split(gates, 4)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(layer_norm(c, p["a_3"], p["b_3"]))
        hs.append(h)
    return np.array(hs)
