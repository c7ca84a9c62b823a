#!/usr/bin/env python3
"""Keras models, run by wearlite and by Keras; differences above 1e-5 fail.

    keras_zoo.py WEARLITE [MODEL...]     the given files, or small networks made here, saved as .keras and .h5

Needs a python3 with keras 3 and tensorflow (pip install keras tensorflow-cpu). KEEP=DIR keeps the networks there;
GOLDEN=tests/golden writes the committed cases.
"""
import os
import shutil
import subprocess
import sys
import tempfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import keras
import numpy as np
from keras import layers as L

RNG = np.random.default_rng(1)


def cnn():
    return keras.Sequential([
        keras.Input((40, 6)), L.Conv1D(8, 5, padding="same", activation="relu"), L.BatchNormalization(),
        L.MaxPooling1D(2), L.SpatialDropout1D(0.2), L.Conv1D(12, 3, padding="causal", dilation_rate=2),
        L.LeakyReLU(negative_slope=0.1), L.AveragePooling1D(3, strides=2, padding="same"), L.Flatten(),
        L.Dense(10, activation="elu"), L.Dropout(0.3), L.Dense(4, activation="softmax")])


def depthwise():
    return keras.Sequential([
        keras.Input((40, 6)), L.SeparableConv1D(8, 5, strides=2, depth_multiplier=2, activation="relu"),
        L.DepthwiseConv1D(3, padding="same", use_bias=False), L.BatchNormalization(scale=False), L.ReLU(max_value=6),
        L.Conv1D(5, 1, use_bias=False, activation="tanh"), L.GlobalAveragePooling1D(), L.Dense(3, activation="sigmoid")])


def image():
    return keras.Sequential([
        keras.Input((20, 6, 1)), L.ZeroPadding2D(((1, 2), (0, 1))), L.Conv2D(4, (5, 3), strides=(2, 1), activation="relu"),
        L.DepthwiseConv2D(3, padding="same", depth_multiplier=2), L.SeparableConv2D(6, 3, padding="same"),
        L.MaxPooling2D((2, 1)), L.Cropping2D(((1, 0), (0, 1))), L.GlobalMaxPooling2D(), L.Dense(3, activation="softmax")])


def functional():
    x = keras.Input((32, 6), name="window")
    n = L.Normalization(axis=-1, mean=[0.1, 0.2, -1.0, 0.0, 3.0, 0.5], variance=[1.0, 2.0, 0.5, 1.0, 4.0, 0.1])(x)
    h = L.Conv1D(8, 3, padding="same", activation="relu6")(n)
    r = L.Conv1D(8, 3, padding="same")(h)
    h = L.Activation("relu")(L.Add()([h, r]))
    s = L.Dense(8, activation="sigmoid")(L.Dense(4, activation="relu")(L.GlobalAveragePooling1D()(h)))
    h = L.Multiply()([h, L.Reshape((1, 8))(s)])
    a, b = L.GlobalMaxPooling1D()(h), L.Flatten()(L.Permute((2, 1))(L.ZeroPadding1D(1)(h)))
    h = L.Concatenate()([a, b])
    shared = L.Dense(6, activation="leaky_relu")
    h = L.Average()([shared(h), L.Rescaling(0.5, offset=1.0)(shared(L.Rescaling(2.0)(h)))])
    return keras.Model(x, L.Softmax()(L.Dense(5)(h)))


def nested():
    part = keras.Sequential([keras.Input((16, 4)), L.Conv1D(6, 3), L.BatchNormalization(), L.GlobalMaxPooling1D()], name="part")
    x = keras.Input((16, 8))
    left, right = L.Conv1D(4, 1)(x), L.Conv1D(4, 1)(x)
    y = keras.Input((16, 8))
    inner = keras.Model(y, L.Dense(3)(L.Flatten()(y)), name="inner")
    h = L.Concatenate()([part(left), part(right), inner(x)])
    return keras.Model(x, L.Dense(2)(h))


def time_distributed():
    return keras.Sequential([
        keras.Input((5, 20, 6)), L.TimeDistributed(L.Conv1D(8, 3, activation="relu")), L.TimeDistributed(L.MaxPooling1D(2)),
        L.TimeDistributed(L.BatchNormalization()), L.TimeDistributed(L.Flatten()), L.TimeDistributed(L.Dense(4)),
        L.Reshape((-1,)), L.Dense(3)])


def channels_first_dense():  # without convolutions, which Keras cannot run channels first on a CPU
    return keras.Sequential([keras.Input((6, 20)), L.Permute((2, 1)), L.BatchNormalization(axis=1), L.Reshape((10, 12)),
                             L.Dense(3), L.Flatten(data_format="channels_first"), L.RepeatVector(3), L.Cropping1D(1)])


def lstm():
    return keras.Sequential([
        keras.Input((20, 6)), L.LSTM(7, return_sequences=True), L.Bidirectional(L.LSTM(5, return_sequences=True)),
        L.LSTM(4, go_backwards=True, recurrent_activation="hard_sigmoid"), L.Dense(3)])


def gru():
    x = keras.Input((20, 6))
    h = L.GRU(7, return_sequences=True)(x)
    a = L.Bidirectional(L.GRU(5, reset_after=False), merge_mode="ave")(h)
    b = L.Bidirectional(L.SimpleRNN(5, activation="relu", use_bias=False), merge_mode="sum")(h)
    return keras.Model(x, L.Dense(3)(L.Concatenate()([a, b, L.SimpleRNN(3)(h)])))


def cnn_lstm():
    return keras.Sequential([
        keras.Input((4, 20, 6)), L.TimeDistributed(L.Conv1D(8, 3, activation="relu")), L.TimeDistributed(L.MaxPooling1D(2)),
        L.TimeDistributed(L.Flatten()), L.LSTM(6), L.Dense(3, activation="softmax")])


GOLDEN = ["cnn.keras", "depthwise.h5", "image.keras", "functional.h5", "nested.keras", "nested.h5", "time_distributed.h5",
          "channels_first_dense.keras", "lstm.keras", "lstm.h5", "gru.h5"]
ALL = [cnn, depthwise, image, functional, nested, time_distributed, channels_first_dense, lstm, gru, cnn_lstm]


def compare(tool, path, model, folder):
    shape = [d for d in model.inputs[0].shape[1:]]
    x = RNG.standard_normal([4] + shape).astype(np.float32)
    want = np.asarray(model(x, training=False))
    np.save(folder + "/x.npy", x)
    done = subprocess.run([tool, "run", path, "--input", folder + "/x.npy", "-o", folder + "/y.npy"], capture_output=True, text=True)
    if done.returncode:
        print("FAIL %s: %s" % (path, done.stderr.strip()))
        return False
    got = np.load(folder + "/y.npy").reshape(want.shape)
    error = float(np.max(np.abs(got - want) / np.maximum(1, np.abs(want))))
    print("%s %s: largest difference %.3g" % ("ok  " if error <= 1e-5 else "FAIL", os.path.basename(path), error))
    name, ext = os.path.splitext(os.path.basename(path))
    if os.environ.get("GOLDEN") and name + ext in GOLDEN:
        case = "%s/keras_%s_%s" % (os.environ["GOLDEN"], name, ext[1:])
        os.makedirs(case, exist_ok=True)
        shutil.copy(path, case + "/model" + ext)
        np.save(case + "/in.npy", x)
        np.save(case + "/out.npy", want)
        with open(case + "/ORIGIN", "w") as f:
            f.write("model by tests/referee/keras_zoo.py\nout by Keras %s on TensorFlow\ntolerance 1e-05\n" % keras.__version__)
    return error <= 1e-5


def main(argv):
    folder = os.environ.get("KEEP") or tempfile.mkdtemp()
    os.makedirs(folder, exist_ok=True)
    passed = total = 0
    for path in argv[2:]:
        total += 1
        passed += compare(argv[1], path, keras.models.load_model(path, compile=False), folder)
    for make in ALL if len(argv) == 2 else []:
        keras.utils.set_random_seed(3)
        model = make()
        for v in model.variables:  # zeros and ones would hide mistakes
            if v.dtype == "float32" and "kernel" not in v.path:
                v.assign(np.asarray(v) + RNG.random(v.shape).astype(np.float32) * 0.5)
        for ext in (".keras", ".h5"):
            path = os.path.join(folder, make.__name__ + ext)
            model.save(path)
            total += 1
            passed += compare(argv[1], path, model, folder)
    print("%d passed, %d failed" % (passed, total - passed))
    return passed < total


if __name__ == "__main__":
    sys.exit(main(sys.argv))
