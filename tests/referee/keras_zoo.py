#!/usr/bin/env python3
"""Keras models, run by wearlite and by Keras; differences above 1e-5 fail.

    keras_zoo.py WEARLITE [MODEL...]     the given files, or small networks made here, saved as .keras and .h5
                                         (ONLY=name,name: only those)

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


def attention():  # a small transformer
    x = keras.Input((16, 6))
    h = L.Dense(8)(x)
    a = L.MultiHeadAttention(2, 4, value_dim=3)(h, h)
    h = L.LayerNormalization()(L.Add()([h, a]))
    c = L.MultiHeadAttention(2, 4, use_bias=False, output_shape=5)(query=h, value=x, key=x)
    f = L.Dense(8)(L.Dense(16, activation="gelu")(h))
    h = L.LayerNormalization(epsilon=1e-6)(h + f)
    h = L.Concatenate()([h, c])
    return keras.Model(x, L.Dense(3, activation="softmax")(L.GlobalAveragePooling1D()(h)))


def attention_kinds():
    x = keras.Input((12, 6))
    h = L.Conv1D(5, 3, padding="same")(x)
    a = L.Attention(use_scale=True)([h, h])
    b = L.AdditiveAttention()([a, h])
    c = L.Attention(score_mode="concat", use_scale=True)([b, h, h])
    d, scores = L.MultiHeadAttention(1, 4)(c, c, use_causal_mask=True, return_attention_scores=True)
    e = L.Attention()([d, h], use_causal_mask=True)
    pool = L.Dot(axes=1)([L.Softmax(axis=1)(L.Dense(1)(e)), e])
    s = L.Reshape((12, 12))(scores)
    return keras.Model(x, L.Concatenate()([L.Flatten()(pool), L.GlobalMaxPooling1D()(s), L.Flatten()(L.Dot(axes=(2, 2), normalize=True)([e, h]))]))


def normalisations():
    x = keras.Input((12, 8))
    a = L.LayerNormalization(axis=[1, 2])(x)
    b = L.GroupNormalization(groups=4)(a)
    c = L.UnitNormalization()(L.LayerNormalization(rms_scaling=True, center=False)(b))
    d = L.LayerNormalization(center=False, scale=False)(c)
    e = L.RMSNormalization()(d) if hasattr(L, "RMSNormalization") else d
    return keras.Model(x, L.Dense(3)(L.Flatten()(L.LayerNormalization(axis=1)(e))))


def activations():
    x = keras.Input((10, 6))
    out = []
    for name in ("relu", "relu6", "elu", "leaky_relu", "sigmoid", "tanh", "softmax", "gelu", "swish", "hard_sigmoid", "softplus",
                 "softsign", "mish", "exponential", "selu", "hard_swish", "log_softmax"):
        if name in ("mish", "hard_swish", "log_softmax") and not hasattr(keras.activations, name):
            continue
        out.append(L.Dense(3, activation=name)(x))
    out += [L.PReLU()(x), L.PReLU(shared_axes=[1])(x), L.LeakyReLU(negative_slope=0.2)(x), L.ELU(alpha=0.5)(x), L.ReLU(max_value=1.5)(x),
            L.ReLU(negative_slope=0.1, threshold=0.5)(x), L.ReLU(max_value=2.0, negative_slope=0.25, threshold=0.25)(x),
            L.Softmax(axis=1)(x), L.Activation("tanh")(x)]
    return keras.Model(x, L.Concatenate()(out))


def merges():
    x = keras.Input((10, 6))
    a, b, c = L.Dense(4)(x), L.Dense(4)(x), L.Dense(4)(x)
    m = [L.Maximum()([a, b, c]), L.Minimum()([a, b]), L.Subtract()([a, c]), L.Multiply()([a, b, c]), L.Average()([a, b, c])]
    n = L.Normalization(axis=(1, 2), mean=np.linspace(-1, 1, 60).reshape(10, 6), variance=np.linspace(0.5, 3, 60).reshape(10, 6))(x)
    i = L.Normalization(axis=-1, mean=[0.1, 0.2, -1.0, 0.0, 3.0, 0.5], variance=[1.0, 2.0, 0.5, 1.0, 4.0, 0.1], invert=True)(n)
    s = L.Normalization(axis=None, mean=0.5, variance=2.0)(i)
    t = L.Normalization(axis=1, mean=np.linspace(-1, 1, 10), variance=np.linspace(1, 2, 10))(s)
    return keras.Model(x, L.Concatenate()(m + [L.Rescaling([1.0, 2, 3, 4, 5, 6], offset=0.5)(t)]))


def convolutions():
    x = keras.Input((24, 6))
    h = L.Conv1D(8, 3, groups=2, padding="same", activation="relu")(x)
    h = L.Conv1D(16, 3, groups=8, strides=2)(h)
    h = L.DepthwiseConv1D(3, depth_multiplier=2, padding="same")(h)
    h = L.UpSampling1D(3)(h)
    h = L.Conv1D(5, 3, padding="causal", dilation_rate=2)(L.ZeroPadding1D((2, 1))(h))
    k = L.GlobalMaxPooling1D(keepdims=True)(h)
    g = L.GlobalAveragePooling1D(keepdims=True)(L.Cropping1D((1, 2))(h))
    i = L.UpSampling2D((2, 1))(L.Conv2D(4, 3, groups=2, padding="same")(L.Reshape((6, 6, 4))(x)))
    return keras.Model(x, L.Concatenate()([L.Flatten()(k), L.Flatten()(g), L.GlobalAveragePooling2D()(i)]))


def recurrent_kinds():
    x = keras.Input((12, 6))
    a = L.LSTM(5, go_backwards=True, return_sequences=True, use_bias=False)(x)
    b, hf, hb = L.Bidirectional(L.GRU(4, return_sequences=True, return_state=True), merge_mode="mul")(a)
    c = L.RNN(L.LSTMCell(5), return_sequences=True)(b)
    d = L.RNN([L.GRUCell(4), L.SimpleRNNCell(3), L.GRUCell(3, reset_after=False)])(c)
    f, g = L.Bidirectional(L.SimpleRNN(4, return_sequences=True), merge_mode=None)(c)
    s, state = L.GRU(4, return_sequences=True, return_state=True)(f)
    e = L.GRU(4)(g, initial_state=state)
    o, h, _ = L.LSTM(3, return_state=True, unroll=True)(s)
    w = L.Bidirectional(L.LSTM(3), backward_layer=L.LSTM(3, go_backwards=True, activation="relu"))(s)
    return keras.Model(x, L.Concatenate()([d, e, o, h, hf, hb, w]))


def stateful():  # each window goes on from the one before
    x = keras.Input(batch_shape=(1, 5, 6))
    h = L.LSTM(7, stateful=True, return_sequences=True)(x)
    h = L.Bidirectional(L.GRU(4, stateful=True, return_sequences=True))(h)
    h = L.GRU(5, stateful=True, reset_after=False, return_sequences=True)(h)
    h = L.LSTM(5, return_sequences=True)(h)  # not this one
    h = L.SimpleRNN(6, stateful=True, go_backwards=True)(h)
    return keras.Model(x, L.Dense(3, activation="softmax")(h))


def functions():  # between layers, as people write them
    from keras import ops
    x = keras.Input((16, 6))
    h = L.Conv1D(8, 3, padding="same")(x / 9.81 - np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6], np.float32))
    h = ops.relu(2.0 * h + 1.0)
    magnitude = ops.sqrt(ops.sum(ops.square(x[:, :, 0:3]), axis=-1, keepdims=True) + 1e-3)
    parts = ops.split(h, 2, axis=1)
    scores = ops.softmax(ops.matmul(h, ops.transpose(h, (0, 2, 1))) / np.sqrt(8.0), axis=-1)
    out = [h[:, -1, :], h[..., 0], ops.mean(h, axis=1), ops.max(h, axis=[1]), ops.reshape(magnitude, (-1, 16)), ops.min(parts[1], axis=1),
           h[:, 2:9:3, 1], ops.squeeze(ops.expand_dims(h[:, 0], 1), 1), ops.mean(ops.flip(ops.matmul(scores, h), axis=1), axis=1),
           ops.clip(h[:, 1], 0.2, 1.0), ops.abs(-h[:, 3]) ** 2.0, ops.maximum(h[:, 1], h[:, 2]), h[:, ::-2, 3], ops.gelu(h[:, 4]),
           ops.exp(ops.minimum(h[:, 5], 1.0)), ops.log(h[:, 6] + 1.0), ops.max(ops.stack([h[:, 0], h[:, 1]], axis=1), axis=1)]
    return keras.Model(x, L.Concatenate()(out))


def models_inside():  # several inputs and outputs of models inside, called twice; a model repeated over time
    a, b = keras.Input((8, 3)), keras.Input((8, 3))
    m = L.Conv1D(4, 3)(L.Add()([a, b]))
    two = keras.Model([a, b], [L.GlobalMaxPooling1D()(m), L.Flatten()(m)], name="two")
    step = keras.Sequential([keras.Input((8, 6)), L.Conv1D(4, 3, activation="relu"), L.MaxPooling1D(2), L.Flatten(), L.Dense(5)], name="step")
    x = keras.Input((4, 8, 6))
    h = L.LSTM(4)(L.TimeDistributed(step)(x))
    first, last = x[:, 0], x[:, -1]
    p, q = two([first[:, :, :3], first[:, :, 3:]])
    r, s = two([last[:, :, :3], last[:, :, 3:]])
    inner = keras.Sequential([keras.Input((8, 6)), L.Bidirectional(L.GRU(3))], name="inner")
    return keras.Model(x, L.Dense(3)(L.Concatenate()([h, p, q, r, s, inner(first)])))


def einsum():
    x = keras.Input((10, 6))
    a = L.EinsumDense("abc,cd->abd", output_shape=(10, 7), bias_axes="d", activation="relu")(x)
    b = L.EinsumDense("...x,xy->...y", output_shape=4, bias_axes="y")(a)
    c = L.EinsumDense("abc,cde->abde", output_shape=(10, 2, 3), bias_axes="de")(b)
    d = L.EinsumDense("abde,def->abf", output_shape=(10, 5))(c)
    e = L.EinsumDense("abc,bd->adc", output_shape=(3, 5), bias_axes="dc")(d)
    return keras.Model(x, L.Flatten()(e))


def masked():  # no layer behind that would leave samples out
    return keras.Sequential([keras.Input((10, 6)), L.Masking(0.0), L.Dense(4), L.Conv1D(4, 3), L.Flatten(), L.Dense(3)])


GOLDEN = ["cnn.keras", "stateful.keras", "depthwise.h5", "image.keras", "functional.h5", "nested.keras", "nested.h5", "time_distributed.h5",
          "channels_first_dense.keras", "lstm.keras", "lstm.h5", "gru.h5", "attention.keras", "attention.h5", "attention_kinds.keras",
          "normalisations.h5", "activations.h5", "merges.keras", "convolutions.h5", "recurrent_kinds.keras", "recurrent_kinds.h5",
          "functions.keras", "functions.h5", "models_inside.keras", "einsum.h5", "masked.keras"]
ALL = [cnn, depthwise, image, functional, nested, time_distributed, channels_first_dense, lstm, gru, cnn_lstm, attention,
       attention_kinds, normalisations, activations, merges, convolutions, recurrent_kinds, stateful, functions, models_inside, einsum, masked]


def compare(tool, path, model, folder):
    shape = [d for d in model.inputs[0].shape[1:]]
    x = RNG.standard_normal([4] + shape).astype(np.float32)
    if model.inputs[0].shape[0] == 1:
        for layer in model.layers:
            getattr(layer, "reset_state", getattr(layer, "reset_states", lambda: None))()
        want = np.concatenate([np.asarray(model(x[k:k + 1], training=False)) for k in range(len(x))])
    else:
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
    only = [name for name in os.environ.get("ONLY", "").split(",") if name]
    for make in ALL if len(argv) == 2 else []:
        if only and make.__name__ not in only:
            continue
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
