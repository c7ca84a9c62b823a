#!/usr/bin/env python3
"""Compares `wearlite run` with LiteRT (reference kernels) and TensorFlow Lite Micro on .tflite files: integers byte for
byte, floats within 1e-5 of the largest output, those of dynamic models within 1e-3 (an activation on the edge of two
steps may fall either way). Run it with a Python that has ai-edge-litert and tflite-micro:

    python3 tests/referee/tflite_compare.py MODEL.tflite... [--input X.npy] [--windows 50] [--wearlite build/wearlite]

Without --input the windows are random, with the spread that the input's scale leaves room for.

The two runtimes do not always agree: LiteRT's reference FULLY_CONNECTED of int8 rounds once when it rescales (found in
2.3.0; about 0.3 % of its bytes are then one step off), TensorFlow Lite Micro's rounds twice, as every other int8 kernel
of both does. wearlite follows TensorFlow Lite Micro there. Exit status 1 when a model equals neither; where TensorFlow Lite Micro
cannot judge, up to 0.5 % of the values (10 % with int16 activations, where one step is small) may differ from LiteRT behind such an operator, else none."""
import argparse
import multiprocessing
import os
import subprocess
import sys
import tempfile

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType


def windows(details, given, n):
    shape = tuple(details["shape"])[1:]
    if given:
        x = np.load(given).reshape((-1,) + shape)[:n]
    else:
        x = np.random.default_rng(1).normal(size=(n,) + shape).astype(np.float32)
    if details["dtype"] != np.float32 and x.dtype == np.float32:
        scale, zero = details["quantization"]
        if not given:
            x = x * (scale * 60)  # reaches the ends of the range
        info = np.iinfo(details["dtype"])
        x = np.clip(np.round(x / scale) + zero, info.min, info.max).astype(details["dtype"])
    return x


def litert(path, x, resolver=OpResolverType.BUILTIN_REF):
    it = Interpreter(model_path=path, experimental_op_resolver_type=resolver)
    it.allocate_tensors()
    i, o = it.get_input_details()[0], it.get_output_details()[0]
    out = []
    for row in x:
        it.reset_all_variables()  # the state of an LSTM: every window starts afresh
        it.set_tensor(i["index"], row[None])
        it.invoke()
        out.append(it.get_tensor(o["index"]).copy())
    return np.concatenate(out)


def in_child(f, seconds, *a):
    """f(*a) by a process of its own, which may hang (TensorFlow Lite Micro in some loops) or die."""
    def work(to):
        try:
            to.send((f(*a), None))
        except Exception as e:
            to.send((None, str(e)))
    here, there = multiprocessing.Pipe()
    p = multiprocessing.Process(target=work, args=(there,))
    p.start()
    there.close()
    try:
        out, why = here.recv() if here.poll(seconds) else (None, f"not done after {seconds} s")
    except EOFError:
        out, why = None, "it dies"
    p.kill()
    p.join()
    if out is None:
        raise RuntimeError(why)
    return out


def micro(path, x):
    from tflite_micro import runtime
    it = runtime.Interpreter.from_file(path)
    out = []
    for row in x:
        it.reset()
        it.set_input(row[None], 0)
        it.invoke()
        out.append(np.array(it.get_output(0)))
    return np.concatenate(out)


def ours(program, path, x):
    if x.dtype == np.uint8:  # read as int8, 128 lower
        return (ours(program, path, (x ^ 128).view(np.int8)).view(np.uint8)) ^ 128
    with tempfile.TemporaryDirectory() as d:
        np.save(d + "/x.npy", x)
        r = subprocess.run([program, "run", path, "--input", d + "/x.npy", "-o", d + "/y.npy", "--raw"],
                           capture_output=True, text=True)
        if r.returncode:
            raise RuntimeError(r.stderr.strip())
        return np.load(d + "/y.npy")


def attempt(f, *a):
    """The result, or why there is none. What the runtimes print on stderr goes to /dev/null."""
    keep, null = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 2)
    try:
        return f(*a), None
    except Exception as e:
        return None, str(e).splitlines()[0][:160]
    finally:
        os.dup2(keep, 2)
        os.close(keep)
        os.close(null)


def differs(a, b, tolerance):
    """How far two results are apart, as text, and the share of values that are too far."""
    b = b.reshape(a.shape)
    if a.dtype == np.float32:
        d = np.abs(a - b) / max(1.0, float(np.abs(a).max()))
        return f"{float(d.max()):.2g}", float((~(d <= tolerance)).mean())
    d = np.abs(a.astype(np.int32) - b.astype(np.int32))
    text = f"{int((d > 0).sum())} of {d.size} bytes, at most {int(d.max())} apart" if d.any() else "equal"
    return text, float((d > 0).mean())


def kernels(path):
    """(name, type of the input, type of the weights) of each operator."""
    it = Interpreter(model_path=path)
    types = {t["index"]: np.dtype(t["dtype"]) for t in it.get_tensor_details()}
    return [(o["op_name"], *(types.get(i) for i in [*o["inputs"], -1][:2])) for o in it._get_ops_details()]


def has_dense_integer(path):
    return any(name == "FULLY_CONNECTED" and x in (np.int8, np.int16) for name, x, w in kernels(path))


def is_dilated(path):
    return any(name == "SPACE_TO_BATCH_ND" for name, x, w in kernels(path))


def is_dynamic(path):
    return any(x == np.float32 and w == np.int8 for name, x, w in kernels(path))


def main():
    p = argparse.ArgumentParser()
    p.add_argument("model", nargs="+")
    p.add_argument("--input")
    p.add_argument("--windows", type=int, default=50)
    p.add_argument("--tolerance", type=float, default=1e-5)
    p.add_argument("--wearlite", default="build/wearlite")
    o = p.parse_args()
    bad = 0
    for path in o.model:
        details, why = attempt(lambda: Interpreter(model_path=path).get_input_details()[0])
        if details is None:
            print(f"{path}: LiteRT does not load it: {why}")
            bad += 1
            continue
        x = windows(details, o.input, o.windows)
        y, why = attempt(ours, o.wearlite, path, x)
        if y is None:
            print(f"{path}: {why}")
            continue
        reference, why = attempt(litert, path, x)
        if reference is None:  # the reference kernels lack some operators (ELU)
            reference, why = attempt(litert, path, x, OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES)
        if reference is None:  # TensorFlow's own operators (Flex): compare with the Keras or ONNX model it was made of
            print(f"{path}: LiteRT does not run it: {why}")
            bad += 1
            continue
        # a step of the activation: LiteRT quantises each phase of a dilated convolution by itself
        tolerance = (1 / 127 if is_dilated(path) else 1e-3) if is_dynamic(path) else o.tolerance
        text, off = differs(reference, y, tolerance)
        m, why = attempt(in_child, micro, 60, path, x)
        if m is None:
            about, same = f"TFLM does not run it ({why})", False
        else:
            about, micro_off = differs(m, y, tolerance)
            about, same = "against TFLM: " + about, micro_off == 0
        wrong = off > (1 if same else max(0.1 if y.dtype == np.int16 else 0.005, 2 / y.size) if has_dense_integer(path) else 0)
        bad += wrong
        print(f"{path}: {len(x)} windows of {np.dtype(details['dtype'])}, against LiteRT: {text}; {about}"
              f"{' WRONG' if wrong else ''}")
    sys.exit(bad > 0)


main()
