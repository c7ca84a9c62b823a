#!/usr/bin/env python3
"""Operator by operator: which operator of a .tflite file makes the bytes that differ? LiteRT (reference kernels, all tensors
kept) runs the whole file; every operator alone is then a file of its own, given LiteRT's inputs, run by wearlite and by
TensorFlow Lite Micro, and compared with LiteRT's output. A second input that is computed becomes a constant, a file a window.

    python3 tests/referee/tflite_ops.py MODEL.tflite... [--windows 10] [--wearlite build/wearlite] [--all]

Prints, in Markdown, a line for each operator whose integer bytes differ from LiteRT's (--all: every operator): of how many,
at most by what, and how many differ from TensorFlow Lite Micro where that runs the operator. Exit status 1 when an operator
equals neither. Needs a python3 with ai-edge-litert, tflite-micro, numpy; run it from the repository's root."""
import argparse
import copy
import os
import subprocess
import sys
import tempfile

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as S
from ai_edge_litert.interpreter import Interpreter, OpResolverType

NAMES = {v: k for k, v in vars(S.BuiltinOperator).items() if isinstance(v, int)}


def quiet(f, *a):
    """f(*a) or None; what the runtimes print goes to /dev/null."""
    keep, null = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 2)
    try:
        return f(*a)
    except Exception:
        return None
    finally:
        os.dup2(keep, 2)
        os.close(keep)
        os.close(null)


def everything(bytes_, n):
    """The tensors of n windows, and of which kernels: an operator that the reference lacks makes the others run the file."""
    for resolver, how in ((OpResolverType.BUILTIN_REF, ""),
                          (OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES, " (optimised kernels)")):
        try:
            it = Interpreter(model_content=bytes_, experimental_op_resolver_type=resolver,
                             experimental_preserve_all_tensors=True, num_threads=1)
            it.allocate_tensors()
            break
        except Exception:
            continue
    d = it.get_input_details()[0]
    rng, out = np.random.default_rng(1), []
    for _ in range(n):
        x = rng.normal(size=tuple(d["shape"])).astype(np.float32)
        if d["dtype"] != np.float32:
            scale, zero = d["quantization"]
            info = np.iinfo(d["dtype"])
            x = np.clip(np.round(x * 60) + zero, info.min, info.max).astype(d["dtype"])
        it.set_tensor(d["index"], x)
        it.invoke()
        out.append({t["index"]: it.get_tensor(t["index"]).copy() for t in it.get_tensor_details() if t["name"]
                    and quiet(it.get_tensor, t["index"]) is not None})
    return out, how


def alone(m, k, live, values):
    """Operator k of the model as a file: `live` is its input; what else is computed is a constant with this window's value."""
    g, o = m.subgraphs[0], copy.deepcopy(m.subgraphs[0].operators[k])
    new, sub, number, op_out = S.ModelT(), S.SubGraphT(), {}, [int(i) for i in o.outputs]
    new.version, new.description, new.buffers, sub.tensors, sub.name = 3, b"", [S.BufferT()], [], b"main"

    def take(i):
        if i < 0:
            return -1
        if i not in number:
            t = copy.deepcopy(g.tensors[i])
            data = m.buffers[t.buffer].data
            if data is None or not len(data):
                t.shape, t.shapeSignature = list(values[i].shape), None
                data = np.frombuffer(values[i].tobytes(), np.uint8) if i not in op_out and i != live else None
            t.buffer = 0
            if data is not None and len(data):
                b = S.BufferT()
                b.data = data
                t.buffer = len(new.buffers)
                new.buffers.append(b)
            number[i] = len(sub.tensors)
            sub.tensors.append(t)
        return number[i]

    o.inputs, o.outputs = [take(int(i)) for i in o.inputs], [take(int(i)) for i in o.outputs]
    new.operatorCodes = [m.operatorCodes[o.opcodeIndex]]
    o.opcodeIndex = 0
    for t in sub.tensors:
        t.shapeSignature = None
    sub.inputs, sub.outputs, sub.operators, new.subgraphs = [number[live]], list(o.outputs), [o], [sub]
    b = flatbuffers.Builder(1024)
    b.Finish(new.Pack(b), b"TFL3")
    return bytes(b.Output())


def ours(tool, folder, model, x):
    paths = [os.path.join(folder, f) for f in ("m.tflite", "x.npy", "y.npy")]
    open(paths[0], "wb").write(model)
    np.save(paths[1], x if x.ndim and x.shape[0] == 1 else x[None])
    p = subprocess.run([tool, "run", "-q", paths[0], "-i", paths[1], "-o", paths[2]], capture_output=True, text=True)
    return (np.load(paths[2]), None) if p.returncode == 0 else (None, p.stderr.strip())


def micro(model, x):
    from tflite_micro import runtime
    it = runtime.Interpreter.from_bytes(model, arena_size=1 << 20)
    it.set_input(x, 0)
    it.invoke()
    return np.array(it.get_output(0))


def compare(tool, folder, path, o):
    bytes_ = open(path, "rb").read()
    m = S.ModelT.InitFromObj(S.Model.GetRootAs(bytes_, 0))
    tensors, how = everything(bytes_, o.windows)
    g, neither, label = m.subgraphs[0], 0, os.path.basename(path) + how
    for k, op in enumerate(g.operators):
        c = m.operatorCodes[op.opcodeIndex]
        name = NAMES[max(c.builtinCode, c.deprecatedBuiltinCode)]
        y = int(op.outputs[0])
        inputs = [int(i) for i in op.inputs if i >= 0]
        run = [i for i in inputs if m.buffers[g.tensors[i].buffer].data is None or not len(m.buffers[g.tensors[i].buffer].data)]
        if not run or any(i not in t or y not in t for i in run for t in tensors):
            continue
        live = next((i for i in run if tensors[0][i].dtype in (np.int8, np.int16)), None)
        if live is None or tensors[0][y].dtype == np.float32:
            continue
        off = total = worst = micro_off = 0
        why, micro_runs = None, True
        for t in tensors:
            model = alone(m, k, live, t)
            got, why = ours(tool, folder, model, t[live])
            if got is None:
                break
            d = np.abs(t[y].astype(int).ravel() - got.astype(int).ravel())
            off, total, worst = off + int((d > 0).sum()), total + d.size, max(worst, int(d.max()))
            small = quiet(micro, model, t[live]) if micro_runs else None
            micro_runs = small is not None and small.size == got.size
            micro_off += int((small.ravel() != got.ravel()).sum()) if micro_runs else 0
        if why:
            if o.all:
                print(f"| {label} | {k} {name} | {why} |", flush=True)
        elif off or o.all or (micro_runs and micro_off):
            print(f"| {label} | {k} {name} | {off} of {total} | {worst} | "
                  f"{micro_off if micro_runs else 'does not run it'} |", flush=True)
        neither += off > 0 and not (micro_runs and micro_off == 0)
    return neither


def main():
    p = argparse.ArgumentParser()
    p.add_argument("model", nargs="+")
    p.add_argument("--windows", type=int, default=10)
    p.add_argument("--wearlite", default="build/wearlite")
    p.add_argument("--all", action="store_true")
    o = p.parse_args()
    print("| model | operator | bytes that differ from LiteRT | at most by | from TFLM |\n|---|---|--:|--:|--:|")
    with tempfile.TemporaryDirectory() as folder:
        sys.exit(sum(compare(o.wearlite, folder, path, o) for path in o.model) > 0)


main()
