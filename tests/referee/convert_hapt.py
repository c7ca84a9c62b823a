#!/usr/bin/env python3
"""The `cnn`, `lstm` or `cnn-lstm` of a study on HAPT as Keras files, converted to full-integer by wearlite and by TensorFlow's converter
with the same calibration windows of training persons; accuracy of both by LiteRT on all windows of HAPT's test persons.

    convert_hapt.py HAPT.zip WEARLITE FOLDER MODEL.onnx...   trainings of one network; writes FOLDER/*.keras and *.tflite;
                                                             DRAWS=1 choices of WINDOWS=256; PART=valid: the persons on whom
                                                             choices are made (8 17 19 25), none of the test persons

The excerpt of convert_compare.py has 950 test windows, 0.11 points each; HAPT has three times as many, and each training counts.
An LSTM goes to their converter as tf-keras (Keras 2), which it fuses into the LSTM operator; of Keras 3's it finds a loop, and refuses.
Needs a python3 with tensorflow, keras 3, tf-keras, onnx and ai-edge-litert.
"""
import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import keras
import numpy as np
import onnx

from convert_compare import THEIRS, labels_litert, labels_ours, timed
from onnx_hapt import TEST, labelled, recordings

VALID = (8, 17, 19, 25)  # those `wearlite eval --split valid` takes


def gates(c):
    """ONNX' weights of an LSTM, gates input output forget cell, as Keras orders them: input forget cell output; one bias."""
    w, r, b = c[0][0], c[1][0], c[2][0].reshape(2, -1).sum(0)
    return [np.concatenate([np.split(t, 4)[i] for i in (0, 2, 3, 1)]).T for t in (w, r, b)]


def keras_of(path):
    """The Sequential model that a wearlite `cnn`, `lstm` or `cnn-lstm` file says; other operators end in an error."""
    g = onnx.load(path).graph
    value = {t.name: onnx.numpy_helper.to_array(t) for t in g.initializer}
    model, weights = keras.Sequential([keras.Input((128, 6))]), []
    for n in g.node:
        at = {a.name: onnx.helper.get_attribute_value(a) for a in n.attribute}
        c = [value[i] for i in n.input[1:] if i]
        if n.op_type in ("Transpose", "Squeeze"):
            continue  # to ONNX' order of axes; Keras keeps (time, channels)
        if n.op_type == "BatchNormalization":
            layer = keras.layers.BatchNormalization(epsilon=at["epsilon"])
        elif n.op_type == "Conv":
            c[0] = c[0].transpose(2, 1, 0)
            layer = keras.layers.Conv1D(c[0].shape[2], c[0].shape[0], at["strides"][0], use_bias=len(c) > 1)
        elif n.op_type == "MaxPool":
            layer, c = keras.layers.MaxPooling1D(at["kernel_shape"][0], at["strides"][0]), []
        elif n.op_type == "Reshape":
            layer, c = keras.layers.Reshape([int(d) for d in c[0][1:]]), []
        elif n.op_type == "LSTM":
            layer, c = keras.layers.LSTM(at["hidden_size"]), gates(c)
        elif n.op_type == "Gemm":
            c[0] = c[0].T
            layer = keras.layers.Dense(c[0].shape[1])
        else:
            layer, c = {"Relu": keras.layers.ReLU, "Softmax": keras.layers.Softmax,
                        "ReduceMean": keras.layers.GlobalAveragePooling1D}[n.op_type](), []
        model.add(layer)
        weights.append((layer, c))
    for layer, c in weights:
        layer.set_weights(c)
    return model


def main(archive, tool, folder, *models):
    os.makedirs(folder, exist_ok=True)
    valid = os.environ.get("PART") == "valid"
    judged, unused = (VALID, TEST) if valid else (TEST, ())
    train, x, y = [], [], []
    for person, r, stretches in recordings(archive):
        for window, kind in labelled(r, stretches):
            if person in judged:
                x.append(window)
                y.append(kind)
            elif person not in unused:
                train.append(window)
    train, x, y = np.array(train), np.array(x), np.array(y)
    print("%d windows of other persons to calibrate from, %d %s windows" % (len(train), len(x), "validation" if valid else "test"), flush=True)
    print("| model | float | ours | theirs | ours same | theirs same | our s | their s |\n" + "|---" * 8 + "|")
    windows, rows = folder + "/calibrate.npy", []
    how = {}
    for path in models:
        model = keras_of(path)
        model.save("%s/%s.keras" % (folder, os.path.basename(path)[:-5]))
        how[path] = "keras2" if any(isinstance(l, keras.layers.LSTM) for l in model.layers) else "keras3"
    for seed, path in enumerate(models * int(os.environ.get("DRAWS", 1)), 1):
        base = "%s/%s" % (folder, os.path.basename(path)[:-5])
        rng = np.random.default_rng(seed)
        np.save(windows, train[rng.choice(len(train), int(os.environ.get("WINDOWS", 256)), replace=False)])
        t, done = timed([tool, "convert", base + ".keras", "-t", "full-integer", "-c", windows, "-o", base + "-ours.tflite", "-q"])
        u, did = timed([sys.executable, "-c", THEIRS, base + ".keras", windows, base + "-theirs.tflite", how[path]])
        if done.returncode or did.returncode:
            sys.exit(done.stderr + did.stderr)
        plain = labels_ours(tool, base + ".keras", folder, x)
        a, b = labels_litert(base + "-ours.tflite", x), labels_litert(base + "-theirs.tflite", x)
        rows.append([100 * (p == q).mean() for p, q in ((plain, y), (a, y), (b, y), (a, plain), (b, plain))])
        print("| %s | " % os.path.basename(path) + " | ".join("%.2f %%" % v for v in rows[-1]) + " | %.3f | %.2f |" % (t[0], u[0]), flush=True)
    mean, gap = np.mean(rows, 0), np.array(rows)[:, 1] - np.array(rows)[:, 2]
    gap = gap.reshape(-1, len(models)).mean(0)  # a training's draws are not independent
    print("| **mean** | " + " | ".join("%.2f %%" % v for v in mean) + " | | |")
    print("ours - theirs: %+.2f points, standard error %.2f over the trainings" % (gap.mean(), gap.std(ddof=1) / len(gap) ** 0.5))


if __name__ == "__main__":
    main(*sys.argv[1:])
