#!/usr/bin/env python3
"""Small ONNX networks as exporters leave them, run by wearlite and by onnxruntime; differences above 1e-5 fail.

    onnx_zoo.py WEARLITE [FOLDER]        FOLDER keeps the models
    GOLDEN=tests/golden onnx_zoo.py WEARLITE     writes the committed cases

Needs a python3 with onnx, onnxruntime and numpy.
"""
import os
import subprocess
import sys
import tempfile

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

RNG = np.random.default_rng(1)


class Net:
    def __init__(self, shape, opset=13):
        self.nodes, self.inits, self.opset, self.shape, self.count = [], [], opset, shape, 0

    def const(self, value, dtype=np.float32):
        self.count += 1
        name = "c%d" % self.count
        self.inits.append(numpy_helper.from_array(np.asarray(value, dtype=dtype), name))
        return name

    def rand(self, *shape, scale=0.5):
        return self.const(RNG.standard_normal(shape) * scale)

    def op(self, kind, *inputs, outputs=1, **attrs):
        self.count += 1
        out = ["v%d_%d" % (self.count, i) for i in range(outputs)]
        self.nodes.append(helper.make_node(kind, list(inputs), out, name="%s_%d" % (kind, self.count), **attrs))
        return out[0] if outputs == 1 else out

    def bn(self, x, c):
        var = self.const(RNG.random(c) + 0.5)
        return self.op("BatchNormalization", x, self.rand(c), self.rand(c), self.rand(c), var)

    def model(self, *outs):
        x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch"] + list(self.shape))
        ys = [helper.make_tensor_value_info(o, TensorProto.FLOAT, None) for o in outs]
        graph = helper.make_graph(self.nodes, "zoo", [x], ys, self.inits)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", self.opset)], ir_version=7)


def conv1d_flatten_bn_gemm():  # the flatten's permutation goes into batch-norm and weights
    n = Net([6, 40])
    h = n.op("Relu", n.bn(n.op("Conv", "x", n.rand(8, 6, 5), n.rand(8), pads=[2, 2]), 8))
    h = n.op("MaxPool", h, kernel_shape=[2], strides=[2])
    h = n.bn(n.op("Flatten", h), 160)
    return n.model(n.op("Gemm", n.op("Relu", h), n.rand(5, 160), n.rand(5), transB=1))


def transposed_input():
    n = Net([40, 6])
    h = n.op("Transpose", "x", perm=[0, 2, 1])
    h = n.op("Conv", h, n.rand(8, 6, 3), n.rand(8), strides=[2], auto_pad="SAME_UPPER")
    h = n.op("Transpose", n.op("Relu", h), perm=[0, 2, 1])
    h = n.op("MatMul", h, n.rand(8, 4))  # a dense layer a time step
    h = n.op("Add", h, n.rand(4))
    return n.model(n.op("ReduceMean", h, axes=[1], keepdims=0))


def conv2d_global():
    n = Net([1, 20, 6])
    h = n.op("Relu", n.op("Conv", "x", n.rand(4, 1, 5, 1), n.rand(4)))
    h = n.op("Conv", h, n.rand(8, 1, 3, 3), group=4, pads=[1, 1, 1, 1])
    h = n.op("Add", h, n.const(RNG.standard_normal((1, 8, 1, 1))))
    g = n.op("Flatten", n.op("GlobalAveragePool", h))
    m = n.op("Flatten", n.op("GlobalMaxPool", h))
    return n.model(n.op("Softmax", n.op("Gemm", n.op("Concat", g, m, axis=1), n.rand(16, 3)), axis=1))


def grouped_residual():
    n = Net([6, 32])
    h = n.op("Conv", "x", n.rand(12, 6, 1))
    k = n.op("Conv", h, n.rand(12, 4, 3), n.rand(12), group=3, pads=[1, 1])
    h = n.op("Relu", n.op("Add", h, k))
    h = n.op("AveragePool", h, kernel_shape=[3], strides=[2], pads=[1, 1], count_include_pad=1)
    h = n.op("AveragePool", h, kernel_shape=[3], strides=[2], pads=[1, 1])
    return n.model(h, n.op("LeakyRelu", n.op("ReduceMean", h, axes=[2], keepdims=0)))


def squeeze_excite():
    n = Net([6, 32])
    h = n.op("Conv", "x", n.rand(8, 6, 3), n.rand(8))
    s = n.op("Squeeze", n.op("GlobalAveragePool", h), n.const([2], np.int64))
    s = n.op("Relu", n.op("Gemm", s, n.rand(8, 4), n.rand(4)))
    s = n.op("Sigmoid", n.op("Gemm", s, n.rand(4, 8), n.rand(8)))
    s = n.op("Unsqueeze", s, n.const([2], np.int64))
    h = n.op("Mul", h, s)
    shape = n.op("Shape", h)
    batch = n.op("Gather", shape, n.const([0], np.int64))
    flat = n.op("Reshape", h, n.op("Concat", batch, n.const([-1], np.int64), axis=0))
    return n.model(n.op("Gemm", flat, n.rand(240, 3), n.rand(3), alpha=0.5, beta=2.0))


def unsqueezed_2d():  # 1-D networks that exporters write in 2-D
    n = Net([40, 6])
    h = n.op("Unsqueeze", n.op("Transpose", "x", perm=[0, 2, 1]), n.const([2], np.int64))
    h = n.op("Clip", n.op("Conv", h, n.rand(8, 6, 1, 3)), n.const(0.0), n.const(6.0))
    h = n.op("Pad", h, n.const([0, 0, 0, 1, 0, 0, 0, 2], np.int64))
    h = n.op("Squeeze", n.op("MaxPool", h, kernel_shape=[1, 3], strides=[1, 2], ceil_mode=1), n.const([2], np.int64))
    return n.model(n.op("Reshape", h, n.const([0, -1], np.int64)))


def reshape_cuts():  # a reshape across dimensions that are not neighbours in memory
    n = Net([6, 16])
    h = n.op("Conv", "x", n.rand(8, 6, 3), pads=[1, 1])
    h = n.op("Reshape", h, n.const([0, 4, 32], np.int64))
    h = n.op("Tanh", n.op("Add", h, n.rand(4, 32)))
    h = n.op("Reshape", h, n.const([0, 2, 4, 16], np.int64))
    h = n.op("Softmax", n.op("Transpose", h, perm=[0, 2, 1, 3]), axis=1)
    return n.model(h, n.op("ReduceMean", h, axes=[1, 3], keepdims=1))


def slices():
    n = Net([10, 24])
    h = n.op("Conv", "x", n.rand(8, 10, 3), pads=[1, 1])
    a, b = n.op("Split", h, n.const([4, 4], np.int64), outputs=2, axis=1)
    c = n.op("Slice", h, n.const([1], np.int64), n.const([7], np.int64), n.const([1], np.int64), n.const([2], np.int64))
    last = n.op("Gather", h, n.const(-1, np.int64), axis=2)
    h = n.op("Concat", n.op("Mul", a, b), n.op("Elu", c), axis=1)
    return n.model(n.op("Sub", n.op("Flatten", h), n.const(0.25)), last)


def stretched():  # both operands are stretched; constants in front
    n = Net([6, 16])
    h = n.op("Conv", "x", n.rand(4, 6, 3), pads=[1, 1])
    row = n.op("ReduceMean", h, axes=[2], keepdims=1)
    column = n.op("ReduceMean", h, axes=[1], keepdims=1)
    h = n.op("Div", n.op("Add", row, column), n.op("Add", n.const(3.0), n.op("Sigmoid", h)))
    return n.model(n.op("Sub", n.const(RNG.standard_normal((4, 16))), h))


def old_opset():
    n = Net([6, 16], opset=9)
    h = n.op("Conv", "x", n.rand(4, 6, 3), dilations=[2])
    h = n.op("Unsqueeze", h, axes=[3])
    h = n.op("Clip", n.op("Squeeze", h, axes=[3]), min=0.0, max=6.0)
    h = n.op("Slice", h, starts=[1], ends=[-1], axes=[2])
    h = n.op("Pad", h, pads=[0, 0, 1, 0, 0, 1])
    return n.model(n.op("Softmax", n.op("Flatten", n.op("Dropout", h, ratio=0.5))))


def attention_gelu():
    """Layer normalisation, two heads, GELU by its error function, as PyTorch's exporter leaves them."""
    n, d = Net([6, 8], opset=17), 8
    norm = n.op("LayerNormalization", "x", n.rand(d), n.rand(d))
    parts = []
    for perm in ([0, 2, 1, 3], [0, 2, 3, 1], [0, 2, 1, 3]):
        head = n.op("Reshape", n.op("MatMul", norm, n.rand(d, d)), n.const([0, 0, 2, 4], np.int64))
        parts.append(n.op("Transpose", head, perm=perm))
    scores = n.op("Softmax", n.op("Mul", n.op("MatMul", parts[0], parts[1]), n.const(0.5)), axis=-1)
    out = n.op("Transpose", n.op("MatMul", scores, parts[2]), perm=[0, 2, 1, 3])
    sum_ = n.op("Add", n.op("Reshape", out, n.const([0, 0, d], np.int64)), "x")
    f = n.op("MatMul", sum_, n.rand(d, 12))
    erf = n.op("Add", n.op("Erf", n.op("Div", f, n.const(2**0.5))), n.const(1))
    f = n.op("Mul", n.op("Mul", f, erf), n.const(0.5))
    return n.model(n.op("LogSoftmax", n.op("Gemm", n.op("ReduceMax", f, axes=[1], keepdims=0), n.rand(12, 5)), axis=1))


def statistics():
    """Compositions: norms, log-sum-exp, activations without an op of their own."""
    n = Net([4, 10])
    x = n.op("Selu", n.op("Softsign", n.op("Softplus", "x")))
    parts = [n.op(k, x, axes=[2], keepdims=0) for k in ("ReduceL2", "ReduceLogSumExp", "ReduceMin", "ReduceL1")]
    x = n.op("Concat", *parts, axis=1)
    return n.model(n.op("Where", n.op("Less", x, n.const(0.5)), n.op("HardSigmoid", x), n.op("Reciprocal", x)))


def einsum():
    n = Net([5, 6])
    q = n.op("Einsum", "x", n.rand(6, 2, 3), equation="nld,dhk->nhlk")
    k = n.op("Einsum", "x", n.rand(6, 2, 3), equation="nld,dhk->nlhk")
    scores = n.op("Softmax", n.op("Einsum", q, k, equation="nhqk,nlhk->nhql"), axis=-1)
    return n.model(n.op("Einsum", scores, k, equation="nhql,nlhk->nqhk"))


ALL = [conv1d_flatten_bn_gemm, transposed_input, conv2d_global, grouped_residual, squeeze_excite, unsqueezed_2d,
       reshape_cuts, slices, stretched, old_opset, attention_gelu, statistics, einsum]


def main(argv):
    folder = argv[2] if len(argv) > 2 else tempfile.mkdtemp()
    os.makedirs(folder, exist_ok=True)
    bad = 0
    for make in ALL:
        model = make()
        path = os.path.join(folder, make.__name__ + ".onnx")
        onnx.save(model, path)
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        shape = [1 if isinstance(d, str) else d for d in session.get_inputs()[0].shape]
        x = RNG.standard_normal([4] + shape[1:]).astype(np.float32)
        want = np.concatenate([session.run(None, {"x": x[i : i + 1]})[0] for i in range(4)])
        np.save(folder + "/x.npy", x)
        done = subprocess.run([argv[1], "run", path, "--input", folder + "/x.npy", "-o", folder + "/y.npy"],
                              capture_output=True, text=True)
        if done.returncode:
            print("FAIL %s: %s" % (make.__name__, done.stderr.strip()))
            bad += 1
            continue
        got = np.load(folder + "/y.npy").reshape(want.shape)
        error = float(np.max(np.abs(got - want) / np.maximum(1, np.abs(want))))
        print("%s %s: largest difference %.3g" % ("ok  " if error <= 1e-5 else "FAIL", make.__name__, error))
        bad += error > 1e-5
        if os.environ.get("GOLDEN"):
            case = "%s/onnx_%s" % (os.environ["GOLDEN"], make.__name__)
            os.makedirs(case, exist_ok=True)
            onnx.save(model, case + "/model.onnx")
            np.save(case + "/in.npy", x)
            np.save(case + "/out.npy", want)
            with open(case + "/ORIGIN", "w") as f:
                f.write("model by tests/referee/onnx_zoo.py, onnx %s\nout by onnxruntime %s\ntolerance 1e-05\n"
                        % (onnx.__version__, onnxruntime.__version__))
    print("%d passed, %d failed" % (len(ALL) - bad, bad))
    return bad > 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
