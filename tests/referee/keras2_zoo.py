#!/usr/bin/env python3
"""Models saved by Keras 2, run by wearlite and by it; differences above 1e-5 fail.

    keras2_zoo.py WEARLITE          GOLDEN=tests/golden writes the committed cases

Needs a python3 with tf-keras (the continuation of Keras 2) and tensorflow.
"""
import os
import shutil
import subprocess
import sys
import tempfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import numpy as np
import tf_keras as keras
from tf_keras import layers as L

RNG = np.random.default_rng(0)


def sequence():
    return keras.Sequential([
        L.Conv1D(8, 5, padding="same", activation="relu", input_shape=(40, 6)), L.BatchNormalization(), L.MaxPooling1D(2),
        L.SeparableConv1D(6, 3), L.LeakyReLU(), L.Flatten(), L.Dense(4, activation="softmax")])


def recurrent():  # hard_sigmoid had another slope than in Keras 3
    return keras.Sequential([L.GRU(5, return_sequences=True, input_shape=(20, 6)),
                             L.Bidirectional(L.LSTM(4, recurrent_activation="hard_sigmoid")), L.Dense(3)])


def branches():
    x = keras.Input((20, 6))
    h = L.ReLU(6.0)(L.Add()([L.Conv1D(8, 3, padding="same")(x), L.Conv1D(8, 1)(x)]))
    return keras.Model(x, L.Dense(3)(L.Concatenate()([L.GlobalAveragePooling1D()(h), L.GlobalMaxPooling1D()(h)])))


def nested():  # a model inside of a model: its calls are counted from 1
    part = keras.Sequential([L.Conv1D(4, 3, input_shape=(20, 6)), L.Dense(3)])
    x = keras.Input((20, 6))
    return keras.Model(x, L.Flatten()(part(x)))


def attention():  # keywords of a call, operators of Python, functions of TensorFlow
    import tensorflow as tf
    x = keras.Input((16, 6))
    h = L.LayerNormalization()(L.Dense(8)(x))
    a = L.MultiHeadAttention(2, 4, value_dim=3)(h, h)
    b = L.MultiHeadAttention(2, 4)(query=h + a, value=x, key=x)
    c = L.Attention(use_scale=True)([b, h])
    d = L.AdditiveAttention()([c * 2.0, h])
    m = tf.matmul(d, tf.transpose(h, (0, 2, 1)))
    return keras.Model(x, L.Concatenate()([d[:, -1, :], d[:, 2:9:2, 0], tf.reduce_mean(m, axis=1), tf.reshape(1.0 / (2.0 + tf.exp(d)), (-1, 128)),
                                           tf.split(c, 2, axis=1)[1][:, 0], tf.concat([h[:, 1], h[:, 2]], axis=-1)]))


def recurrent_kinds():
    x = keras.Input((12, 6))
    a = L.LSTM(5, go_backwards=True, return_sequences=True)(x)
    b = L.Bidirectional(L.GRU(4, return_sequences=True), merge_mode="ave")(a)
    c = L.RNN([L.GRUCell(4), L.SimpleRNNCell(3), L.GRUCell(3)], return_sequences=True)(b)
    s, state = L.GRU(4, return_sequences=True, return_state=True)(c)
    e = L.GRU(4)(s, initial_state=state)
    inner = keras.Sequential([L.Bidirectional(L.LSTM(3), input_shape=(12, 4)), L.Dense(3, activation="swish")])
    return keras.Model(x, L.Concatenate()([e, inner(s), L.PReLU()(L.Flatten()(c))]))


GOLDEN = ["recurrent.keras", "nested.h5", "attention.h5", "recurrent_kinds.h5"]
ALL = (sequence, recurrent, branches, nested, attention, recurrent_kinds)


def main(argv):
    folder, passed, total = tempfile.mkdtemp(), 0, 0
    for make in ALL:
        model = make()
        for v in model.variables:  # zeros and ones would hide mistakes
            if "kernel" not in v.name:
                v.assign(v.numpy() + 0.5 * RNG.random(v.shape).astype(np.float32))
        for ext in (".keras", ".h5"):
            path = os.path.join(folder, make.__name__ + ext)
            model.save(path)
            x = RNG.standard_normal((3,) + model.input_shape[1:]).astype(np.float32)
            want = np.asarray(model(x))
            np.save(folder + "/x.npy", x)
            done = subprocess.run([argv[1], "run", path, "--input", folder + "/x.npy", "-o", folder + "/y.npy"],
                                  capture_output=True, text=True)
            error = 9e9 if done.returncode else float(np.max(np.abs(np.load(folder + "/y.npy").reshape(want.shape) - want)))
            print("%s %s: %s" % ("ok  " if error <= 1e-5 else "FAIL", make.__name__ + ext, done.stderr.strip() or error))
            passed += error <= 1e-5
            total += 1
            if os.environ.get("GOLDEN") and make.__name__ + ext in GOLDEN:
                case = "%s/keras_2_%s" % (os.environ["GOLDEN"], make.__name__)
                os.makedirs(case, exist_ok=True)
                shutil.copy(path, case + "/model" + ext)
                np.save(case + "/in.npy", x)
                np.save(case + "/out.npy", want)
                with open(case + "/ORIGIN", "w") as f:
                    f.write("model by tests/referee/keras2_zoo.py\nout by tf-keras %s\ntolerance 1e-05\n" % keras.__version__)
    print("%d passed, %d failed" % (passed, total - passed))
    return passed < total


if __name__ == "__main__":
    sys.exit(main(sys.argv))
