#!/usr/bin/env python3
"""What wearlite writes as ONNX, run by onnxruntime: each model is converted (lite; quantised ones dequantised first), checked by
onnx.checker, and onnxruntime's first output compared with wearlite's, one window at a time and, where the batch is free, all at once. Beyond 1e-5 it fails.

    onnx_written.py WEARLITE FOLDER MODEL...      e.g. tests/golden/*/model.*    FOLDER keeps the files

Needs a python3 with onnx, onnxruntime and numpy.
"""
import os
import subprocess
import sys
from collections import Counter

import numpy as np
import onnx
import onnxruntime as ort

RNG = np.random.default_rng(1)


def difference(got, want):
    """The largest, relative to the value or 1; what is no number must be none in both."""
    got, want = np.array(got).astype(float).ravel(), np.array(want).astype(float).ravel()
    if (np.isnan(got) != np.isnan(want)).any():
        return float("inf")
    got, want = np.nan_to_num(got), np.nan_to_num(want)
    return float(np.max(np.abs(got - want) / np.maximum(1, np.abs(want))))


def one(wearlite, folder, model):
    """(largest relative difference, None) or (None, why it was skipped)"""
    out = "%s/%s.onnx" % (folder, "-".join(model.split("/")[-2:]))
    for more in ([], ["--dequantize"]):
        done = subprocess.run([wearlite, "convert", model, "-t", "lite", "-o", out, "-q"] + more, capture_output=True, text=True)
        if not done.returncode:
            break
    if done.returncode:
        return None, done.stderr.strip()
    onnx.checker.check_model(onnx.load(out), full_check=True)
    so = ort.SessionOptions()
    so.log_severity_level, so.graph_optimization_level = 3, ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    s = ort.InferenceSession(out, so, providers=["CPUExecutionProvider"])
    if len(s.get_inputs()) != 1:
        return None, "several inputs"
    shape = s.get_inputs()[0].shape
    free = isinstance(shape[0], str)
    shape = [d if i else 1 for i, d in enumerate(shape)] if free else shape
    x = RNG.standard_normal([4] + shape).astype(np.float32)
    step = [s.run(None, {s.get_inputs()[0].name: w})[0] for w in x]
    if free:  # all at once: the batch is free indeed
        whole = s.run(None, {s.get_inputs()[0].name: x.reshape([4] + shape[1:])})[0]
        assert difference(whole, step) < 1e-5, "a batch of 4 gives other numbers"
    np.save(folder + "/x.npy", x.reshape([4 * shape[0]] + shape[1:]) if shape else x)
    subprocess.run([wearlite, "run", out, "-i", folder + "/x.npy", "-o", folder + "/y.npy", "-q"], check=True)
    return difference(np.load(folder + "/y.npy"), step), None


def main(wearlite, folder, *models):
    os.makedirs(folder, exist_ok=True)
    bad, why, ops, worst, done = 0, Counter(), Counter(), 0.0, 0
    for m in models:
        try:
            d, skip = one(wearlite, folder, m)
        except Exception as e:  # onnx or onnxruntime does not take it
            d, skip = float("inf"), None
            print("FAIL %s: %s" % (m, str(e)[:300]))
        if skip:
            why[skip.split(": ", 2)[-1]] += 1
            print("skip %s" % skip)
            continue
        done, worst = done + 1, max(worst, d)
        if d > 1e-5:
            print("FAIL %s: differs by %.3g" % (m, d))
            bad += 1
        else:
            ops.update({n.op_type for n in onnx.load("%s/%s.onnx" % (folder, "-".join(m.split("/")[-2:]))).graph.node})
    print("operators, files each: %s" % ", ".join("%s %d" % p for p in sorted(ops.items())))
    print("%d compared, largest difference %.3g, %d failed, %d skipped" % (done, worst, bad, sum(why.values())))
    return bad > 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
