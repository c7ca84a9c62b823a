#!/usr/bin/env python3
"""Recurrent layers that keep their state from window to window (Keras' stateful=True), in .tflite files.

    stateful_golden.py WEARLITE      run where tests/golden is; writes tests/golden/tflite_stateful_* and
                                     tflite_written_stateful_*

tflite_stateful_* are files of TensorFlow's converter (resource variables around loops), tflite_written_stateful_* what
wearlite wrote of the same Keras model. The outputs are those of LiteRT's reference kernels over the windows in order,
nothing reset between them. Needs a python3 with tensorflow, ai-edge-litert, numpy."""
import os
import subprocess
import sys
import tempfile
from importlib.metadata import version

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
import keras
import numpy as np
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter, OpResolverType

L = keras.layers
STEPS, CHANNELS, N = 5, 3, 4
CASES = {
    "lstm": lambda x: L.LSTM(4, stateful=True)(L.LSTM(5, stateful=True, return_sequences=True)(x)),
    "gru": lambda x: L.GRU(4, stateful=True, reset_after=False)(L.GRU(5, stateful=True, return_sequences=True)(x)),
    "mixed": lambda x: L.LSTM(4)(L.SimpleRNN(5, stateful=True, return_sequences=True)(x)),
}
WRITTEN = {"lstm": ("lite", "dynamic", "full-integer"), "gru": ("lite", "dynamic", "full-integer"), "mixed": ("lite",)}


def network(name):
    keras.utils.set_random_seed(7)
    x = keras.Input(batch_shape=(1, STEPS, CHANNELS))
    m = keras.Model(x, CASES[name](x))
    rng = np.random.default_rng(1)
    m.set_weights([w + 0.2 * rng.normal(size=w.shape).astype(np.float32) for w in m.get_weights()])  # biases are not 0
    return m


def convert(m):
    module = tf.Module()
    module.weights = [w.value for w in m.weights] + [s.value for l in m.layers for s in (getattr(l, "states", None) or [])]
    module.f = tf.function(lambda x: m(x), input_signature=[tf.TensorSpec((1, STEPS, CHANNELS), tf.float32)])
    with tempfile.TemporaryDirectory() as tmp:
        tf.saved_model.save(module, tmp, signatures=module.f)
        c = tf.lite.TFLiteConverter.from_saved_model(tmp)
        c.experimental_enable_resource_variables = True
        return c.convert()


def run(model, x):
    i = Interpreter(model_content=model, experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
    i.allocate_tensors()
    inp, out, y = i.get_input_details()[0], i.get_output_details()[0], []
    if inp["dtype"] == np.int8:
        scale, zero = inp["quantization"]
        x = np.clip(np.round(x / np.float32(scale)) + zero, -128, 127).astype(np.int8)
    for w in x:
        i.set_tensor(inp["index"], w[None])
        i.invoke()
        y.append(i.get_tensor(out["index"])[0].copy())
    return x, np.stack(y)


def save(name, model, x, origin, integer=0):
    folder = "tests/golden/tflite_%s" % name
    os.makedirs(folder, exist_ok=True)
    x, y = run(model, x)
    open(folder + "/model.tflite", "wb").write(model)
    np.save(folder + "/in.npy", x)
    np.save(folder + "/out.npy", y)
    # dynamic: what wearlite's logistic and tanh of int8 layers differ from LiteRT's, in h (docs/recurrent.md)
    tolerance = "tolerance %s\n" % (integer if y.dtype == np.int8 else "5e-05" if "dynamic" in name else "1e-05")
    open(folder + "/ORIGIN", "w").write("%s\nout by LiteRT %s, reference kernels (BUILTIN_REF), windows in order\n%s" %
                                        (origin, version("ai-edge-litert"), tolerance))


def main():
    rng = np.random.default_rng(2)
    for name in CASES:
        m = network(name)
        x = rng.normal(size=(N, STEPS, CHANNELS)).astype(np.float32) + rng.normal(size=(N, 1, CHANNELS)).astype(np.float32)
        for layer in m.layers:
            getattr(layer, "reset_state", getattr(layer, "reset_states", lambda: None))()
        save("stateful_" + name, convert(m), x, "model by TensorFlow %s's converter (tests/referee/stateful_golden.py)" % tf.__version__)
        with tempfile.TemporaryDirectory() as tmp:
            m.save(tmp + "/m.keras")
            np.save(tmp + "/x.npy", rng.normal(size=(64, STEPS, CHANNELS)).astype(np.float32) * 1.5)
            for t in WRITTEN[name]:
                subprocess.run([sys.argv[1], "convert", tmp + "/m.keras", "-t", t, "-c", tmp + "/x.npy", "-o", tmp + "/m.tflite"], check=True)
                save("written_stateful_%s_%s" % (name, t.replace("-", "_")), open(tmp + "/m.tflite", "rb").read(), x,
                     "model by wearlite convert (%s) of a stateful Keras model (tests/referee/stateful_golden.py)" % t,
                     1 if name == "gru" else 0)  # LiteRT computes these gates on floats, wearlite on integers


if __name__ == "__main__":
    main()
