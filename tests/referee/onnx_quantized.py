#!/usr/bin/env python3
"""Models as onnxruntime.quantization leaves them: QDQ and QOperator, int8 and uint8, per tensor and per channel, dynamic.

    onnx_quantized.py FOLDER WEARLITE     makes three networks, quantises each in twelve ways (the LSTM in four) and runs both programs

Fails where a layer, given the same inputs, is more than one step of its output away from onnxruntime (onnx_layers.py), or a dynamic
network more than one step of 1/256. What whole networks of ten layers differ by is printed: steps of one layer go on into the next.
Needs a python3 with onnx, onnxruntime and numpy. onnxruntime runs them without graph optimisation.
"""
import logging
import os
import subprocess
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_dynamic, quantize_static

import onnx_layers

logging.disable(logging.WARNING)
RNG = np.random.default_rng(0)


def const(name, v):
    return numpy_helper.from_array(np.asarray(v, dtype=np.float32), name)


def network(path, shape, nodes, *consts):
    x, y = (helper.make_tensor_value_info(n, TensorProto.FLOAT, ["N"] + s) for n, s in (("x", shape), ("y", [5])))
    graph = helper.make_graph([helper.make_node(*n[:3], **(n[3] if len(n) > 3 else {})) for n in nodes], "q", [x], [y], consts)
    m = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.checker.check_model(m, full_check=True)
    onnx.save(m, path)


def chain(path):
    """With the normalisation in front, as wearlite writes it."""
    w = [RNG.normal(0, 0.3, s) for s in ((8, 3, 5), (12, 8, 3), (84 * 2, 16), (5, 16))]
    b = [RNG.normal(0, 0.1, n) for n in (8, 12, 16, 5)]
    norm = RNG.normal(0, 0.3, (4, 3)) + [[0], [1], [1], [2]]
    network(path, [32, 3], [("Transpose", ["x"], ["t"], {"perm": [0, 2, 1]}), ("BatchNormalization", ["t", "n2", "n0", "n1", "n3"], ["n"]),
                   ("Conv", ["n", "w1", "b1"], ["c1"], {"kernel_shape": [5], "pads": [2, 2]}), ("Relu", ["c1"], ["r1"]),
                   ("MaxPool", ["r1"], ["p1"], {"kernel_shape": [2], "strides": [2]}),
                   ("Conv", ["p1", "w2", "b2"], ["c2"], {"kernel_shape": [3]}), ("Relu", ["c2"], ["r2"]),
                   ("AveragePool", ["r2"], ["p2"], {"kernel_shape": [2], "strides": [2]}), ("Flatten", ["p2"], ["f"]),
                   ("MatMul", ["f", "w3"], ["m"]), ("Add", ["m", "b3"], ["a"]), ("Sigmoid", ["a"], ["s"]),
                   ("Gemm", ["s", "w4", "b4"], ["g"], {"transB": 1}), ("Softmax", ["g"], ["y"], {"axis": 1})],
            *[const("w%d" % (i + 1), v if i != 2 else v[:84]) for i, v in enumerate(w)], *[const("b%d" % (i + 1), v) for i, v in enumerate(b)],
            *[const("n%d" % i, v) for i, v in enumerate(norm)])
    return [32, 3]


def branches(path):
    """A residual, squeeze and excitation, values joined, means."""
    w = [RNG.normal(0, 0.3, s) for s in ((8, 3, 3), (8, 8, 3), (5, 16))]
    b = [RNG.normal(0, 0.1, n) for n in (8, 8, 5)]
    network(path, [3, 32], [("Conv", ["x", "w1", "b1"], ["c1"], {"kernel_shape": [3], "pads": [1, 1]}), ("LeakyRelu", ["c1"], ["l"], {"alpha": 0.1}),
                   ("Conv", ["l", "w2", "b2"], ["c2"], {"kernel_shape": [3], "pads": [1, 1]}), ("Add", ["l", "c2"], ["sum"]),
                   ("Relu", ["sum"], ["r"]), ("GlobalAveragePool", ["r"], ["squeeze"]), ("Sigmoid", ["squeeze"], ["gate"]),
                   ("Mul", ["r", "gate"], ["gated"]), ("Concat", ["gated", "r"], ["both"], {"axis": 1}),
                   ("Transpose", ["both"], ["steps"], {"perm": [0, 2, 1]}), ("ReduceMean", ["steps"], ["mean"], {"axes": [1], "keepdims": 0}),
                   ("Gemm", ["mean", "w3", "b3"], ["g"], {"transB": 1}), ("Softmax", ["g"], ["y"], {"axis": 1})],
            *[const("w%d" % (i + 1), v) for i, v in enumerate(w)], *[const("b%d" % (i + 1), v) for i, v in enumerate(b)])
    return [3, 32]


def lstm(path):
    """Both directions; static quantization leaves it in floats."""
    network(path, [32, 3], [("Transpose", ["x"], ["t"], {"perm": [1, 0, 2]}),
                            ("LSTM", ["t", "w", "r", "b"], ["", "h"], {"hidden_size": 8, "direction": "bidirectional"}),
                            ("Transpose", ["h"], ["p"], {"perm": [1, 0, 2]}), ("Flatten", ["p"], ["f"]),
                            ("Gemm", ["f", "w1", "b1"], ["g"], {"transB": 1}), ("Softmax", ["g"], ["y"], {"axis": 1})],
            const("w", RNG.normal(0, 0.4, (2, 32, 3))), const("r", RNG.normal(0, 0.4, (2, 32, 8))), const("b", RNG.normal(0, 0.2, (2, 64))),
            const("w1", RNG.normal(0, 0.5, (5, 16))), const("b1", RNG.normal(0, 0.1, 5)))
    return [32, 3]


def normalisation(path):
    """Batch normalisation from int8 to int8, on every input there is: factors that are negative, nothing, tiny and large."""
    factor, mean, beta = [1.0, -2.5, 0.0, 1e-3, 40.0], [0.1, -0.3, 2.0, 0.0, 0.5], [0.0, 1.5, -0.7, 0.25, -3.0]
    numbers = [numpy_helper.from_array(np.asarray(v, t), n) for n, v, t in (
        ("xs", 0.04, np.float32), ("xz", -7, np.int8), ("ys", 0.09, np.float32), ("yz", 11, np.int8), ("g", factor, np.float32),
        ("b", beta, np.float32), ("m", mean, np.float32), ("v", [1, 4, 1, 1, 0.5], np.float32))]
    nodes = [helper.make_node("DequantizeLinear", ["x", "xs", "xz"], ["f"]),
             helper.make_node("BatchNormalization", ["f", "g", "b", "m", "v"], ["n"]),
             helper.make_node("QuantizeLinear", ["n", "ys", "yz"], ["y"])]
    ends = [helper.make_tensor_value_info(n, TensorProto.INT8, ["N", 5, 256]) for n in "xy"]
    onnx.save(helper.make_model(helper.make_graph(nodes, "q", ends[:1], ends[1:], numbers),
                                opset_imports=[helper.make_opsetid("", 13)], ir_version=8), path)
    return np.tile(np.arange(-128, 128, dtype=np.int8), (1, 5, 1))


def keep(name, path, x, y, tolerance):
    """As a committed case, where GOLDEN names the folder."""
    golden = os.environ.get("GOLDEN") and "%s/onnx_%s" % (os.environ["GOLDEN"], name.replace("-", "_"))
    if not golden:
        return
    os.makedirs(golden, exist_ok=True)
    onnx.save(onnx.load(path), golden + "/model.onnx")
    np.save(golden + "/in.npy", x)
    np.save(golden + "/out.npy", y)
    with open(golden + "/ORIGIN", "w") as o:
        o.write("model by tests/referee/onnx_quantized.py, onnxruntime.quantization %s\nout by onnxruntime, graph optimisation off\n"
                "tolerance %.1e\n" % (onnx_layers.ort.__version__, tolerance))


class Reader(CalibrationDataReader):
    def __init__(self, x):
        self.rest = iter([{"x": x[i : i + 1]} for i in range(len(x))])

    def get_next(self):
        return next(self.rest, None)


def main(folder, wearlite):
    folder, wearlite = os.path.abspath(folder), os.path.abspath(wearlite)
    os.makedirs(folder, exist_ok=True)
    bad, path = 0, folder + "/normalisation.onnx"
    x = normalisation(path)
    want = onnx_layers.session(path).run(None, {"x": x})[0]
    np.save(folder + "/x.npy", x)
    subprocess.run([wearlite, "run", path, "-i", folder + "/x.npy", "-o", folder + "/y.npy", "-q"], check=True)
    d = np.abs(np.load(folder + "/y.npy").astype(int) - want)
    print("normalisation.onnx, all inputs: largest difference %d steps, %.2f %% of %d equal" % (d.max(), 100 * (d == 0).mean(), d.size))
    bad += not d.max() <= 1
    keep("layers_normalisation", path, x, want, 1)
    for make in (chain, branches, lstm):
        base = "%s/%s" % (folder, make.__name__)
        x = RNG.normal(0, 1, [64] + make(base + ".onnx")).astype(np.float32)
        np.save(base + "-x.npy", x)
        files = []
        for form, end in ((QuantFormat.QDQ, "qdq"), (QuantFormat.QOperator, "qop")) if make != lstm else ():
            for kind, name in ((QuantType.QInt8, "s8"), (QuantType.QUInt8, "u8")):
                for per_channel in (0, 1):
                    files.append("%s-%s_%s_%d.onnx" % (base, end, name, per_channel))
                    quantize_static(base + ".onnx", files[-1], Reader(x), quant_format=form, activation_type=kind,
                                    weight_type=QuantType.QInt8, per_channel=bool(per_channel))
        for kind, name in ((QuantType.QInt8, "dyn_s8"), (QuantType.QUInt8, "dyn_u8")):
            for per_channel in (0, 1):
                files.append("%s-%s_%d.onnx" % (base, name, per_channel))
                quantize_dynamic(base + ".onnx", files[-1], weight_type=kind, per_channel=bool(per_channel))
        for f in files:
            dynamic = "-dyn" in f
            s = onnx_layers.session(f)
            try:
                want = np.concatenate([s.run(None, {"x": x[i : i + 1]})[0] for i in range(len(x))])
            except Exception as e:
                print("%s: onnxruntime: %s" % (os.path.basename(f), str(e)[:120]))
                continue
            subprocess.run([wearlite, "run", f, "-i", base + "-x.npy", "-o", folder + "/y.npy", "-q"], check=True)
            d = np.abs(np.load(folder + "/y.npy") - want) * 256
            print("%s, whole: largest difference %.3f steps of 1/256, %.1f %% equal" % (os.path.basename(f), d.max(), 100 * (d < 1e-3).mean()))
            if dynamic:
                keep(os.path.basename(f)[:-5], f, x[:4], want[:4], 1.5 * d[:4].max() / 256)
            bad += not (d.max() <= 1 if dynamic else onnx_layers.compare(folder + "/layers", wearlite, f, x) <= 1.001)
    print("%d failed" % bad)
    return bad > 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
