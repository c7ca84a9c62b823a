#!/usr/bin/env python3
"""onnxruntime's word on an ONNX file.

    onnx_run.py MODEL.onnx in.npy out.npy              runs it, writes the first output
    onnx_run.py --compare MODEL.onnx in.npy want.npy   runs it at batch 1 and at the whole batch, checks 1e-5

Needs a python3 with onnx, onnxruntime and numpy (pip install onnx onnxruntime). Files to compare:
    mkdir d && WEARLITE_REFEREE=d build/asan/check onnx_referee
    for m in tiny cnn cnn-small ds-cnn resnet; do onnx_run.py --compare d/$m.onnx d/$m-in.npy d/$m-out.npy; done
"""
import sys

import numpy as np
import onnx
import onnxruntime


def main(argv):
    compare = argv[1:2] == ["--compare"]
    model, x, y = argv[1 + compare : 4 + compare]
    onnx.checker.check_model(onnx.load(model), full_check=True)
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    x_values, name = np.load(x), session.get_inputs()[0].name
    whole = session.run(None, {name: x_values})[0]
    if not compare:
        np.save(y, whole)
        return 0
    want = np.load(y)
    single = np.concatenate([session.run(None, {name: x_values[i : i + 1]})[0] for i in range(len(x_values))])
    worst = 0.0
    for what, got in (("batch 1", single), ("batch %d" % len(x_values), whole)):
        error = float(np.max(np.abs(got - want) / np.maximum(1.0, np.abs(want))))
        worst = max(worst, error)
        print("%s: %s: largest difference %.3g" % (model, what, error))
    return 0 if worst <= 1e-5 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv))
