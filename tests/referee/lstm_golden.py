#!/usr/bin/env python3
"""LSTMs in .tflite files: LiteRT's word on what wearlite writes.

    lstm_golden.py [WEARLITE]        run where tests/golden is; writes tests/golden/tflite_lstm_*

A Keras network (an LSTM of sequences, a bidirectional one, one backwards) is converted by `wearlite convert` with each
technique, LiteRT's reference kernels run the file, every window from zeros. TensorFlow's own converter leaves the LSTMs
of Keras 3 as WHILE loops. Needs a python3 with tensorflow, ai-edge-litert and numpy.
"""
import os
import subprocess
import sys
import tempfile
from importlib.metadata import version

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from tensorflow import keras

TECHNIQUES = {"lite": ("float", 1e-6), "dynamic": ("dynamic", 2e-2), "full-integer": ("int8", 0)}


def network():
    keras.utils.set_random_seed(8)
    return keras.Sequential([
        keras.Input((14, 3)),
        keras.layers.LSTM(7, return_sequences=True),
        keras.layers.Bidirectional(keras.layers.LSTM(5, return_sequences=True)),
        keras.layers.LSTM(6, go_backwards=True),
    ])


def main():
    wearlite = sys.argv[1] if len(sys.argv) > 1 else "build/wearlite"
    rng = np.random.default_rng(3)
    with tempfile.TemporaryDirectory() as tmp:
        network().save(f"{tmp}/m.keras")
        np.save(f"{tmp}/x.npy", rng.normal(size=(64, 14, 3)).astype(np.float32))
        for technique, (name, tolerance) in TECHNIQUES.items():
            folder = f"tests/golden/tflite_lstm_{name}"
            os.makedirs(folder, exist_ok=True)
            subprocess.check_call([wearlite, "convert", f"{tmp}/m.keras", "-t", technique, "-c", f"{tmp}/x.npy",
                                   "-o", f"{folder}/model.tflite"])
            it = Interpreter(f"{folder}/model.tflite", experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
            it.allocate_tensors()
            i, o = it.get_input_details()[0], it.get_output_details()[0]
            x = (rng.normal(size=(20, 14, 3)) * 1.2).astype(np.float32)
            if i["dtype"] == np.int8:
                x = rng.integers(-128, 128, size=x.shape).astype(np.int8)
            out = []
            for row in x:
                it.reset_all_variables()
                it.set_tensor(i["index"], row[None])
                it.invoke()
                out.append(it.get_tensor(o["index"])[0])
            np.save(f"{folder}/in.npy", x)
            np.save(f"{folder}/out.npy", np.stack(out))
            with open(f"{folder}/ORIGIN", "w") as f:
                f.write(f"model by wearlite convert ({technique}) of a Keras {keras.__version__} network in "
                        f"tests/referee/lstm_golden.py\n"
                        f"out by LiteRT {version('ai-edge-litert')}, reference kernels (BUILTIN_REF), variables reset\n"
                        f"tolerance {tolerance:g}\n")


main()
