#!/usr/bin/env python3
"""Keras models converted to full-integer by wearlite and by TensorFlow's converter, with the same calibration windows of
training persons: accuracy on the same windows of test persons, and wall time including start-up.

    convert_compare.py WEARLITE [UCI_HAR.zip] [MODELS_DIR]      (../shared/data/..., ../shared/models)

Needs a python3 with tensorflow, keras 3, tf-keras and ai-edge-litert. Prints a table in Markdown. Environment: RUNS=3 timed
conversions of each, in turn; SEEDS=1,2,3 choices of WINDOWS=256 calibration windows; KEEP=DIR keeps the files; ONLY=name.
`same`: windows of test persons to which the float model gives the same label, which needs no truth and is what a conversion owes.

Their side of a Keras 3 LSTM: the converter finds a loop in it, not the LSTM operator, so it is given the same weights in
tf-keras (Keras 2), which it fuses into UNIDIRECTIONAL_SEQUENCE_LSTM; `keras3` tells what it makes of the file itself.
"""
import io
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import numpy as np

# Run as a program of its own, so that start-up counts: MODEL WINDOWS.npy OUT.tflite HOW
THEIRS = r"""
import os, sys
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import numpy as np
import tensorflow as tf
model_path, windows, out, how = sys.argv[1:]
x = np.load(windows)
model = tf.keras.models.load_model(model_path, compile=False)
if how == "keras2":
    import tf_keras
    old = tf_keras.Sequential([tf_keras.Input(model.input_shape[1:], batch_size=1)])
    for l in model.layers:
        c = {k: v for k, v in l.get_config().items() if k not in ("dtype", "quantization_config") and "_initializer" not in k}
        if type(l).__name__ in ("InputLayer", "Dropout"):
            continue
        old.add(getattr(tf_keras.layers, type(l).__name__).from_config(c))
        old.layers[-1].set_weights(l.get_weights())
    model = old
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
else:
    one = tf.keras.Input(batch_shape=(1,) + tuple(model.input_shape[1:]))  # with a batch of any size, loops cannot be converted
    converter = tf.lite.TFLiteConverter.from_keras_model(tf.keras.Model(one, model(one)))
converter.optimizations = [tf.lite.Optimize.DEFAULT]
converter.representative_dataset = lambda: ([w[None]] for w in x)
converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
converter.inference_input_type = converter.inference_output_type = tf.int8
open(out, "wb").write(converter.convert())
"""

MODELS = [  # file, ways that TensorFlow is asked, does the excerpt fit
    ("uci-har-cnn/uci_har_model_fp32.keras", ["keras3"], True),
    ("uci-har-lstm32x2/har_model.keras", ["keras3", "keras2"], True),
    ("motionsense-cnn2d/HAR_Comb.hdf5", ["keras3"], False),
    ("st-ign/har_IGN.h5", ["keras3"], False),
    ("uci-har-561-conv170/Conv170.h5", ["keras3"], False),
]
SIGNALS = ["body_acc", "body_gyro", "total_acc"]


def windows_read(path, part):
    z = zipfile.ZipFile(path)
    names = z.namelist()

    def member(end):
        return io.BytesIO(z.read(next(n for n in names if n.endswith(end))))
    x = [np.loadtxt(member("/%s_%s_%s.txt" % (s, axis, part)), dtype=np.float32) for s in SIGNALS for axis in "xyz"]
    y = np.loadtxt(member("/%s/y_%s.txt" % (part, part)), dtype=int) - 1
    return np.stack(x, axis=-1), y[:len(x[0])]


def timed(command):
    """(wall, processor) seconds; the second is what a machine that others use as well can tell."""
    start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (time.perf_counter() - start, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime), done


def labels_litert(path, x):
    from ai_edge_litert.interpreter import Interpreter
    run = Interpreter(path)
    run.allocate_tensors()
    i, o = run.get_input_details()[0], run.get_output_details()[0]
    labels = []
    for w in x:
        if i["dtype"] == np.int8:
            scale, zero = i["quantization"]
            w = np.clip(np.round(w / scale + zero), -128, 127).astype(np.int8)
        run.set_tensor(i["index"], w.reshape(i["shape"]))
        run.reset_all_variables()  # the state of a fused LSTM
        run.invoke()
        labels.append(int(run.get_tensor(o["index"]).argmax()))
    return np.array(labels)


def labels_ours(tool, path, folder, x):
    np.save(folder + "/test.npy", x)
    done = subprocess.run([tool, "run", path, "--input", folder + "/test.npy", "-o", folder + "/y.npy"], capture_output=True, text=True)
    return None if done.returncode else np.load(folder + "/y.npy").reshape(len(x), -1).argmax(1)


def percent(labels, y):
    return "refused" if labels is None else "%.2f %%" % (100 * (labels == y).mean())


def main(argv):
    tool = argv[1]
    data = argv[2] if len(argv) > 2 else "../shared/data/uci-har-excerpt/uci-har-excerpt.zip"
    models = argv[3] if len(argv) > 3 else "../shared/models"
    runs, seeds = int(os.environ.get("RUNS", 3)), [int(s) for s in os.environ.get("SEEDS", "1,2,3").split(",")]
    folder = os.environ.get("KEEP") or tempfile.mkdtemp()
    os.makedirs(folder, exist_ok=True)
    train, _ = windows_read(data, "train")
    test, label = windows_read(data, "test")
    print("%d training windows, %d test windows" % (len(train), len(test)), flush=True)
    print("| model | float | seed | ours | theirs | ours same | theirs same | how | our wall s | their wall s | ratio | our CPU s | their CPU s | ratio |\n" + "|---" * 14 + "|")
    for path, ways, fits in MODELS:
        model, name = os.path.join(models, path), os.path.dirname(path)
        if os.environ.get("ONLY", name) != name:
            continue
        plain = labels_ours(tool, model, folder, test) if fits else None
        for seed in seeds if fits else seeds[:1]:
            rng = np.random.default_rng(seed)
            windows, n = folder + "/calibrate.npy", int(os.environ.get("WINDOWS", 256))
            if fits:
                np.save(windows, train[rng.choice(len(train), n, replace=False)])
            else:  # no data set of these inputs is at hand: noise, and time only
                import keras
                shape = keras.models.load_model(model, compile=False).input_shape[1:]
                np.save(windows, rng.standard_normal((n,) + tuple(shape)).astype(np.float32))
            for how in ways:
                ours, theirs = "%s/%s-%d-ours.tflite" % (folder, name, seed), "%s/%s-%d-%s.tflite" % (folder, name, seed, how)
                t_ours, t_theirs = [], []
                why = ""
                for _ in range(runs if seed == seeds[0] else 1):  # in turn, so that both meet the same load
                    t, done = timed([tool, "convert", model, "-t", "full-integer", "--calibrate", windows, "-o", ours, "-q"])
                    t_ours.append(t)
                    if done.returncode:
                        sys.exit(done.stderr)
                    t, done = timed([sys.executable, "-c", THEIRS, model, windows, theirs, how])
                    t_theirs.append(t)
                    if done.returncode:
                        why = (done.stderr.strip().splitlines() or ["?"])[-1][:160]
                a = labels_litert(ours, test) if fits else None
                b = labels_litert(theirs, test) if fits and not why else None
                (t, c), (u, d) = ([statistics.median(v) for v in zip(*times)] for times in (t_ours, t_theirs))
                print("| %s | %s | %d | %s | %s | %.3f | %.2f | 1/%.0f | %.3f | %.2f | 1/%.0f |" % (
                    name, percent(plain, label) if fits else "-", seed,
                    " | ".join(percent(v, w) if fits else "-" for w in (label, plain) for v in (a, b)), how, t, u, u / t, c, d, d / c), flush=True)
                if why:
                    print("  theirs failed: " + why, flush=True)


if __name__ == "__main__":
    main(sys.argv)
