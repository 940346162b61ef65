"""The recurrent cells' equations in NumPy, gate by gate.

`step(x, states, weights, m)` gives the new states, `m` being the dropout mask of `h` on its way
to the gates.
"""

import numpy as np


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def simple_rnn_step(x, states, weights, m=1.0):
    (h,) = states
    w, u, b = weights
    return [np.tanh(x @ w + (m * h) @ u + b)]


def gru_step(x, states, weights, m=1.0):
    """With two rows of biases the reset gate comes after the recurrent product, else before."""
    (h,) = states
    kernel, recurrent, biases = weights
    bias, *recurrent_bias = np.atleast_2d(biases)
    w_z, w_r, w_c = np.split(kernel, 3, -1)
    u_z, u_r, u_c = np.split(recurrent, 3, -1)
    b_z, b_r, b_c = np.split(bias, 3)
    if recurrent_bias:
        d_z, d_r, d_c = np.split(recurrent_bias[0], 3)
        z = sigmoid(x @ w_z + (m * h) @ u_z + b_z + d_z)
        r = sigmoid(x @ w_r + (m * h) @ u_r + b_r + d_r)
        c = np.tanh(x @ w_c + b_c + r * ((m * h) @ u_c + d_c))
    else:
        z = sigmoid(x @ w_z + (m * h) @ u_z + b_z)
        r = sigmoid(x @ w_r + (m * h) @ u_r + b_r)
        c = np.tanh(x @ w_c + (r * m * h) @ u_c + b_c)
    return [z * h + (1 - z) * c]


def lstm_step(x, states, weights, m=1.0):
    kernel, recurrent, bias = weights
    return peephole_lstm_step(x, states, [kernel, recurrent, bias, (0, 0, 0)], m)


def peephole_lstm_step(x, states, weights, m=1.0):
    h, c = states
    kernel, recurrent, bias, (p_i, p_f, p_o) = weights
    w_i, w_f, w_g, w_o = np.split(kernel, 4, -1)
    u_i, u_f, u_g, u_o = np.split(recurrent, 4, -1)
    b_i, b_f, b_g, b_o = np.split(bias, 4)
    i = sigmoid(x @ w_i + (m * h) @ u_i + p_i * c + b_i)
    f = sigmoid(x @ w_f + (m * h) @ u_f + p_f * c + b_f)
    g = np.tanh(x @ w_g + (m * h) @ u_g + b_g)
    c = f * c + i * g
    o = sigmoid(x @ w_o + (m * h) @ u_o + p_o * c + b_o)
    return [o * np.tanh(c), c]


def check_cell(cell, step, shapes):
    """Compares a cell to its equations over several steps, with random weights and state."""
    generator = np.random.default_rng(0)
    cell.build((None, 4))
    assert {weight.name: tuple(weight.shape) for weight in cell.weights} == shapes
    weights = [generator.normal(size=weight.shape) for weight in cell.get_weights()]
    cell.set_weights(weights)
    start = list(generator.normal(size=(np.size(cell.state_size), 3, cell.units)))
    xs = generator.normal(size=(7, 3, 4))

    states = expected = start
    for x in xs:
        output, states = cell(x, states)
        expected = step(x, expected, weights)
        np.testing.assert_array_equal(output, states[0])
        np.testing.assert_allclose(np.stack(states), np.stack(expected), 1e-5, 1e-5)

    states, expected, m = np.float32(start), start, np.float32([[2, 0, 2, 2, 0]] * 3)
    for x in xs:
        states = cell.step(cell.project(np.float32(x)), list(states), m)
        expected = step(x, expected, weights, m)
        np.testing.assert_allclose(np.stack(states), np.stack(expected), 1e-5, 1e-5)


def check_layer_of_steps(layer, step):
    """The same for a sequence layer, made with `return_sequences` and `return_state`."""
    generator = np.random.default_rng(0)
    layer.build((None, None, 4))
    weights = [generator.normal(size=weight.shape) for weight in layer.get_weights()]
    layer.set_weights(weights)
    states = list(generator.normal(size=(len(layer.state_size), 3, layer.units)))
    x = generator.normal(size=(3, 7, 4))

    outputs, *last = layer(x, initial_state=[np.float32(state) for state in states])
    for t in range(7):
        states = step(x[:, t], states, weights)
        np.testing.assert_allclose(outputs[:, t], states[0], 1e-5, 1e-5)
    np.testing.assert_allclose(np.stack(last), np.stack(states), 1e-5, 1e-5)
