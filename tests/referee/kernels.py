#!/usr/bin/env python3
"""Each int8, int16 and dynamic operator on random shapes: `wearlite run` against LiteRT's reference kernels and TensorFlow
Lite Micro, to the bit (dynamic: within float rounding).

usage: tests/referee/kernels.py [build/wearlite [SEEDS [OP]]]
       tests/referee/kernels.py --golden OP...       tests/golden/tflite_OP_int8: one model of it, inputs, the outputs
Needs a python3 with numpy, ai-edge-litert and tflite-micro (PyPI). Models of one operator are made here with the
flatbuffer classes that ai-edge-litert carries. Prints one line an operator: cases, bytes that differ from each referee.

Where the two disagree, TensorFlow Lite Micro is followed: LiteRT 2's reference kernel of a fully connected layer with a
scale a channel rescales in float (one rounding, 1 step off in about one value of 1,500); Micro's does it in fixed point
like every other kernel. So it is with int16 activations, where that kernel is 1 step off in about one value of 100.
LiteRT 2.3's int8 SUM with an output scale of its own is wrong by tens of steps (compare it with the
real sum); Micro's is right.
"""
import os
import subprocess
import sys
import tempfile
from importlib.metadata import version

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as S
from ai_edge_litert.interpreter import Interpreter, OpResolverType

try:
    from tflite_micro.python.tflite_micro import runtime as tflm
except ImportError:
    tflm = None

TYPE = {np.bool_: S.TensorType.BOOL, np.int8: S.TensorType.INT8, np.float32: S.TensorType.FLOAT32, np.int32: S.TensorType.INT32,
        np.int16: S.TensorType.INT16, np.int64: S.TensorType.INT64}
INT = np.int8  # activations; int16 inside of wide()


def wide(make):
    """The same operator with int16 activations: scales 256 times smaller, no zero points."""
    def f(r):
        global INT
        INT = np.int16
        try:
            return make(r)
        finally:
            INT = np.int8
    return f


def finer():
    return 256 if INT == np.int16 else 1


class Model:
    """One operator: inputs, constants, one output."""

    def __init__(self):
        self.tensors, self.buffers, self.inputs, self.op_in = [], [S.BufferT()], [], []

    def tensor(self, shape, dtype, data=None, scale=None, zero=0, axis=0):
        t = S.TensorT()
        t.shape, t.type, t.name = [int(d) for d in shape], TYPE[dtype], b"t%d" % len(self.tensors)
        t.buffer = 0
        if data is not None:
            b = S.BufferT()
            b.data = np.frombuffer(np.ascontiguousarray(data, dtype).tobytes(), np.uint8)
            t.buffer = len(self.buffers)
            self.buffers.append(b)
        if scale is not None:
            q = S.QuantizationParametersT()
            q.scale = np.atleast_1d(np.float32(scale))
            q.zeroPoint = np.full(len(q.scale), zero, np.int64)
            q.quantizedDimension = axis
            t.quantization = q
        self.tensors.append(t)
        return len(self.tensors) - 1

    def finish(self, code, options_type, options, ins, outs, inputs):
        m, g, o, c = S.ModelT(), S.SubGraphT(), S.OperatorT(), S.OperatorCodeT()
        c.builtinCode, c.deprecatedBuiltinCode, c.version = code, min(code, 127), 1
        o.opcodeIndex, o.inputs, o.outputs = 0, ins, outs
        o.builtinOptionsType, o.builtinOptions = options_type, options
        g.tensors, g.inputs, g.outputs, g.operators, g.name = self.tensors, inputs, outs, [o], b"main"
        m.version, m.operatorCodes, m.subgraphs, m.buffers, m.description = 3, [c], [g], self.buffers, b""
        b = flatbuffers.Builder(1024)
        b.Finish(m.Pack(b), b"TFL3")
        return bytes(b.Output())


def scale(r, lo=0.004, hi=0.1):
    return np.float32(np.exp(r.uniform(np.log(lo), np.log(hi)))) / np.float32(finer())


def zero(r):
    z = int(r.integers(-128, 128))
    return 0 if INT == np.int16 else z


ACT = [S.ActivationFunctionType.NONE, S.ActivationFunctionType.RELU, S.ActivationFunctionType.RELU6]


def layer(r, kind, dyn):
    """kind: conv, depthwise, dense."""
    m = Model()
    h, w, c = int(r.choice([1, 1, 5])), int(r.integers(1, 25)), int(r.integers(1, 9))
    kh, kw, out = int(r.integers(1, min(h, 3) + 1)), int(r.integers(1, min(w, 5) + 1)), int(r.integers(1, 20))
    if kind == "depthwise":
        mul = int(r.integers(1, 3))
        out = c * mul
    wshape = {"conv": (out, kh, kw, c), "depthwise": (1, kh, kw, out), "dense": (out, c * w)}[kind]
    taps = int(np.prod(wshape)) // out
    per_channel = bool(r.integers(0, 4)) or kind == "depthwise"
    ws = np.float32([scale(r) for _ in range(out if per_channel else 1)])
    sx, sy, zx, zy = scale(r), scale(r), zero(r), zero(r)
    sy = np.float32(sx * np.mean(ws) * 60 * np.sqrt(taps))
    wq = r.integers(-127, 128, wshape).astype(np.int8)
    if dyn:
        bias, bs = r.normal(size=out).astype(np.float32), None
    else:
        bias, bs = (r.integers(-3000, 3000, out) * finer()).astype(np.int32), np.float32(sx) * ws
    xshape = (1, c * w) if kind == "dense" else (1, h, w, c)
    stride, dil = (int(r.integers(1, 3)), int(r.integers(1, 3))), 1
    if stride[0] == 1 and stride[1] == 1 and not dyn:
        dil = int(r.integers(1, 3))
    pad = int(r.integers(0, 2))
    if pad == S.Padding.VALID and (kh - 1) * dil >= h or (kw - 1) * dil >= w:
        dil = 1
    same = pad == S.Padding.SAME
    size = lambda n, k, s: -(-n // s) if same else (n - (k - 1) * dil - 1) // s + 1
    yshape = (1, out) if kind == "dense" else (1, size(h, kh, stride[0]), size(w, kw, stride[1]), out)
    T = np.float32 if dyn else INT
    q = {} if dyn else dict(scale=sx, zero=zx)
    x = m.tensor(xshape, T, **q)
    wt = m.tensor(wshape, np.int8, wq, scale=ws, axis=3 if kind == "depthwise" else 0)
    b = m.tensor((out,), np.float32 if dyn else np.int64 if INT == np.int16 else np.int32, bias, scale=bs)
    y = m.tensor(yshape, T, **({} if dyn else dict(scale=sy, zero=zy)))
    act = ACT[int(r.integers(0, 3))]
    if kind == "dense":
        o = S.FullyConnectedOptionsT()
        o.asymmetricQuantizeInputs = bool(r.integers(0, 2))
        code, ot = S.BuiltinOperator.FULLY_CONNECTED, S.BuiltinOptions.FullyConnectedOptions
    elif kind == "conv":
        o = S.Conv2DOptionsT()
        code, ot = S.BuiltinOperator.CONV_2D, S.BuiltinOptions.Conv2DOptions
    else:
        o = S.DepthwiseConv2DOptionsT()
        o.depthMultiplier = mul
        code, ot = S.BuiltinOperator.DEPTHWISE_CONV_2D, S.BuiltinOptions.DepthwiseConv2DOptions
    o.fusedActivationFunction = act
    if kind != "dense":
        o.padding, o.strideH, o.strideW, o.dilationHFactor, o.dilationWFactor = pad, *stride, dil, dil
    return m.finish(code, ot, o, [x, wt, b], [y], [x])


def pool(r, code):
    m = Model()
    h, w, c = int(r.choice([1, 4])), int(r.integers(2, 20)), int(r.integers(1, 6))
    o = S.Pool2DOptionsT()
    o.filterHeight, o.filterWidth = int(r.integers(1, h + 1)), int(r.integers(1, min(w, 6) + 1))
    o.strideH, o.strideW, o.padding = 1, int(r.integers(1, 4)), int(r.integers(0, 2))
    o.fusedActivationFunction = ACT[int(r.integers(0, 3))]
    s, z = scale(r), zero(r)
    if o.padding == S.Padding.SAME:
        yshape = (1, h, -(-w // o.strideW), c)
    else:
        yshape = (1, h - o.filterHeight + 1, (w - o.filterWidth) // o.strideW + 1, c)
    x, y = m.tensor((1, h, w, c), INT, scale=s, zero=z), m.tensor(yshape, INT, scale=s, zero=z)
    return m.finish(code, S.BuiltinOptions.Pool2DOptions, o, [x], [y], [x])


def mean(r):
    m = Model()
    shape = (1, int(r.integers(1, 4)), int(r.integers(1, 40)), int(r.integers(1, 40)))
    axes = [(1, 2), (2,), (1,), (3,)][int(r.integers(0, 4))]
    o = S.ReducerOptionsT()
    o.keepDims = bool(r.integers(0, 2))
    yshape = [1 if i in axes else d for i, d in enumerate(shape) if o.keepDims or i not in axes]
    x = m.tensor(shape, INT, scale=scale(r), zero=zero(r))
    a = m.tensor((len(axes),), np.int32, axes)
    y = m.tensor(yshape, INT, scale=scale(r), zero=zero(r))
    return m.finish(S.BuiltinOperator.MEAN, S.BuiltinOptions.ReducerOptions, o, [x, a], [y], [x])


def binary(r, code, ot, o):
    m = Model()
    shape = tuple(int(d) for d in r.integers(1, 6, 4))
    shape = (1,) + shape[1:]
    other = [shape, shape[3:], (1, 1, 1, shape[3]), (1,), (1, shape[1], 1, 1)][int(r.integers(0, 5))]
    sa, sb, za, zb = scale(r), scale(r), zero(r), zero(r)
    sy = sa * sb * 90 * finer() if code == S.BuiltinOperator.MUL else (sa + sb) * np.float32(0.6)
    x = m.tensor(shape, INT, scale=sa, zero=za)
    c = m.tensor(other, INT, r.integers(-128 * finer(), 128 * finer(), other), scale=sb, zero=zb)
    y = m.tensor(shape, INT, scale=sy, zero=zero(r))
    o.fusedActivationFunction = ACT[int(r.integers(0, 3))]
    o.potScaleInt16 = False
    return m.finish(code, ot, o, [x, c], [y], [x])


def unary(r, code, ot=0, o=None, sy=None, zy=None, same=False):
    m = Model()
    n = (1, int(r.integers(1, 300)))
    sx, zx = scale(r), zero(r)
    if sy is None:
        sy, zy = (sx, zx) if same else (scale(r, sx * finer() * 0.3, sx * finer() * 3), zero(r))
    x, y = m.tensor(n, INT, scale=sx, zero=zx), m.tensor(n, INT, scale=sy, zero=zy)
    return m.finish(code, ot, o, [x], [y], [x])


def pair(r, code, ot=0, o=None, same=False, out=None, square=False, prelu=False):
    m = Model()
    shape = (1,) + tuple(int(d) for d in r.integers(1, 6, 3))
    other = [shape, shape[3:], (1, 1, 1, shape[3]), (1,), (1, shape[1], 1, 1)][int(r.integers(0, 5))]
    if prelu:
        other = [(1, 1, shape[3]), (shape[2], shape[3])][int(r.integers(0, 2))]
        other = (1,) * (3 - len(other)) + other
    sa, sb, za, zb = scale(r), scale(r), zero(r), zero(r)
    if same:
        sb, zb = sa, za
    sy = sa * sb * 90 if prelu else (sa + sb) ** 2 * np.float32(20) if square else sa
    x = m.tensor(shape, np.int8, scale=sa, zero=za)
    c = m.tensor(other, np.int8, r.integers(-128, 128, other), scale=sb, zero=zb)
    if out == np.bool_:
        y = m.tensor(shape, np.bool_)
    else:
        y = m.tensor(shape, np.int8, scale=sy, zero=za if same else zero(r))
    return m.finish(code, ot, o, [x, c], [y], [x])


def reduce(r, code, same):
    m = Model()
    shape = (1, int(r.integers(1, 4)), int(r.integers(1, 12)), int(r.integers(1, 12)))
    axes = [(1, 2), (2,), (1,), (3,), (1, 3)][int(r.integers(0, 5))]
    o = S.ReducerOptionsT()
    o.keepDims = bool(r.integers(0, 2))
    yshape = [1 if i in axes else d for i, d in enumerate(shape) if o.keepDims or i not in axes]
    sx, zx = scale(r), zero(r)
    x = m.tensor(shape, np.int8, scale=sx, zero=zx)
    a = m.tensor((len(axes),), np.int32, axes)
    y = m.tensor(yshape, np.int8, scale=sx if same else sx * 8, zero=zx if same else zero(r))
    return m.finish(code, S.BuiltinOptions.ReducerOptions, o, [x, a], [y], [x])


def matmul(r):
    m = Model()
    b, rows, k, cols = (int(d) for d in r.integers(1, 12, 4))
    o = S.BatchMatMulOptionsT()
    o.adjX, o.adjY = bool(r.integers(0, 2)), bool(r.integers(0, 2))
    xs, ws = (1, b) + ((k, rows) if o.adjX else (rows, k)), ((cols, k) if o.adjY else (k, cols))
    if r.integers(0, 2):
        ws = (1, int(r.choice([1, b]))) + ws
    sx, sw = scale(r), scale(r)
    x = m.tensor(xs, np.int8, scale=sx, zero=zero(r))
    w = m.tensor(ws, np.int8, r.integers(-128, 128, ws), scale=sw, zero=zero(r))
    y = m.tensor((1, b, rows, cols), np.int8, scale=sx * sw * 300, zero=zero(r))
    return m.finish(S.BuiltinOperator.BATCH_MATMUL, S.BuiltinOptions.BatchMatMulOptions, o, [x, w], [y], [x])


def log_softmax(r):
    m = Model()
    n = (1, int(r.integers(1, 20)))
    x = m.tensor(n, np.int8, scale=scale(r, 0.005, 0.9), zero=zero(r))
    y = m.tensor(n, np.int8, scale=1 / 16, zero=127)
    return m.finish(S.BuiltinOperator.LOG_SOFTMAX, S.BuiltinOptions.LogSoftmaxOptions, S.LogSoftmaxOptionsT(), [x], [y],
                    [x])


def arg_max(r, code, ot, o):
    m = Model()
    shape = (1, int(r.integers(1, 6)), int(r.integers(1, 12)))
    axis = int(r.integers(1, 3))
    o.outputType = S.TensorType.INT32
    x = m.tensor(shape, np.int8, scale=scale(r), zero=zero(r))
    a = m.tensor((), np.int32, axis)
    y = m.tensor([d for i, d in enumerate(shape) if i != axis], np.int32)
    return m.finish(code, ot, o, [x, a], [y], [x])


def gather(r):
    m = Model()
    shape = (1, int(r.integers(1, 6)), int(r.integers(1, 12)))
    o = S.GatherOptionsT()
    o.axis = int(r.integers(1, 3))
    at = r.integers(0, shape[o.axis], int(r.integers(1, 7)))
    s, z = scale(r), zero(r)
    x = m.tensor(shape, np.int8, scale=s, zero=z)
    a = m.tensor((len(at),), np.int32, at)
    y = m.tensor([len(at) if i == o.axis else d for i, d in enumerate(shape)], np.int8, scale=s, zero=z)
    return m.finish(S.BuiltinOperator.GATHER, S.BuiltinOptions.GatherOptions, o, [x, a], [y], [x])


def tile(r):
    m = Model()
    shape, times = (1, int(r.integers(1, 6)), int(r.integers(1, 12))), (1, int(r.integers(1, 4)), int(r.integers(1, 4)))
    s, z = scale(r), zero(r)
    x = m.tensor(shape, np.int8, scale=s, zero=z)
    a = m.tensor((3,), np.int32, times)
    y = m.tensor([a * b for a, b in zip(shape, times)], np.int8, scale=s, zero=z)
    return m.finish(S.BuiltinOperator.TILE, S.BuiltinOptions.TileOptions, S.TileOptionsT(), [x, a], [y], [x])


def select(r):
    m = Model()
    shape = (1, int(r.integers(1, 6)), int(r.integers(1, 12)))
    s, z = scale(r), zero(r)
    c = m.tensor(shape, np.bool_, r.integers(0, 2, shape))
    x = m.tensor(shape, np.int8, scale=s, zero=z)
    other = (1, 1, shape[2])
    b = m.tensor(other, np.int8, r.integers(-128, 128, other), scale=s, zero=z)
    y = m.tensor(shape, np.int8, scale=s, zero=z)
    return m.finish(S.BuiltinOperator.SELECT_V2, S.BuiltinOptions.SelectV2Options, S.SelectV2OptionsT(), [c, x, b], [y],
                    [x])


def positive(r, code, sy, ot=0, o=None):
    """sqrt, rsqrt: LiteRT refuses negative inputs, so the zero point is the least value."""
    m = Model()
    n = (1, int(r.integers(1, 300)))
    sx = scale(r)
    x, y = m.tensor(n, np.int8, scale=sx, zero=-128), m.tensor(n, np.int8, scale=sy(sx), zero=zero(r))
    return m.finish(code, ot, o, [x], [y], [x])


def gelu(r):
    o = S.GeluOptionsT()
    o.approximate = bool(r.integers(0, 2))
    return unary(r, S.BuiltinOperator.GELU, S.BuiltinOptions.GeluOptions, o)


def softmax(r):
    m = Model()
    n = (int(r.integers(1, 4)), int(r.integers(1, 20)))
    n = (1, n[1])
    o = S.SoftmaxOptionsT()
    o.beta = float(r.choice([1.0, 1.0, 0.5, 2.0]))
    x = m.tensor(n, INT, scale=scale(r, 0.01, 0.6), zero=zero(r))
    y = m.tensor(n, INT, scale=1 / 256, zero=-128) if INT == np.int8 else m.tensor(n, INT, scale=1 / 32768)
    return m.finish(S.BuiltinOperator.SOFTMAX, S.BuiltinOptions.SoftmaxOptions, o, [x], [y], [x])


def leaky(r):
    o = S.LeakyReluOptionsT()
    o.alpha = float(r.uniform(0.01, 0.9))
    return unary(r, S.BuiltinOperator.LEAKY_RELU, S.BuiltinOptions.LeakyReluOptions, o)


def quantize(r):
    m = Model()
    n = (1, int(r.integers(1, 300)))
    x, y = m.tensor(n, np.float32), m.tensor(n, INT, scale=scale(r), zero=zero(r))
    return m.finish(S.BuiltinOperator.QUANTIZE, S.BuiltinOptions.QuantizeOptions, S.QuantizeOptionsT(), [x], [y], [x])


def dequantize(r):
    m = Model()
    n = (1, int(r.integers(1, 300)))
    x, y = m.tensor(n, INT, scale=scale(r), zero=zero(r)), m.tensor(n, np.float32)
    return m.finish(S.BuiltinOperator.DEQUANTIZE, S.BuiltinOptions.DequantizeOptions, S.DequantizeOptionsT(), [x], [y],
                    [x])


FOLLOW = {"dense": "tflm", "sum": "tflm", "dense-int16": "tflm"}  # else LiteRT

B, O = S.BuiltinOperator, S.BuiltinOptions
OPS = {
    "conv": lambda r: layer(r, "conv", False),
    "depthwise": lambda r: layer(r, "depthwise", False),
    "dense": lambda r: layer(r, "dense", False),
    "conv-dynamic": lambda r: layer(r, "conv", True),
    "depthwise-dynamic": lambda r: layer(r, "depthwise", True),
    "dense-dynamic": lambda r: layer(r, "dense", True),
    "max-pool": lambda r: pool(r, B.MAX_POOL_2D),
    "average-pool": lambda r: pool(r, B.AVERAGE_POOL_2D),
    "mean": mean,
    "add": lambda r: binary(r, B.ADD, O.AddOptions, S.AddOptionsT()),
    "sub": lambda r: binary(r, B.SUB, O.SubOptions, S.SubOptionsT()),
    "mul": lambda r: binary(r, B.MUL, O.MulOptions, S.MulOptionsT()),
    "relu": lambda r: unary(r, B.RELU),
    "relu6": lambda r: unary(r, B.RELU6, same=True),
    "leaky-relu": leaky,
    "logistic": lambda r: unary(r, B.LOGISTIC, sy=1 / 256, zy=-128),
    "tanh": lambda r: unary(r, B.TANH, sy=1 / 128, zy=0),
    "softmax": softmax,
    "log-softmax": log_softmax,
    "abs": lambda r: unary(r, B.ABS, O.AbsOptions, S.AbsOptionsT(), same=bool(r.integers(0, 2))),
    "exp": lambda r: unary(r, B.EXP, O.ExpOptions, S.ExpOptionsT(), sy=5e4, zy=-100),
    "log": lambda r: unary(r, B.LOG, sy=scale(r), zy=zero(r)),
    "sqrt": lambda r: positive(r, B.SQRT, lambda s: np.sqrt(s * 255) / 200),
    "rsqrt": lambda r: positive(r, B.RSQRT, lambda s: 1 / np.sqrt(s) / 200),
    "gelu": gelu,
    "hard-swish": lambda r: unary(r, B.HARD_SWISH, O.HardSwishOptions, S.HardSwishOptionsT()),
    "relu-n1-to-1": lambda r: unary(r, B.RELU_N1_TO_1),
    "maximum": lambda r: pair(r, B.MAXIMUM, O.MaximumMinimumOptions, S.MaximumMinimumOptionsT(), same=True),
    "minimum": lambda r: pair(r, B.MINIMUM, O.MaximumMinimumOptions, S.MaximumMinimumOptionsT(), same=True),
    "squared-difference": lambda r: pair(r, B.SQUARED_DIFFERENCE, O.SquaredDifferenceOptions,
                                         S.SquaredDifferenceOptionsT(), square=True),
    "prelu": lambda r: pair(r, B.PRELU, prelu=True),
    "greater": lambda r: pair(r, B.GREATER, O.GreaterOptions, S.GreaterOptionsT(), out=np.bool_),
    "less-equal": lambda r: pair(r, B.LESS_EQUAL, O.LessEqualOptions, S.LessEqualOptionsT(), out=np.bool_),
    "equal": lambda r: pair(r, B.EQUAL, O.EqualOptions, S.EqualOptionsT(), out=np.bool_),
    "sum": lambda r: reduce(r, B.SUM, False),
    "reduce-max": lambda r: reduce(r, B.REDUCE_MAX, True),
    "reduce-min": lambda r: reduce(r, B.REDUCE_MIN, True),
    "batch-matmul": matmul,
    "arg-max": lambda r: arg_max(r, B.ARG_MAX, O.ArgMaxOptions, S.ArgMaxOptionsT()),
    "arg-min": lambda r: arg_max(r, B.ARG_MIN, O.ArgMinOptions, S.ArgMinOptionsT()),
    "gather": gather,
    "tile": tile,
    "select": select,
    "requantize": lambda r: unary(r, B.QUANTIZE, O.QuantizeOptions, S.QuantizeOptionsT()),
    "quantize": quantize,
    "dequantize": dequantize,
    "logistic-int16": wide(lambda r: unary(r, B.LOGISTIC, sy=1 / 32768, zy=0)),
    "tanh-int16": wide(lambda r: unary(r, B.TANH, sy=1 / 32768, zy=0)),
}

OPS.update({f"{name}-int16": wide(make) for name, make in OPS.items()
            if not name.endswith(("dynamic", "int16")) and name not in ("logistic", "tanh")})


def litert(model, xs):
    i = Interpreter(model_content=model, experimental_op_resolver_type=OpResolverType.BUILTIN_REF, num_threads=1)
    i.allocate_tensors()
    a, b = i.get_input_details()[0]["index"], i.get_output_details()[0]["index"]
    ys = []
    for x in xs:
        i.set_tensor(a, x[None][0])
        i.invoke()
        ys.append(i.get_tensor(b).copy())
    return np.stack(ys)


def micro(model, xs):
    if tflm is None:
        return None
    i = tflm.Interpreter.from_bytes(model, arena_size=1 << 20)
    ys = []
    for x in xs:
        i.set_input(x, 0)
        i.invoke()
        ys.append(np.array(i.get_output(0)))
    return np.stack(ys)


def golden(name):
    folder = f"tests/golden/tflite_{name.replace('-', '_')}_int8"
    os.makedirs(folder, exist_ok=True)
    r = np.random.default_rng([1, len(name)])
    model = OPS[name](r)
    shape = Interpreter(model_content=model).get_input_details()[0]["shape"]
    xs = r.integers(-128, 128, (3, *shape)).astype(np.int8)
    try:
        small = micro(model, xs)
    except Exception:
        small = None
    tflite = litert(model, xs)
    follow = FOLLOW.get(name, "litert")
    y = small if follow == "tflm" else tflite
    open(folder + "/model.tflite", "wb").write(model)
    np.save(folder + "/in.npy", xs.reshape(3, *shape[1:]))
    np.save(folder + "/out.npy", y.reshape(3, *y.shape[2:]))
    who = {"litert": f"LiteRT {version('ai-edge-litert')}, reference kernels (BUILTIN_REF)",
           "tflm": f"TensorFlow Lite Micro {version('tflite-micro')}"}
    other = tflite if follow == "tflm" else small
    with open(folder + "/ORIGIN", "w") as f:
        print(f"model made by tests/referee/kernels.py --golden {name}\nout by {who[follow]}", file=f)
        if other is not None:
            print(who["litert" if follow == "tflm" else "tflm"],
                  "gives the same" if (other == y).all() else "differs (see the head of kernels.py)", file=f)
        print("tolerance 0", file=f)


def main():
    if sys.argv[1:2] == ["--golden"]:
        for name in sys.argv[2:]:
            golden(name)
        return
    tool = sys.argv[1] if len(sys.argv) > 1 else "build/wearlite"
    seeds = int(sys.argv[2]) if len(sys.argv) > 2 else 20
    only = sys.argv[3] if len(sys.argv) > 3 else None
    bad = 0
    with tempfile.TemporaryDirectory() as d:
        for name, make in OPS.items():
            if only and name != only:
                continue
            cases = refused = values = 0
            off = {"litert": 0, "tflm": 0}
            worst, note, far_off = 0.0, "", 0
            for seed in range(seeds):
                r = np.random.default_rng([seed, len(name)])
                model = make(r)
                try:
                    i = Interpreter(model_content=model, experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
                    detail = i.get_input_details()[0]
                    shape, dtype = detail["shape"], detail["dtype"]
                    n = 3
                    xs = (r.normal(size=(n, *shape)).astype(np.float32) if dtype == np.float32 else
                          r.integers(np.iinfo(dtype).min, np.iinfo(dtype).max + 1, (n, *shape)).astype(dtype))
                    want = litert(model, xs)
                except Exception as e:
                    refused += 1
                    note = "LiteRT: " + str(e).splitlines()[0][:90]
                    continue
                try:
                    small = micro(model, xs)
                except Exception as e:
                    small = None
                    note = "TFLM refuses: " + str(e).splitlines()[0][:60]
                path, xp, yp = (os.path.join(d, f) for f in ("m.tflite", "x.npy", "y.npy"))
                open(path, "wb").write(model)
                np.save(xp, xs.reshape(n, *shape[1:]) if shape[0] == 1 else xs)
                p = subprocess.run([tool, "run", "-q", path, "-i", xp, "-o", yp, "--raw"], capture_output=True, text=True)
                if p.returncode:
                    print(f"{name} seed {seed}: {p.stderr.strip()}")
                    bad += 1
                    continue
                got = np.load(yp).reshape(want.shape)
                cases += 1
                values += want.size
                for who, ref in (("litert", want), ("tflm", small)):
                    if ref is None:
                        continue
                    if got.dtype == np.float32:
                        far = np.abs(got - ref) / (1 + np.abs(ref))
                        worst = max(worst, float(far.max()))
                        off[who] += int((far > 2e-6).sum())
                    else:
                        off[who] += int((got != ref).sum())
                        far_off += int((np.abs(got.astype(int) - ref.astype(int)) > 1).sum())
            bad += off[FOLLOW.get(name, "litert")] > 0 or far_off > 0
            print(f"{name:18} {cases:4} cases {values:8} values; differ from LiteRT {off['litert']}, TFLM {off['tflm']}"
                  f"{f'; largest {worst:.2g}' if worst else ''}{f'; {refused} refused' if refused else ''}"
                  f"{'; ' + note if note else ''}")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
