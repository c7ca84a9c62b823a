#!/usr/bin/env python3
"""Recurrent layers as TensorFlow's converter leaves them: loops, with TensorFlow's lists or lowered ones, and steps unrolled.

    loop_golden.py [WEARLITE]        run where tests/golden is; writes tests/golden/tflite_loop_* and tflite_unrolled_*

Each case is a small Keras network, converted. The outputs are those of LiteRT's reference kernels, every window from
zeros; a file with Flex operators, which LiteRT's Python package cannot run, has those of Keras. `written_*` are files
that wearlite wrote (technique lite or dynamic), run by LiteRT. Needs a python3 with tensorflow, ai-edge-litert, numpy."""
import os
import subprocess
import sys
import tempfile
from importlib.metadata import version

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
import numpy as np
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from tensorflow import keras

L = keras.layers
N = 4  # windows a case

# name: (channels, flex, optimise, layers)
CASES = {
    "loop_flex_lstm": (2, True, False, lambda: [L.LSTM(3, return_sequences=True), L.LSTM(4), L.Dense(2)]),
    "loop_flex_gru": (2, True, False, lambda: [L.Bidirectional(L.GRU(3, return_sequences=True))]),
    "loop_lstm": (2, False, False, lambda: [L.LSTM(3, return_sequences=True), L.LSTM(3)]),
    "loop_lstm_hard": (2, False, False, lambda: [L.LSTM(3, recurrent_activation="hard_sigmoid", activation="relu")]),
    "loop_bidirectional": (2, False, False, lambda: [L.Bidirectional(L.LSTM(3, return_sequences=True), merge_mode="sum")]),
    "loop_gru_after": (2, False, False, lambda: [L.GRU(3, return_sequences=True)]),
    "loop_gru_before": (2, False, False, lambda: [L.GRU(3, reset_after=False)]),
    "loop_rnn": (2, False, False, lambda: [L.SimpleRNN(3, return_sequences=True), L.SimpleRNN(4, activation="relu")]),
    "loop_dynamic": (18, False, True, lambda: [L.LSTM(18, return_sequences=True), L.GRU(20)]),
    "unrolled_lstm": (2, False, False, lambda: [L.LSTM(3, unroll=True, return_sequences=True), L.LSTM(3, unroll=True)]),
    "unrolled_gru": (2, False, False, lambda: [L.GRU(3, unroll=True, return_sequences=True),
                                               L.GRU(3, unroll=True, reset_after=False)]),
    "unrolled_rnn": (2, False, False, lambda: [L.SimpleRNN(3, unroll=True)]),
    "unrolled_bidirectional": (2, False, False, lambda: [L.Bidirectional(L.LSTM(3, return_sequences=True, unroll=True))]),
    "unrolled_dynamic": (18, False, True, lambda: [L.LSTM(18, unroll=True, return_sequences=True), L.GRU(20, unroll=True)]),
}
WRITTEN = {"loop_gru_after": ("lite", "dynamic", "full-integer"), "loop_lstm_hard": ("lite",), "loop_rnn": ("lite",),
           "loop_gru_before": ("full-integer",), "unrolled_rnn": ("full-integer",), "loop_flex_gru": ("lite", "dynamic")}


def network(name):
    channels, flex, _, layers = CASES[name]
    keras.utils.set_random_seed(sum(map(ord, name)))
    m = keras.Sequential([keras.Input((5, channels), batch_size=None if flex else 1)] + layers())
    rng = np.random.default_rng(1)
    m.set_weights([w + 0.2 * rng.normal(size=w.shape).astype(np.float32) for w in m.get_weights()])  # biases are not 0
    return m


def convert(name, m):
    _, flex, optimise, _ = CASES[name]
    c = tf.lite.TFLiteConverter.from_keras_model(m)
    if flex:
        c.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS, tf.lite.OpsSet.SELECT_TF_OPS]
        c._experimental_lower_tensor_list_ops = False
    if optimise:
        c.optimizations = [tf.lite.Optimize.DEFAULT]
    return c.convert()


def lstm_concat(x, rng):
    """As TensorFlow 1 had it: one product of x and h side by side, gates i j f o, 1 added to the forget gate."""
    k, b = weights(rng, 5, 12), weights(rng, 12)
    xs = tf.TensorArray(tf.float32, 5, element_shape=(1, 2)).unstack(tf.transpose(x, [1, 0, 2]))
    ys = tf.TensorArray(tf.float32, 5, element_shape=(1, 3))

    def body(t, h, c, ys):
        i, j, f, o = tf.split(tf.matmul(tf.concat([xs.read(t), h], 1), k) + b, 4, 1)
        c = c * tf.sigmoid(f + 1.0) + tf.sigmoid(i) * tf.tanh(j)
        h = tf.tanh(c) * tf.sigmoid(o)
        return t + 1, h, c, ys.write(t, h)

    ys = tf.while_loop(lambda t, *_: t < 5, body, (0, tf.zeros((1, 3)), tf.zeros((1, 3)), ys))[3]
    return tf.transpose(ys.stack(), [1, 0, 2])


def gru_difference(x, rng):
    """A product for each gate, h = n + z (h - n)."""
    k, u, b, rb = ([weights(rng, *shape) for _ in range(3)] for shape in ((2, 3), (3, 3), (3,), (3,)))
    xt = tf.transpose(x, [1, 0, 2])

    def body(t, h):
        z = tf.sigmoid(tf.matmul(xt[t], k[0]) + tf.matmul(h, u[0]) + b[0])
        r = tf.sigmoid(tf.matmul(h, u[1]) + b[1] + tf.matmul(xt[t], k[1]))
        n = tf.tanh(tf.matmul(xt[t], k[2]) + b[2] + (tf.matmul(h, u[2]) + rb[2]) * r)
        return t + 1, n + z * (h - n)

    return tf.while_loop(lambda t, h: tf.less(t, 5), body, (0, tf.zeros((1, 3))))[1]


def projected_lstm(x, rng):
    """As PyTorch has it: the inputs' products of all steps at once, then a loop in Python; two biases."""
    p = tf.matmul(tf.reshape(x, [5, 2]), weights(rng, 2, 12)) + weights(rng, 12)
    u, rb, h, c, out = weights(rng, 3, 12), weights(rng, 12), tf.zeros((1, 3)), tf.zeros((1, 3)), []
    for t in range(5):
        i, f, n, o = tf.split(tf.matmul(h, u) + rb + p[t:t + 1], 4, 1)
        c = tf.sigmoid(f) * c + tf.sigmoid(i) * tf.tanh(n)
        h = tf.sigmoid(o) * tf.tanh(c)
        out.append(h)
    return tf.stack(out, 1)


def projected_gru(x, rng):
    p = tf.matmul(x, weights(rng, 2, 9)[None]) + weights(rng, 9)
    u, rb, h, out = weights(rng, 3, 9), weights(rng, 9), tf.zeros((1, 1, 3)), []
    for t in range(5):
        i = tf.split(p[:, t:t + 1], 3, 2)
        g = tf.split(tf.reshape(tf.matmul(tf.reshape(h, [1, 3]), u) + rb, [1, 1, 9]), 3, 2)
        r, z = tf.sigmoid(g[0] + i[0]), tf.sigmoid(g[1] + i[1])
        n = tf.tanh(i[2] + g[2] * r)
        h = (h - n) * z + n
        out.append(h)
    return tf.concat(out, 1)


def weights(rng, *shape):
    return tf.constant(rng.normal(size=shape).astype(np.float32) * 0.5)


def bidirectional(rng, merged):
    """A BIDIRECTIONAL_SEQUENCE_LSTM: no converter of today writes one, files of older ones have them."""
    from tensorflow.lite.python import schema_py_generated as s
    import flatbuffers
    units, channels, steps = 3, 2, 5
    m, g = s.ModelT(), s.SubGraphT()
    m.version, m.subgraphs, m.buffers, g.tensors, g.name = 3, [g], [s.BufferT()], [], b"main"

    def tensor(name, shape, data=None, variable=False):
        t = s.TensorT()
        t.name, t.shape, t.type, t.isVariable = name.encode(), list(shape), s.TensorType.FLOAT32, variable
        if data is not None:
            b = s.BufferT()
            b.data = np.frombuffer(data.astype(np.float32).tobytes(), np.uint8)
            m.buffers.append(b)
            t.buffer = len(m.buffers) - 1
        g.tensors.append(t)
        return len(g.tensors) - 1

    def weights(name, *shape):
        return tensor(name, shape, rng.normal(size=shape) * 0.5)

    inputs = [tensor("x", (1, steps, channels))]
    for d in ("forwards", "backwards"):
        inputs += [weights(f"{d}/kernel{i}", units, channels) for i in range(4)]
        inputs += [weights(f"{d}/recurrent{i}", units, units) for i in range(4)] + [-1, -1, -1]
        inputs += [weights(f"{d}/bias{i}", units) for i in range(4)] + [-1, -1]
    inputs += [tensor(f"state{i}", (1, units), variable=True) for i in range(4)] + [-1] * 9
    outputs = [tensor("y", (1, steps, 2 * units))] if merged else [tensor("f", (1, steps, units)), tensor("b", (1, steps, units))]
    o, c = s.OperatorT(), s.OperatorCodeT()
    o.inputs, o.outputs, o.builtinOptionsType = inputs, outputs, s.BuiltinOptions.BidirectionalSequenceLSTMOptions
    o.builtinOptions = s.BidirectionalSequenceLSTMOptionsT()
    o.builtinOptions.fusedActivationFunction = s.ActivationFunctionType.TANH
    o.builtinOptions.mergeOutputs, o.builtinOptions.timeMajor = merged, False
    c.builtinCode = c.deprecatedBuiltinCode = s.BuiltinOperator.BIDIRECTIONAL_SEQUENCE_LSTM
    c.version = 1
    m.operatorCodes, g.operators, g.inputs, g.outputs = [c], [o], inputs[:1], outputs
    b = flatbuffers.Builder(1024)
    b.Finish(m.Pack(b), b"TFL3")
    return bytes(b.Output())


def run(model, x):
    it = Interpreter(model_content=model, experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
    it.allocate_tensors()
    i, o = it.get_input_details()[0], it.get_output_details()[0]
    out = []
    for row in x:
        it.reset_all_variables()
        it.set_tensor(i["index"], row[None])
        it.invoke()
        out.append(it.get_tensor(o["index"])[0])
    return np.stack(out)


def save(folder, model, x, y, origin, tolerance):
    folder = f"tests/golden/tflite_{folder}"
    os.makedirs(folder, exist_ok=True)
    with open(f"{folder}/model.tflite", "wb") as f:
        f.write(model)
    np.save(f"{folder}/in.npy", x)
    np.save(f"{folder}/out.npy", y)
    with open(f"{folder}/ORIGIN", "w") as f:
        f.write(origin + f"\ntolerance {tolerance:g}\n")


def main():
    wearlite = sys.argv[1] if len(sys.argv) > 1 else "build/wearlite"
    litert = f"out by LiteRT {version('ai-edge-litert')}, reference kernels (BUILTIN_REF)"
    x = np.random.default_rng(4).normal(size=(N, 5, 2)).astype(np.float32)
    for function in (lstm_concat, gru_difference, projected_lstm, projected_gru):
        f = tf.function(lambda v: function(v, np.random.default_rng(7)), [tf.TensorSpec((1, 5, 2))])
        model = tf.lite.TFLiteConverter.from_concrete_functions([f.get_concrete_function()]).convert()
        kind = "unrolled" if "projected" in function.__name__ else "loop"
        save(f"{kind}_{function.__name__}", model, x, run(model, x),
             f"model by TensorFlow {tf.__version__}'s converter (tests/referee/loop_golden.py, {function.__name__})\n" + litert, 1e-5)
    for merged in (False, True):
        model = bidirectional(np.random.default_rng(5), merged)
        save("bidirectional_" + ("merged" if merged else "apart"), model, x, run(model, x),
             "model made by hand (tests/referee/loop_golden.py)\n" + litert, 1e-5)
    for name, (channels, flex, optimise, _) in CASES.items():
        m = network(name)
        model = convert(name, m)
        x = np.random.default_rng(4).normal(size=(N, 5, channels)).astype(np.float32)
        made = f"model by TensorFlow {tf.__version__}'s converter (tests/referee/loop_golden.py, {name})\n"
        if flex:
            save(name, model, x, m.predict(x, verbose=0), made + f"out by Keras {keras.__version__}", 1e-5)
        elif optimise:  # LiteRT quantises the inputs of these products asymmetrically, wearlite symmetrically
            save(name, model, x, run(model, x), made + litert + "; inputs are quantised in another way there", 1e-2)
        else:
            save(name, model, x, run(model, x), made + litert, 1e-5)
        for technique in WRITTEN.get(name, ()):
            with tempfile.TemporaryDirectory() as tmp:
                with open(f"{tmp}/m.tflite", "wb") as f:
                    f.write(model)
                np.save(f"{tmp}/x.npy", np.random.default_rng(2).normal(size=(64, 5, channels)).astype(np.float32))
                subprocess.check_call([wearlite, "convert", f"{tmp}/m.tflite", "-t", technique, "-c", f"{tmp}/x.npy",
                                       "-o", f"{tmp}/o.tflite"])
                with open(f"{tmp}/o.tflite", "rb") as f:
                    ours = f.read()
            # LiteRT computes full-integer gates on floats, wearlite on integers; dynamic ones by other functions
            near = {"full-integer": 1, "dynamic": 5e-5}.get(technique, 1e-5)
            integer = technique == "full-integer"
            given = np.random.default_rng(6).integers(-128, 128, size=x.shape).astype(np.int8) if integer else x
            save(f"written_{name}_{technique}".replace("_loop_", "_").replace("-", "_"), ours, given, run(ours, given),
                 f"model by wearlite convert ({technique}) of tflite_{name}\n" + litert, near)


main()
