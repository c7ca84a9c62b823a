#!/usr/bin/env python3
"""A recurrent .tflite file with Flex lists, run with LiteRT's own kernels and compared with wearlite.

    flex_steps.py MODEL.tflite WINDOWS.npy [WEARLITE]      WINDOWS: (n, steps, channels) float32

LiteRT's Python package has no Flex delegate. The bodies of the file's two LSTM loops are run here step by step, each
without its list operator, as networks of their own; the dense layer and the softmax behind them are computed in numpy.
Made for uci-har-lstm32x2/har_*.tflite. Needs a python3 with tensorflow, ai-edge-litert and numpy."""
import copy
import os
import subprocess
import sys
import tempfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import flatbuffers
import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from tensorflow.lite.python import schema_py_generated as schema

VARIANT = schema.TensorType.VARIANT


def body(model, index):
    """Subgraph `index` of (i, time, list, h, c, x) as a network of (i, time, h, c, x) giving h and c."""
    m = copy.deepcopy(model)
    g = m.subgraphs[index]
    g.operators = [o for o in g.operators if not m.operatorCodes[o.opcodeIndex].customCode]
    g.inputs = [g.inputs[i] for i in (0, 1, 3, 4, 5)]
    g.outputs = [g.outputs[i] for i in (3, 4)]
    for t in g.tensors:
        t.type = schema.TensorType.FLOAT32 if t.type == VARIANT else t.type
    m.subgraphs, m.signatureDefs, m.metadata = [g], None, None
    b = flatbuffers.Builder(1024)
    b.Finish(m.Pack(b), b"TFL3")
    it = Interpreter(model_content=bytes(b.Output()), experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
    it.allocate_tensors()
    return it


def layer(it, x):
    place = [d["index"] for d in it.get_input_details()]
    out = [d["index"] for d in it.get_output_details()]
    h = np.zeros(it.get_input_details()[2]["shape"], np.float32)
    c, all_h = h.copy(), []
    for t in range(len(x)):
        for i, v in zip(place, (np.int32(t), np.int32(t), h, c, x[:, None, :])):
            it.set_tensor(i, v)
        it.invoke()
        h, c = (it.get_tensor(i).copy() for i in out)
        all_h.append(h[0])
    return np.array(all_h)


def main():
    path, windows = sys.argv[1:3]
    wearlite = sys.argv[3] if len(sys.argv) > 3 else "build/wearlite"
    with open(path, "rb") as f:
        data = f.read()
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(data, 0))
    first, second, g = body(model, 2), body(model, 4), model.subgraphs[0]
    dense = [o for o in g.operators
             if model.operatorCodes[o.opcodeIndex].builtinCode == schema.BuiltinOperator.FULLY_CONNECTED][0]
    w, b = (np.frombuffer(bytes(model.buffers[g.tensors[i].buffer].data), np.float32).reshape(g.tensors[i].shape)
            for i in dense.inputs[1:3])
    want = []
    for x in np.load(windows):
        z = w @ layer(second, layer(first, x))[-1] + b
        z = np.exp(z - z.max())
        want.append(z / z.sum())
    want = np.array(want)
    with tempfile.TemporaryDirectory() as tmp:
        subprocess.check_call([wearlite, "run", path, "--input", windows, "-o", f"{tmp}/y.npy"])
        got = np.load(f"{tmp}/y.npy").reshape(want.shape)
    print(f"{path}: {len(want)} windows, largest difference {np.abs(got - want).max():.2g}, "
          f"{(got.argmax(1) == want.argmax(1)).sum()} with the same label")


main()
