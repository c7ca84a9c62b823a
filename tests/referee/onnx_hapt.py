#!/usr/bin/env python3
"""A trained network quantised by onnxruntime, scored on HAPT by onnxruntime; run by wearlite on the same windows.

    onnx_hapt.py HAPT.zip WEARLITE FOLDER MODEL.onnx...    writes FOLDER/MODEL-{qdq-s8,qop-u8,dyn}.onnx; fails beyond
                                                           0.2 points, or where a layer is beyond a step (onnx_layers.py)

Calibration: ten windows of each recording, of training persons only. Test persons: 2 4 9 10 12 13 18 20 24, windows cut as
`wearlite eval` cuts them. Needs a python3 with onnx, onnxruntime and numpy. A dynamic file takes one scale a tensor, so windows go
one by one.
"""
import io
import os
import subprocess
import sys
import zipfile

import numpy as np
import onnxruntime as ort
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_dynamic, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

import onnx_layers

TEST = (2, 4, 9, 10, 12, 13, 18, 20, 24)


def recordings(path):
    """(person, samples x 6, [(class, first, last)]) of each; samples counted from 1."""
    z = zipfile.ZipFile(path)
    at = {n.split("/")[-1]: n for n in z.namelist()}
    load = lambda name, **k: np.loadtxt(io.BytesIO(z.read(at[name])), **k)
    rows = load("labels.txt", dtype=int)
    for e, u in sorted({(r[0], r[1]) for r in rows}):
        x = np.concatenate([load("%s_exp%02d_user%02d.txt" % (s, e, u)) for s in ("acc", "gyro")], 1)
        yield u, x.astype(np.float32), [(r[2], r[3], r[4]) for r in rows if r[0] == e]


def labelled(samples, stretches):
    """(window, class) of one recording, cut as `wearlite eval` cuts: of 128 samples, every 64, of the six activities."""
    for kind, first, last in stretches:
        part = samples[first - 1 : last] if kind <= 6 else samples[:0]
        for i in range(0, len(part) - 127, 64):
            yield part[i : i + 128], kind - 1


class Reader(CalibrationDataReader):
    def __init__(self, name, x):
        self.rest = iter([{name: x[i : i + 1]} for i in range(len(x))])

    def get_next(self):
        return next(self.rest, None)


def session(path):
    so = ort.SessionOptions()
    so.log_severity_level, so.graph_optimization_level = 3, ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    return ort.InferenceSession(path, so, providers=["CPUExecutionProvider"])


def main(archive, wearlite, folder, *models):
    os.makedirs(folder, exist_ok=True)
    rng, calib, x, y = np.random.default_rng(1), [], [], []
    for person, r, stretches in recordings(archive):
        if person not in TEST:
            calib += [r[i : i + 128] for i in rng.integers(2000, len(r) - 1128, 10)]
            continue
        for window, kind in labelled(r, stretches):
            x.append(window)
            y.append(kind)
    calib, x, y = np.array(calib)[::2], np.array(x), np.array(y)
    np.save(folder + "/x.npy", x)
    bad = 0
    for model in models:
        base = "%s/%s" % (folder, os.path.basename(model)[:-5])
        quant_pre_process(model, base + "-pre.onnx", skip_symbolic_shape=True)
        name = session(base + "-pre.onnx").get_inputs()[0].name
        for form, kind, end in ((QuantFormat.QDQ, QuantType.QInt8, "qdq-s8"), (QuantFormat.QOperator, QuantType.QUInt8, "qop-u8")):
            quantize_static(base + "-pre.onnx", "%s-%s.onnx" % (base, end), Reader(name, calib), quant_format=form,
                            activation_type=kind, weight_type=QuantType.QInt8, per_channel=True)
        quantize_dynamic(base + "-pre.onnx", base + "-dyn.onnx", weight_type=QuantType.QInt8)
        for end in ("pre", "qdq-s8", "qop-u8", "dyn"):
            path, step = "%s-%s.onnx" % (base, end), 1 if end == "dyn" else len(x)
            s = session(path)
            want = np.concatenate([s.run(None, {name: x[i : i + step]})[0] for i in range(0, len(x), step)])
            subprocess.run([wearlite, "run", path, "-i", folder + "/x.npy", "-o", folder + "/o.npy", "-q"], check=True)
            got = np.load(folder + "/o.npy").reshape(want.shape).argmax(1)
            want = want.argmax(1)
            a, b = 100 * (want == y).mean(), 100 * (got == y).mean()
            print("%s: onnxruntime %.2f %%, wearlite %.2f %%, same class %.2f %%" % (path, a, b, 100 * (got == want).mean()))
            bad += not abs(a - b) <= 0.2
            if end in ("qdq-s8", "qop-u8"):
                bad += not onnx_layers.compare(folder, wearlite, path, x[::15]) <= 1.001
    return bad > 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
