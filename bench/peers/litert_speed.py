#!/usr/bin/env python3
"""Time of evaluating a HAR network over a data set's worth of windows on this machine: wearlite against LiteRT's
default interpreter (XNNPACK included), one thread each, in one run.

usage: make MODE=release build/release/evaluate && bench/peers/litert_speed.py [build/release/evaluate [WINDOWS]]
Needs a python3 with numpy, tensorflow (to make the models) and ai-edge-litert. The network: 128 x 6 windows,
conv 32 k5, pool 2, conv 64 k5, pool 2, conv 64 k5, mean over time, dense 6, softmax; random weights.
The least of seven rounds on both sides, the windows in memory.
LiteRT is timed twice: the evaluation of float windows (quantising them all at once, then a Python loop of set_tensor,
invoke, get_tensor), and the time inside invoke alone, as a program without Python would pay at best.
wearlite's time is bench/evaluate.c on the same model: float windows to float scores.
"""
import os
import subprocess
import sys
import tempfile
import time

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import numpy as np


def make(folder):
    import tensorflow as tf
    K = tf.keras
    tf.random.set_seed(1)
    L = K.layers
    m = K.Sequential([K.Input((128, 6)), L.Conv1D(32, 5, activation="relu"), L.MaxPool1D(2),
                      L.Conv1D(64, 5, activation="relu"), L.MaxPool1D(2), L.Conv1D(64, 5, activation="relu"),
                      L.GlobalAveragePooling1D(), L.Dense(6, activation="softmax")])
    x = np.random.default_rng(1).normal(size=(100, 1, 128, 6)).astype(np.float32)
    for name in ("float", "dynamic", "int8"):
        c = tf.lite.TFLiteConverter.from_keras_model(m)
        if name != "float":
            c.optimizations = [tf.lite.Optimize.DEFAULT]
        if name == "int8":
            c.representative_dataset = lambda: ([v] for v in x)
            c.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
            c.inference_input_type = c.inference_output_type = tf.int8
        open(f"{folder}/{name}.tflite", "wb").write(c.convert())


def litert(path, xs):
    from ai_edge_litert.interpreter import Interpreter
    i = Interpreter(model_path=path, num_threads=1)
    i.allocate_tensors()
    d = i.get_input_details()[0]
    t0 = time.perf_counter()
    if d["dtype"] == np.int8:
        s, z = d["quantization"]
        xs = np.clip(np.round(xs / s) + z, -128, 127).astype(np.int8)
    a, b = d["index"], i.get_output_details()[0]["index"]
    inside = 0.0
    for x in xs:
        i.set_tensor(a, x[None])
        i.invoke()
        i.get_tensor(b)
    loop = time.perf_counter() - t0
    t0 = time.perf_counter()
    for x in xs:
        i.invoke()
    return loop, time.perf_counter() - t0


def main():
    tool = sys.argv[1] if len(sys.argv) > 1 else "build/release/evaluate"
    n = int(sys.argv[2]) if len(sys.argv) > 2 else 2947
    xs = np.random.default_rng(2).normal(size=(n, 128, 6)).astype(np.float32)
    with tempfile.TemporaryDirectory() as d:
        models = os.environ.get("MODELS")
        if not models:
            make(d)
            models = d

        def ours(model):
            out = subprocess.run([tool, model, str(n)], check=True, capture_output=True, text=True,
                                 env={**os.environ, "WEARLITE_THREADS": "1"}).stdout
            return float(out.split()[0]) * 1e-6 * n

        print(f"{n} windows, one thread; microseconds a window")
        for name in ("int8", "float", "dynamic"):
            path = f"{models}/{name}.tflite"
            best = [min(v) for v in zip(*[(*litert(path, xs), ours(path))
                                          for _ in range(7)])]
            loop, inside, mine = [b / n * 1e6 for b in best]
            print(f"{name:8} LiteRT evaluation {loop:7.1f}, invoke alone {inside:7.1f}; wearlite {mine:7.1f}"
                  f" = {mine / loop:.2f} of evaluation, {mine / inside:.2f} of invoke")


if __name__ == "__main__":
    main()
