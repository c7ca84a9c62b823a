"""Trains the same network on the same windows, batch and epochs in wearlite and in Keras, in one run, and prints
both times and their ratio (wearlite / Keras; below 1: wearlite is faster). No augmentation on either side.

    python3 tests/referee/train_speed.py [--epochs N] [--batch N] [--data NAME] [--model cnn|lstm|gru|cnn-lstm]

Needs tensorflow (which brings keras) and numpy, and onnx to read the network that wearlite wrote, so that Keras
trains exactly the layers of `wearlite train --model M`. Times are those of the epochs with their validation: reading
data, start-up and Keras' tracing of its graph (its first epoch) are left out on both sides. Beside the seconds on the
clock stand those of all processors together, which other work on the machine disturbs less. Exit 1: wearlite is slower.
"""
import argparse
import os
import re
import resource
import subprocess
import tempfile
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import numpy as np
import onnx
import tensorflow as tf
from onnx import numpy_helper
from tensorflow import keras
from tensorflow.keras import layers


def wearlite_run(a, epochs, out):
    """What it printed, and the processor seconds of the whole run."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    r = subprocess.run([a.wearlite, "train", "--data", a.data, "--model", a.model, "--epochs", str(epochs), "--batch",
                        str(a.batch), "--no-augment", "-o", out], check=True, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return r.stdout, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def wearlite_seconds(a, out):
    """Seconds an epoch on the clock (as wearlite measures its training), on the processors, windows of a split."""
    _, start = wearlite_run(a, 1, out)  # reading the data, one epoch
    text, cpu = wearlite_run(a, 1 + a.epochs, out)
    seconds = float(re.search(r"([0-9.]+) s of training", text).group(1))
    done = int(re.search(r"kept epoch \d+ of (\d+)", text).group(1))
    windows = {m[0]: int(m[1]) for m in re.findall(r"^(train|valid|test) +(\d+)", text, re.M)}
    return seconds / done, (cpu - start) / (done - 1), windows


def keras_layers(model):
    """The layers of the ONNX network between the normalisation and the scores."""
    const = {t.name: numpy_helper.to_array(t) for t in model.graph.initializer}
    seq, width, normal = [], 0, 0
    for n in model.graph.node:
        at = {x.name: onnx.helper.get_attribute_value(x) for x in n.attribute}
        if n.op_type == "Conv":
            w = const[n.input[1]]
            pads, stride = at.get("pads", [0, 0, 0, 0]), at.get("strides", [1, 1])[-1]
            if any(pads):
                raise SystemExit("this script knows convolutions without padding only")
            seq.append(layers.Conv1D(w.shape[0], w.shape[-1], strides=stride, use_bias=False))
            width += 1
        elif n.op_type == "BatchNormalization":
            normal += 1
            if normal == 1:
                continue  # the frozen normalisation: done on the data below, as it costs next to nothing
            seq.append(layers.BatchNormalization(momentum=0.95, epsilon=1e-3))
        elif n.op_type == "Relu":
            seq.append(layers.ReLU())
        elif n.op_type == "MaxPool":
            seq.append(layers.MaxPooling1D(at["kernel_shape"][-1]))
        elif n.op_type == "AveragePool":
            seq.append(layers.AveragePooling1D(at["kernel_shape"][-1]))
        elif n.op_type in ("ReduceMean", "GlobalAveragePool"):
            seq.append(layers.GlobalAveragePooling1D())
        elif n.op_type == "Reshape" and len(const[n.input[1]]) == 3:
            seq.append(layers.Reshape([int(v) for v in const[n.input[1]][1:]]))
        elif n.op_type in ("LSTM", "GRU"):
            cell = {"LSTM": layers.LSTM, "GRU": layers.GRU}[n.op_type]
            seq.append(cell(at["hidden_size"], return_sequences=bool(n.output[0])))
        elif n.op_type == "Dropout":
            seq.append(layers.Dropout(0.3))
        elif n.op_type in ("Gemm", "MatMul"):
            seq.append(layers.Dense(max(s for s in const[n.input[1]].shape if s <= 12), activation="softmax"))
    return seq


def keras_seconds(a, net, n, valid, classes, epochs):
    """Seconds an epoch with validation, the first left out. The windows' values do not matter to the time."""
    rng = np.random.default_rng(1)
    x = rng.standard_normal((n + valid, 128, 6)).astype("float32")
    y = keras.utils.to_categorical(rng.integers(0, classes, n + valid), classes)
    model = keras.Sequential([layers.Input((128, 6))] + net)
    model.compile(keras.optimizers.AdamW(3e-3, weight_decay=0.05), keras.losses.CategoricalCrossentropy(
        label_smoothing=0.1), metrics=["accuracy"])
    stamps = []
    model.fit(x[:n], y[:n], batch_size=a.batch, epochs=epochs + 1, verbose=0, validation_data=(x[n:], y[n:]),
              validation_batch_size=256,
              callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=lambda e, l: stamps.append((time.time(), time.process_time())))])
    clock, cpu = ((stamps[-1][i] - stamps[0][i]) / epochs for i in (0, 1))
    return clock, cpu, model.count_params()


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--wearlite", default="build/wearlite")
    p.add_argument("--data", default="hapt")
    p.add_argument("--model", default="cnn")
    p.add_argument("--epochs", type=int, default=5)
    p.add_argument("--batch", type=int, default=64)
    p.add_argument("--rounds", type=int, default=3, help="in turn, to spread what else the machine does")
    a = p.parse_args()
    ours, theirs = [], []
    with tempfile.TemporaryDirectory() as d:
        for k in range(a.rounds):
            out = os.path.join(d, f"{k}.onnx")
            clock, cpu, windows = wearlite_seconds(a, out)
            ours.append((clock, cpu))
            model = onnx.load(out)
            classes = model.graph.output[0].type.tensor_type.shape.dim[-1].dim_value
            clock, cpu, params = keras_seconds(a, keras_layers(model), windows["train"], windows["valid"], classes,
                                               a.epochs)
            theirs.append((clock, cpu))
    print(f"{windows['train']} training windows, batch {a.batch}, {params} Keras parameters, "
          f"tensorflow {tf.__version__}, {os.cpu_count()} processors")
    for i, what in enumerate(("clock", "processors")):
        w, k = ([x[i] for x in side] for side in (ours, theirs))
        print(f"{what}: seconds an epoch, wearlite {['%.3f' % v for v in w]}, Keras {['%.3f' % v for v in k]}; "
              f"ratio of the best {min(w) / min(k):.3f}")
    raise SystemExit(min(x[0] for x in ours) >= min(x[0] for x in theirs))


if __name__ == "__main__":
    main()
