#!/usr/bin/env python3
"""Makes small .tflite files as TensorFlow's own converter leaves them: Keras models with the layers of HAR networks,
each in float, float16, dynamic-range and full int8. tflite_compare.py then compares wearlite with LiteRT on them:

    python3 tests/referee/tflite_zoo.py DIR [MODEL...]
    python3 tests/referee/tflite_compare.py DIR/*.tflite

Run it from the repository's root with a Python that has tensorflow. A model that the converter itself refuses is
reported and left out. tflite_golden.py commits some of these (ZOO there) with their outputs."""
import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers as L

STEPS, CHANNELS = 16, 6
WIDE = 1  # 12: the widths of layers times this; the converter leaves weights of less than 1024 values alone


def signal():
    return keras.Input((STEPS, CHANNELS))


def sequential(*layers):
    return lambda: keras.Sequential([signal(), *[f() for f in layers]])


def functional(f):
    def build():
        x = signal()
        return keras.Model(x, f(x))
    return build


def conv(**k):
    return sequential(lambda: L.Conv1D(8 * WIDE, 3, activation="relu", **k), lambda: L.GlobalAveragePooling1D(),
                      lambda: L.Dense(5, activation="softmax"))


def after_conv(f):
    """A layer between a convolution and a classifier."""
    return sequential(lambda: L.Conv1D(8 * WIDE, 3), f, lambda: L.GlobalAveragePooling1D(),
                      lambda: L.Dense(5, activation="softmax"))


def encoder(x, heads=2, gelu="gelu"):
    """One block of a transformer, as keras.io's time series example has it."""
    y = L.MultiHeadAttention(heads, 4 * WIDE)(x, x)
    x = L.LayerNormalization(epsilon=1e-6)(L.Add()([x, y]))
    y = L.Dense(x.shape[-1])(L.Dense(12 * WIDE, activation=gelu)(x))
    return L.LayerNormalization(epsilon=1e-6)(L.Add()([x, y]))


def classifier(x):
    return L.Dense(5, activation="softmax")(x)


def squeeze_excite(x):
    y = L.Conv1D(8 * WIDE, 3, padding="same", activation="relu")(x)
    s = L.Dense(8 * WIDE, activation="sigmoid")(L.Dense(4 * WIDE, activation="relu")(L.GlobalAveragePooling1D()(y)))
    return classifier(L.GlobalMaxPooling1D()(L.Multiply()([y, L.Reshape((1, 8 * WIDE))(s)])))


def merges(x):
    a, b = L.Dense(6)(x), L.Dense(6, activation="tanh")(x)
    parts = [m()([a, b]) for m in (L.Add, L.Subtract, L.Multiply, L.Maximum, L.Minimum, L.Average, L.Concatenate)]
    return classifier(L.Flatten()(L.Concatenate()(parts)))


def residual_tcn(x):
    for d in (1, 2, 4):
        y = L.Conv1D(CHANNELS, 3, padding="causal", dilation_rate=d, activation="relu")(x)
        x = L.Add()([x, y])
    return classifier(L.Lambda(lambda t: t[:, -1, :])(x))


MODELS = {
    "conv_valid": conv(padding="valid"),
    "conv_same": conv(padding="same"),
    "conv_same_stride": conv(padding="same", strides=2),
    "conv_causal": conv(padding="causal"),
    "conv_valid_dilated": conv(padding="valid", dilation_rate=2),
    "conv_same_dilated": conv(padding="same", dilation_rate=3),
    "conv_causal_dilated": conv(padding="causal", dilation_rate=2),
    "conv_groups": conv(padding="same", groups=2),
    "conv_2d": sequential(lambda: L.Reshape((STEPS, CHANNELS, 1)),
                          lambda: L.Conv2D(4, (3, 3), dilation_rate=(2, 1), activation="relu"),
                          lambda: L.MaxPooling2D((2, 1)), lambda: L.Flatten(), lambda: L.Dense(5)),
    "separable": after_conv(lambda: L.SeparableConv1D(7 * WIDE, 3, padding="same", depth_multiplier=2)),
    "depthwise": after_conv(lambda: L.DepthwiseConv1D(3, padding="same", depth_multiplier=2, strides=2)),
    "batch_norm": after_conv(lambda: L.BatchNormalization()),
    "batch_norm_first": sequential(lambda: L.BatchNormalization(), lambda: L.Flatten(), lambda: L.Dense(5)),
    "normalization": sequential(lambda: L.Normalization(mean=[0.1] * 6, variance=[2.0] * 6), lambda: L.Flatten(),
                                lambda: L.Dense(5, activation="softmax")),
    "layer_norm": sequential(lambda: L.Dense(8 * WIDE), lambda: L.LayerNormalization(), lambda: L.Flatten(), lambda: L.Dense(5)),
    "group_norm": after_conv(lambda: L.GroupNormalization(4)),
    "unit_norm": sequential(lambda: L.Flatten(), lambda: L.Dense(8 * WIDE), lambda: L.UnitNormalization(), lambda: L.Dense(5)),
    "attention": functional(lambda x: classifier(L.GlobalAveragePooling1D()(L.MultiHeadAttention(2, 4 * WIDE)(x, x)))),
    "attention_dot": functional(lambda x: classifier(L.Flatten()(L.Attention()([L.Dense(4)(x), L.Dense(4)(x)])))),
    "transformer": functional(lambda x: classifier(L.GlobalAveragePooling1D()(encoder(L.Dense(8 * WIDE)(x))))),
    "gelu": after_conv(lambda: L.Activation("gelu")),
    "gelu_tanh": after_conv(lambda: L.Activation(lambda x: keras.activations.gelu(x, approximate=True))),
    "hard_swish": after_conv(lambda: L.Activation(keras.activations.hard_swish)),
    "hard_sigmoid": after_conv(lambda: L.Activation("hard_sigmoid")),
    "silu": after_conv(lambda: L.Activation("silu")),
    "elu": after_conv(lambda: L.ELU()),
    "selu": after_conv(lambda: L.Activation("selu")),
    "leaky_relu": after_conv(lambda: L.LeakyReLU(negative_slope=0.2)),
    "prelu": after_conv(lambda: L.PReLU(alpha_initializer=keras.initializers.Constant(0.3))),
    "prelu_shared": after_conv(lambda: L.PReLU(alpha_initializer=keras.initializers.Constant(0.3), shared_axes=[1])),
    "relu6": after_conv(lambda: L.ReLU(6.0)),
    "softplus": after_conv(lambda: L.Activation("softplus")),
    "exponential": after_conv(lambda: L.Activation("exponential")),
    "log_softmax": after_conv(lambda: L.Activation("log_softmax")),
    "global_max": sequential(lambda: L.Conv1D(8 * WIDE, 3), lambda: L.GlobalMaxPooling1D(), lambda: L.Dense(5)),
    "pools": sequential(lambda: L.Conv1D(8 * WIDE, 3, padding="same"), lambda: L.MaxPooling1D(3, 2, padding="same"),
                        lambda: L.AveragePooling1D(2), lambda: L.Flatten(), lambda: L.Dense(5)),
    "reshape": sequential(lambda: L.Reshape((STEPS // 2, 2, CHANNELS)), lambda: L.Permute((2, 1, 3)),
                          lambda: L.Reshape((-1, 12)), lambda: L.Dense(4, activation="relu"), lambda: L.Flatten(),
                          lambda: L.Dense(5)),
    "crop_pad": sequential(lambda: L.Cropping1D((2, 3)), lambda: L.ZeroPadding1D((1, 2)), lambda: L.Conv1D(4, 3),
                           lambda: L.UpSampling1D(2), lambda: L.Flatten(), lambda: L.Dense(5)),
    "repeat": functional(lambda x: classifier(L.Flatten()(L.Concatenate()(
        [x, L.RepeatVector(STEPS)(L.GlobalMaxPooling1D()(x))])))),
    "merges": functional(merges),
    "squeeze_excite": functional(squeeze_excite),
    "tcn": functional(residual_tcn),
    "choose": functional(lambda x: classifier(L.Flatten()(keras.ops.where(x > 0.1, L.Dense(6)(x), x * 0.5)))),
    "arg_max": functional(lambda x: L.Lambda(lambda t: tf.argmax(t, -1, tf.int32))(L.Dense(5)(L.Flatten()(x)))),
    "arg_max_64": functional(lambda x: L.Lambda(lambda t: tf.argmax(t, -1))(L.Dense(5)(L.Flatten()(x)))),
    "statistics": functional(lambda x: classifier(L.Concatenate()(
        [keras.ops.mean(x, 1), keras.ops.std(x, 1), keras.ops.max(x, 1), keras.ops.min(x, 1),
         keras.ops.sqrt(keras.ops.sum(keras.ops.square(x), 1)), keras.ops.max(keras.ops.abs(x), 1)]))),
    "magnitude": functional(lambda x: classifier(L.Flatten()(keras.ops.log(
        1 + keras.ops.sqrt(keras.ops.sum(x[:, :, :3] ** 2, -1, keepdims=True)))))),
    "backwards": functional(lambda x: classifier(L.Flatten()(L.Conv1D(4, 3)(keras.ops.flip(x, 1))))),
    "pick": functional(lambda x: classifier(L.Flatten()(keras.ops.take(L.Dense(6)(x), [4, 0, 2], axis=-1)))),
}

TECHNIQUES = "float", "float16", "dynamic", "int8"


def build(name, wide=1):
    global WIDE
    WIDE = wide
    keras.utils.set_random_seed(sum(map(ord, name)))
    model = MODELS[name]()
    rng = np.random.default_rng(3)  # weights that nothing hides behind: statistics of batch norm, biases
    for w in model.weights:
        if "seed" not in w.path and w.dtype == "float32" and "normalization/" not in w.path.replace("batch_n", ""):
            v = rng.normal(size=w.shape) * 0.3 + (1 if "gamma" in w.path or "variance" in w.path else 0)
            w.assign(np.abs(v) + 0.1 if "variance" in w.path else v)
    return model


def convert(model, technique):
    """The bytes of the .tflite; ends of int8 models are int8."""
    shape = (1,) + model.input_shape[1:]
    rng = np.random.default_rng(2)
    c = tf.lite.TFLiteConverter.from_keras_model(model)
    if technique != "float":
        c.optimizations = [tf.lite.Optimize.DEFAULT]
    if technique == "float16":
        c.target_spec.supported_types = [tf.float16]
    if technique == "int8":
        c.representative_dataset = lambda: ([rng.normal(size=shape).astype(np.float32)] for _ in range(30))
        c.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        c.inference_input_type = c.inference_output_type = tf.int8
    try:
        return c.convert()
    except Exception:
        if technique != "int8":
            raise
        c.target_spec.supported_ops += [tf.lite.OpsSet.TFLITE_BUILTINS]  # some operators have no int8 kernel
        c.inference_input_type = c.inference_output_type = tf.float32
        return c.convert()


def main():
    if len(sys.argv) < 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    folder = sys.argv[1]
    os.makedirs(folder, exist_ok=True)
    for name in sys.argv[2:] or MODELS:
        for t in TECHNIQUES:
            try:
                bytes_ = convert(build(name, 12 if t == "dynamic" else 1), t)
            except Exception as e:
                print(f"{name} {t}: the converter does not write it: {str(e)[:200]}")
                continue
            with open(f"{folder}/{name}_{t}.tflite", "wb") as f:
                f.write(bytes_)


if __name__ == "__main__":
    main()
