#!/usr/bin/env python3
"""Makes tests/golden/tflite_*: tiny models by TensorFlow's own converter, with the outputs of LiteRT's reference
kernels. Run it from the repository's root with a Python that has tensorflow, ai-edge-litert and tflite-micro:

    python3 tests/referee/tflite_golden.py [CASE...]

Each case is a folder: model.tflite, in.npy (n, inputs), out.npy (n, outputs), ORIGIN. Integers are compared byte for
byte, floats within the tolerance that ORIGIN states. The conversion is seeded, but its bytes change with TensorFlow's version;
that is why the results are committed."""
import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
import numpy as np
import tensorflow as tf
import tflite_zoo
import ai_edge_litert
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from importlib.metadata import version

N = 3  # inputs a case


def weights(rng, *shape):
    return tf.constant(rng.normal(size=shape).astype(np.float32) * 0.5)


def conv(rng, x, kw, out, stride=1, dilation=1, padding="VALID", kh=1, act=tf.nn.relu, bias=True):
    w = weights(rng, kh, kw, x.shape[-1], out)
    y = tf.nn.conv2d(x, w, [1, 1 if kh == 1 else stride, stride, 1], padding, dilations=[1, 1, dilation, 1])
    if bias:
        y = y + weights(rng, out)
    return act(y) if act else y


def depthwise(rng, x, kw, padding, stride=1, multiplier=1):
    w = weights(rng, 1, kw, x.shape[-1], multiplier)
    return tf.nn.depthwise_conv2d(x, w, [1, stride, stride, 1], padding) + weights(rng, x.shape[-1] * multiplier)


def dense(rng, x, out):
    return tf.matmul(x, weights(rng, x.shape[-1], out)) + weights(rng, out)


# name: (shape of the input, function of it)
NETS = {
    "conv_valid": ((1, 1, 24, 6), lambda r, x: conv(r, x, 5, 8)),
    "conv_same": ((1, 1, 23, 5), lambda r, x: conv(r, x, 4, 7, padding="SAME", act=None)),
    "conv_stride": ((1, 1, 24, 6), lambda r, x: conv(r, x, 3, 9, stride=2, padding="SAME", act=tf.nn.relu6)),
    "conv_dilation": ((1, 1, 24, 3), lambda r, x: conv(r, x, 3, 4, dilation=2)),
    "conv_2d": ((1, 9, 11, 2), lambda r, x: conv(r, x, 3, 5, kh=5, stride=2, padding="SAME")),
    "conv_h": ((1, 20, 1, 3), lambda r, x: tf.nn.relu(tf.nn.conv2d(x, weights(r, 4, 1, 3, 6), [1, 2, 1, 1], "SAME"))),
    "depthwise": ((1, 1, 24, 6), lambda r, x: depthwise(r, x, 3, "SAME")),
    "depthwise_multiplier": ((1, 1, 17, 3), lambda r, x: depthwise(r, x, 5, "VALID", stride=2, multiplier=3)),
    "dense": ((1, 37), lambda r, x: dense(r, x, 11)),
    "dense_relu": ((1, 64), lambda r, x: tf.nn.relu(dense(r, x, 16))),
    "hybrid_conv": ((1, 1, 20, 16), lambda r, x: conv(r, x, 5, 16, padding="SAME")),
    "hybrid_dense": ((1, 64), lambda r, x: dense(r, x, 24)),
    "max_pool": ((1, 1, 15, 6), lambda r, x: tf.nn.max_pool2d(x, [1, 1, 3, 1], [1, 1, 2, 1], "SAME")),
    "average_pool": ((1, 1, 15, 6), lambda r, x: tf.nn.avg_pool2d(x, [1, 1, 4, 1], [1, 1, 3, 1], "SAME")),
    "mean": ((1, 1, 19, 7), lambda r, x: tf.reduce_mean(conv(r, x, 1, 7), axis=[1, 2])),
    "global_max": ((1, 19, 7), lambda r, x: tf.reduce_max(x, axis=1)),
    "add": ((1, 1, 16, 4), lambda r, x: tf.nn.relu(conv(r, x, 3, 4, padding="SAME", act=None) + x)),
    "mul": ((1, 1, 16, 4), lambda r, x: conv(r, x, 3, 4, padding="SAME", act=None) * x),
    "sub": ((1, 12, 4), lambda r, x: x - tf.constant([[0.25, -1.5, 2.0, 0.1]])),
    "relu": ((1, 40), lambda r, x: tf.nn.relu(x)),
    "leaky_relu": ((1, 40), lambda r, x: tf.nn.leaky_relu(x, 0.2)),
    "tanh": ((1, 40), lambda r, x: tf.tanh(x)),
    "logistic": ((1, 40), lambda r, x: tf.sigmoid(x)),
    "softmax": ((1, 12), lambda r, x: tf.nn.softmax(x * 2)),
    "pad": ((1, 4, 5, 2), lambda r, x: tf.pad(x, [[0, 0], [1, 2], [0, 3], [0, 0]])),
    "transpose": ((1, 4, 5, 2), lambda r, x: tf.transpose(x, [0, 2, 3, 1])),
    "concatenation": ((1, 6, 4), lambda r, x: tf.concat([x, tf.nn.relu(x)], axis=-1)),
    "strided_slice": ((1, 12, 4), lambda r, x: x[:, 2:11:3, 1:]),
    "slice_back": ((1, 12, 4), lambda r, x: x[:, 9::-2, 2::-1]),
    "split": ((1, 10, 6), lambda r, x: tf.concat(tf.split(x, 3, axis=-1)[::-1], axis=1)),
    "split_sizes": ((1, 10, 6), lambda r, x: tf.concat(tf.split(x, [1, 2, 3], axis=-1)[::-1], axis=2)),
    "stack": ((1, 10, 6), lambda r, x: tf.stack(tf.unstack(x, axis=2)[1:4], axis=1)),
    "gather": ((1, 10, 6), lambda r, x: tf.gather(x, 3, axis=1)),
    "gather_computed": ((1, 10, 6), lambda r, x: tf.gather(tf.constant(r.normal(size=(6, 4)).astype(np.float32)),
                                                          tf.argmax(x, -1, output_type=tf.int32), axis=0)),
    "reverse": ((1, 10, 6), lambda r, x: tf.reverse(x, [1, 2])),
    "mirror_pad": ((1, 7, 6), lambda r, x: tf.pad(tf.pad(x, [[0, 0], [2, 3], [0, 0]], "REFLECT"),
                                                  [[0, 0], [0, 0], [1, 2]], "SYMMETRIC")),
    "pad_value": ((1, 7, 6), lambda r, x: tf.pad(x, [[0, 0], [2, 1], [0, 3]], constant_values=-0.75)),
    "broadcast": ((1, 1, 6), lambda r, x: tf.concat([tf.broadcast_to(x, [1, 5, 6]), tf.zeros((1, 2, 6))], 1)),
    "add_n": ((1, 10, 6), lambda r, x: tf.raw_ops.AddN(inputs=[x, tf.nn.relu(x), tf.tanh(x)])),
    "l2_normalization": ((1, 10, 6), lambda r, x: tf.math.l2_normalize(x, -1)),
    "pow": ((1, 10, 6), lambda r, x: tf.pow(tf.abs(x) + 0.1, tf.constant([[[0.5, 1.0, 2.0, -1.0, 3.0, 0.0]]]))),
    "logical": ((1, 10, 6), lambda r, x: tf.where(((x > 0.1) & (x < 1)) | tf.logical_not(x >= -0.5), x, x * 0.25)),
    "dense_computed": ((1, 8, 6), lambda r, x: tf.matmul(x[0], tf.tanh(x[0]), transpose_b=True)[None]),
    "arithmetic": ((1, 10, 6), lambda r, x: tf.concat(
        [-x, tf.sign(x), tf.sqrt(tf.abs(x)), tf.math.rsqrt(tf.abs(x) + 1), tf.square(x), tf.exp(x), tf.math.log(tf.abs(x) + 1),
         tf.sin(x), tf.cos(x), tf.floor(x), tf.math.ceil(x), tf.round(x * 3), tf.nn.log_softmax(x),
         tf.maximum(x, 0.3), tf.minimum(x, 0.4), tf.math.squared_difference(x, 0.2)], 1)),
    "reductions": ((1, 5, 4, 3), lambda r, x: tf.concat(
        [tf.reduce_sum(x, [1, 3]), tf.reduce_max(x, [1, 3]), tf.reduce_min(x, [2, 1])[:, :1], tf.reduce_prod(x, [1, 2]),
         tf.reduce_mean(x, [1, 3])], 1)),
    "last_step": ((1, 12, 4), lambda r, x: x[:, -1, :]),
}


INT16 = ("conv_same", "conv_stride", "conv_dilation", "conv_2d", "depthwise", "depthwise_multiplier", "dense", "max_pool",
         "average_pool", "mean", "add", "sub", "mul", "relu", "leaky_relu", "tanh", "logistic", "softmax", "pad",
         "transpose", "concatenation", "slice_back", "split")


def keras_cnn():
    """A HAR network as people write it, with a free batch: EXPAND_DIMS, SHAPE, STRIDED_SLICE, PACK, RESHAPE."""
    from tensorflow import keras
    keras.utils.set_random_seed(5)
    return keras.Sequential([
        keras.Input((32, 6)),
        keras.layers.Conv1D(8, 5, activation="relu"),
        keras.layers.BatchNormalization(),
        keras.layers.MaxPooling1D(2),
        keras.layers.SeparableConv1D(10, 3, padding="same", activation="relu"),
        keras.layers.Conv1D(8, 3, dilation_rate=2, activation="relu"),
        keras.layers.Flatten(),
        keras.layers.Dense(12, activation="relu"),
        keras.layers.Dropout(0.3),
        keras.layers.Dense(6, activation="softmax"),
    ])


def keras_sequence():
    """Dense layers over time: the converter writes Tensordot, with rows in the place of the batch."""
    from tensorflow import keras
    keras.utils.set_random_seed(6)
    return keras.Sequential([
        keras.Input((9, 5)),
        keras.layers.Dense(7, activation="relu"),
        keras.layers.GlobalMaxPooling1D(),
        keras.layers.Dense(4, activation="softmax"),
    ])


KERAS = {"keras_cnn": (keras_cnn, (1, 32, 6)), "keras_sequence": (keras_sequence, (1, 9, 5))}

# Of tflite_zoo.py: layers as Keras and the converter leave them.
ZOO_FLOAT = """layer_norm group_norm unit_norm attention transformer prelu_shared hard_swish gelu selu softplus statistics choose
repeat crop_pad conv_groups conv_causal_dilated backwards pick arg_max""".split()
ZOO_INT8 = """layer_norm attention transformer prelu hard_swish gelu softplus merges choose repeat conv_groups conv_causal_dilated
conv_same_stride separable depthwise batch_norm_first backwards statistics""".split()
ZOO_DYNAMIC = ["layer_norm"]

# technique: tolerance of a float output
TECHNIQUES = {"float": 1e-5, "float16": 1e-5, "dynamic": 1e-5, "int8": 0, "int8_float_io": 0, "int8_uint8_io": 0, "int16x8": 0, "int16x8_float_io": 1e-6}


def convert(name, technique):
    rng = np.random.default_rng(sum(map(ord, name)))
    if name.startswith("zoo_"):
        model = tflite_zoo.build(name[4:], 12 if technique == "dynamic" else 1)
        return tflite_zoo.convert(model, technique), (1,) + model.input_shape[1:]
    if name in KERAS:
        build, shape = KERAS[name]
        c = tf.lite.TFLiteConverter.from_keras_model(build())
    else:
        shape, net = NETS[name]
        f = tf.function(lambda x: net(np.random.default_rng(7), x), [tf.TensorSpec(shape, tf.float32)])
        c = tf.lite.TFLiteConverter.from_concrete_functions([f.get_concrete_function()])
    if technique != "float":
        c.optimizations = [tf.lite.Optimize.DEFAULT]
    if technique == "float16":
        c.target_spec.supported_types = [tf.float16]
    if technique.startswith("int16x8"):
        c.representative_dataset = lambda: ([rng.normal(size=shape).astype(np.float32)] for _ in range(20))
        c.target_spec.supported_ops = [
            tf.lite.OpsSet.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8]
        if technique == "int16x8":
            c.inference_input_type = c.inference_output_type = tf.int16
    if technique.startswith("int8"):
        c.representative_dataset = lambda: ([rng.normal(size=shape).astype(np.float32)] for _ in range(20))
        c.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        if technique == "int8":
            c.inference_input_type = c.inference_output_type = tf.int8
        if technique == "int8_uint8_io":
            c.inference_input_type = c.inference_output_type = tf.uint8
    return c.convert(), shape


def run(model, x):
    try:
        it = Interpreter(model_content=model, experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
        it.allocate_tensors()
    except RuntimeError:  # the reference resolver lacks CEIL, ELU and some others
        it = Interpreter(model_content=model,
                         experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES)
        it.allocate_tensors()
    i, o = it.get_input_details()[0], it.get_output_details()[0]
    out = []
    for row in x:
        it.set_tensor(i["index"], row[None])
        it.invoke()
        out.append(it.get_tensor(o["index"])[0])
    return np.stack(out)


def micro(model, x, y):
    """What TensorFlow Lite Micro says to the same: its outputs (None: it does not run it), and a phrase."""
    from tflite_micro import runtime
    try:
        it = runtime.Interpreter.from_bytes(bytes(model))
        out = []
        for row in x:
            it.set_input(row[None], 0)
            it.invoke()
            out.append(it.get_output(0)[0])
        out = np.stack(out)
        diff = np.abs(out.astype(np.float64) - y.astype(np.float64)).max()
        return out, "gives the same" if diff == 0 else f"differs by at most {diff:g}"
    except Exception as e:
        return None, "does not run it"


def make(name, technique):
    model, shape = convert(name, technique)
    rng = np.random.default_rng(11)
    it = Interpreter(model_content=model)
    d = it.get_input_details()[0]
    x = (rng.normal(size=(N,) + shape[1:]) * 1.2).astype(np.float32)
    if d["dtype"] != np.float32:
        scale, zero = d["quantization"]
        info = np.iinfo(d["dtype"])
        x = np.clip(np.round(x / scale) + zero, info.min, info.max).astype(d["dtype"])
        x.reshape(-1)[:2] = info.min, info.max
    y = run(model, x)
    m, says = micro(model, x, y)
    # LiteRT rescales an int16 fully connected layer in double; wearlite follows the other one
    by_micro = technique == "int16x8" and says.startswith("differs")
    if by_micro:
        y = m.reshape(y.shape)
    if d["dtype"] == np.uint8:  # wearlite's ends are int8, 128 lower
        x, y = (x ^ 128).view(np.int8), (y ^ 128).view(np.int8)
    folder = f"tests/golden/tflite_{name}_{technique}"
    os.makedirs(folder, exist_ok=True)
    with open(folder + "/model.tflite", "wb") as f:
        f.write(model)
    np.save(folder + "/in.npy", x)
    np.save(folder + "/out.npy", y)
    tolerance = TECHNIQUES[technique]
    with open(folder + "/ORIGIN", "w") as f:
        f.write(f"model by TensorFlow {tf.__version__}'s converter ({technique}) from tests/referee/tflite_golden.py\n"
                + (f"out by TensorFlow Lite Micro {version('tflite-micro')}; LiteRT {version('ai-edge-litert')} {says}\n"
                   if by_micro else
                   f"out by LiteRT {version('ai-edge-litert')}, reference kernels (BUILTIN_REF)\n"
                   f"TensorFlow Lite Micro {version('tflite-micro')} {says}\n") +
                f"tolerance {tolerance:g}\n")
    print(f"{folder}: {len(model)} bytes, {open(folder + '/ORIGIN').read().splitlines()[1]}")


def main():
    float_only = "gather_computed broadcast add_n l2_normalization pow logical arithmetic reductions dense_computed".split()
    cases = [(n, "dynamic" if n.startswith("hybrid") else "int8") for n in NETS if n not in float_only]
    cases += [(n, "float") for n in ("conv_same", "conv_dilation", "depthwise_multiplier", "average_pool", "softmax")]
    cases += [("relu", "int8_float_io"), ("conv_2d", "int8_float_io"), ("dense_relu", "int8_uint8_io"), ("dense_relu", "float16")]
    cases += [(n, "int16x8") for n in INT16] + [("relu", "int16x8_float_io"), ("conv_2d", "float16")]
    cases += [("keras_cnn", t) for t in TECHNIQUES] + [("keras_sequence", "float")]
    cases += [(n, "float") for n in ("gather_computed", "reverse", "mirror_pad", "pad_value", "broadcast", "add_n",
                                     "l2_normalization", "pow", "logical", "dense_computed", "arithmetic", "reductions")]
    cases += [("zoo_" + n, "float") for n in ZOO_FLOAT] + [("zoo_" + n, "int8") for n in ZOO_INT8]
    cases += [("zoo_" + n, "dynamic") for n in ZOO_DYNAMIC]
    for n, t in cases:
        if len(sys.argv) < 2 or f"{n}_{t}" in sys.argv[1:] or n in sys.argv[1:]:
            try:
                make(n, t)
            except Exception as e:
                print(f"{n} {t}: {str(e)[:300]}", file=sys.stderr)


main()
