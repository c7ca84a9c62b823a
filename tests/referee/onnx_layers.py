#!/usr/bin/env python3
"""A quantised ONNX network layer by layer: does each, given what onnxruntime gave it, come within one step of onnxruntime?

    onnx_layers.py FOLDER WEARLITE MODEL.onnx x.npy...             pairs of a model and its windows; a line a layer
    GOLDEN=tests/golden/NAME onnx_layers.py FOLDER WEARLITE MODEL.onnx x.npy      writes the committed case (two windows)

A layer is what stands between 8-bit activations. All layers of a network become one model, side by side: its input holds, one behind
the other, what each layer got in onnxruntime's run of the whole network (as floats, which are quantised again exactly), its output what
each makes of it, in steps. Needs a python3 with onnx, onnxruntime and numpy. onnxruntime runs without graph optimisation.
"""
import os
import subprocess
import sys

import numpy as np
import onnx
import onnxruntime as ort
from onnx import helper

OUT_SCALE = {"QuantizeLinear": 1, "QLinearConv": 6, "QLinearMatMul": 6, "QLinearAdd": 6, "QLinearMul": 6, "QLinearSigmoid": 3,
             "QLinearLeakyRelu": 3, "QLinearAveragePool": 3, "QLinearGlobalAveragePool": 3, "QLinearReduceMean": 3, "QLinearSoftmax": 3,
             "QLinearConcat": 0, "QGemm": 7}


def session(model):
    """Without graph optimisation. Products of uint8 by int8 saturate at 16 bits in onnxruntime on x86 processors without VNNI, by up
    to 79 steps of a layer; it has a way out, which is one of its optimisations."""
    so, levels = ort.SessionOptions(), ort.GraphOptimizationLevel
    model = onnx.load(model) if isinstance(model, str) else model
    ops, bytes_ = {n.op_type for n in model.graph.node}, any(i.data_type == onnx.TensorProto.UINT8 for i in model.graph.initializer)
    mixed = ops & {"MatMulInteger", "ConvInteger", "DynamicQuantizeLSTM"} or bytes_ and ops & {"QLinearConv", "QLinearMatMul", "QGemm"}
    so.log_severity_level, so.graph_optimization_level = 3, levels.ORT_ENABLE_EXTENDED if mixed else levels.ORT_DISABLE_ALL
    if mixed:
        so.add_session_config_entry("session.x64quantprecision", "1")
    return ort.InferenceSession(model.SerializeToString(), so, providers=["CPUExecutionProvider"])


def values(model, x):
    """Every activation of onnxruntime's runs, a window a time, by name (windows, ...), and the nodes that make them."""
    m = onnx.ModelProto()
    m.CopyFrom(model)
    consts = {i.name for i in m.graph.initializer}
    live, maker = {i.name for i in m.graph.input} - consts, {}
    for n in m.graph.node:
        if any(i in live for i in n.input):
            live |= set(n.output)
        maker.update({o: n for o in n.output if o})
    del m.graph.output[:]
    names = [o for n in m.graph.node for o in n.output if o and o in live]
    m.graph.output.extend(helper.make_empty_tensor_value_info(o) for o in names)
    name = [i.name for i in m.graph.input if i.name not in consts][0]
    s = session(m)
    runs = [s.run(None, {name: x[i : i + 1]}) for i in range(len(x))]
    v = {n: np.array([r[k] for r in runs]) for k, n in enumerate(names)}
    v[name] = x[:, None]
    return v, maker, live, name


def scale_of(t, maker):
    n = maker[t]
    at = OUT_SCALE.get(n.op_type)
    return scale_of(n.input[0], maker) if at is None else (n.input[at], n.input[at + 1] if at + 1 < len(n.input) else "")


def side_by_side(model, x):
    """(model of all layers, its input, its output in steps, [(name, operators, first, last)])"""
    v, maker, live, source = values(model, x)
    eight = [t for n in model.graph.node for t in n.output if t in v and v[t].dtype in (np.int8, np.uint8)]
    const = {i.name: onnx.numpy_helper.to_array(i) for i in model.graph.initializer}
    nodes, inits, packed, want, table, ends, at, to = [], list(model.graph.initializer), [], [], [], [], 0, 0

    def number(values_, kind):
        inits.append(helper.make_tensor("layers/%d" % len(inits), kind, np.shape(values_), np.ravel(values_)))
        return inits[-1].name

    for k, y in enumerate(eight):
        mine, todo, borders = [], [y], []
        while todo:
            t = todo.pop()
            if t != y and t in eight or t == source:
                if t not in borders:
                    borders.append(t)
                continue
            if t in maker and maker[t] not in mine:
                mine.append(maker[t])
                todo += [i for i in maker[t].input if i in maker or i == source]
        rename = lambda t: "L%d/%s" % (k, t) if t in maker or t == source else t
        for b in borders:
            real = v[b]
            if b in eight:
                s, z = scale_of(b, maker)
                real = (real.astype(np.int32) - (const[z].astype(np.int32) if z else 0)).astype(np.float32) * const[s]
            size = int(np.prod(real.shape[1:]))
            packed.append(real.reshape(len(real), size))
            cut = "L%d/cut/%s" % (k, b)
            bounds = [number([i], onnx.TensorProto.INT64) for i in (at, at + size, 1)]
            nodes.append(helper.make_node("Slice", ["packed"] + bounds, [cut], name=cut))
            shape = number(list(real.shape[1:]), onnx.TensorProto.INT64)
            float_name = rename(b) + ("/real" if b in eight else "")
            nodes.append(helper.make_node("Reshape", [cut, shape], [float_name], name=float_name))
            if b in eight:
                nodes.append(helper.make_node("QuantizeLinear", [float_name, s] + ([z] if z else []), [rename(b)], name=rename(b) + "/q"))
            at += size
        for n in sorted(mine, key=lambda n: list(model.graph.node).index(n)):
            c = onnx.NodeProto()
            c.CopyFrom(n)
            c.name = "L%d/%s" % (k, n.name or n.output[0])
            c.input[:], c.output[:] = [rename(i) for i in n.input], [rename(o) for o in n.output]
            nodes.append(c)
        s, z = scale_of(y, maker)
        steps = v[y].astype(np.int32) - (const[z].astype(np.int32) if z else 0)
        end = "L%d/in steps" % k
        nodes.append(helper.make_node("DequantizeLinear", [rename(y), number(1.0, 1)] + ([z] if z else []), [end], name=end))
        nodes.append(helper.make_node("Reshape", [end, number([1, -1], onnx.TensorProto.INT64)], [end + "/flat"], name=end + "/flat"))
        ends.append(end + "/flat")
        want.append(steps.astype(np.float32).reshape(len(steps), -1))
        ops = "+".join(n.op_type for n in mine[::-1] if n.op_type not in ("QuantizeLinear", "DequantizeLinear")) or "QuantizeLinear"
        table.append((y, ops, to, to + want[-1].shape[1]))
        to += want[-1].shape[1]
    nodes.append(helper.make_node("Concat", ends, ["in steps"], name="in steps", axis=1))
    graph = helper.make_graph(nodes, "layers", [helper.make_tensor_value_info("packed", 1, [1, at])],
                              [helper.make_tensor_value_info("in steps", 1, [1, to])], inits)
    m = helper.make_model(graph, opset_imports=model.opset_import, ir_version=model.ir_version)
    used = {i for n in nodes for i in n.input}
    keep = [i for i in m.graph.initializer if i.name in used]
    del m.graph.initializer[:]
    m.graph.initializer.extend(keep)
    packed, want = np.concatenate(packed, 1), np.concatenate(want, 1)
    s = session(m)
    again = np.concatenate([s.run(None, {"packed": p[None]})[0] for p in packed])
    assert np.array_equal(again, want), "side by side onnxruntime computes other numbers than in the network"
    return m, packed, want, table


def compare(folder, wearlite, path, x, golden=None):
    """The largest difference of any layer, in steps. golden: a folder for a committed case."""
    m, packed, want, table = side_by_side(onnx.load(path), x)
    os.makedirs(folder, exist_ok=True)
    layers, i, o = (os.path.join(folder, f) for f in ("layers.onnx", "layers-in.npy", "layers-out.npy"))
    onnx.save(m, layers)
    np.save(i, packed)
    subprocess.run([wearlite, "run", layers, "-i", i, "-o", o, "-q"], check=True)
    d = np.abs(np.load(o).reshape(want.shape) - want)
    for name, ops, a, b in table:
        print("  %-28s %-40s largest difference %.3f steps, %.2f %% equal" % (name[:28], ops[:40], d[:, a:b].max(), 100 * (d[:, a:b] < 0.5).mean()))
    print("%s: %d layers, largest difference of any %.3f steps, %.2f %% of %d values equal" % (os.path.basename(path), len(table), d.max(), 100 * (d < 0.5).mean(), d.size))
    if golden:
        os.makedirs(golden, exist_ok=True)
        onnx.save(m, golden + "/model.onnx")
        np.save(golden + "/in.npy", packed[:2])
        np.save(golden + "/out.npy", want[:2])
        with open(golden + "/ORIGIN", "w") as f:
            f.write("layers of %s side by side, by tests/referee/onnx_layers.py\nout, in steps of each layer's output, by onnxruntime %s, graph "
                    "optimisation off\ntolerance 1.001\n" % (os.path.basename(path), ort.__version__))
    return d.max()


def main(folder, wearlite, *pairs):
    worst = max(compare(folder, os.path.abspath(wearlite), m, np.load(x), os.environ.get("GOLDEN")) for m, x in zip(pairs[::2], pairs[1::2]))
    return not worst <= 1.001


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
