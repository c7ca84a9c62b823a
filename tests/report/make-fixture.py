#!/usr/bin/env python3
# make-fixture.py > fixture-results.json: MADE-UP figures in the form of docs/results.md, to lay out and test the page.
# Nothing in it was measured. It holds the awkward cases on purpose: a refusal, an unknown energy, labels with markup in them.
import json, random
random.seed(7)
labels = ["walking", "upstairs", "downstairs", "sitting", "standing", "<b>lying</b> & \"more\""]
persons = [2, 4, 9, 10, 12, 13, 18, 20, 24]
techniques = [("none", "the trained float32 model as it is"), ("lite", "float32, batch-norm folded, activations fused"),
              ("dynamic", "int8 weights, float32 activations quantised on the fly"),
              ("full-integer", "int8 weights and activations, calibrated")]
targets = [dict(name="esp32", chip="ESP32-WROOM-32, 240 MHz (made up)", about="Xtensa LX6 with FPU", clock_hz=240000000, flash_bytes=3145728,
                ram_bytes=180224, fpu=True, cycle_cost=dict(alu=1, mul=2, mac=2, div=9, load=1.6, store=1.2, branch=2, fpu=1.1, simd=1), cycle_source="made-up cycle table, page 12", cycle_error=0.25,
                active_mw=dict(value=150, low=110, high=220, source="made-up data sheet 4.2, table 7"),
                sleep_mw=dict(value=2.6, low=2.0, high=3.3, source="made-up data sheet 4.2, table 8")),
           dict(name="cortex-m4f", chip="STM32L4R5, 120 MHz (made up)", about="Cortex-M4 with FPU and DSP", clock_hz=120000000, flash_bytes=2097152,
                ram_bytes=655360, fpu=True, cycle_cost=dict(alu=1, mul=1, mac=1, div=7, load=1.9, store=1.2, branch=2, fpu=1.5, simd=1), cycle_source="made-up cycle table, page 3", cycle_error=0.15,
                active_mw=dict(value=43, low=38, high=52, source="made-up data sheet, table 26"), sleep_mw=None)]
nodes = [("normalise", "BATCH_NORM"), ("conv1", "CONV_2D"), ("pool1", "MAX_POOL_2D"), ("conv2", "CONV_2D"), ("pool2", "MAX_POOL_2D"),
         ("dense1", "DENSE"), ("dense2", "DENSE"), ("softmax", "SOFTMAX")]
weight = [0.03, 0.17, 0.02, 0.62, 0.01, 0.12, 0.02, 0.01]
factor = {"none": 1.0, "lite": 0.93, "dynamic": 0.66, "full-integer": 0.31}
loss = {"none": 0, "lite": 0, "dynamic": -0.001, "full-integer": -0.013}
size = {"none": 151_204, "lite": 148_980, "dynamic": 45_112, "full-integer": 43_768}
cells, evaluations, measurements = [], [], []
for model, macs, skill in [("cnn", 812_544, 0.934), ("ds-cnn", 301_120, 0.921)]:
    for seed in (1, 2, 3):
        base = [min(0.999, skill + random.gauss(0, 0.025)) for _ in persons]
        for tech, _ in techniques:
            acc = [max(0, min(1, b + loss[tech] + (random.gauss(0, 0.006) if loss[tech] else 0))) for b in base]
            mean = sum(acc) / len(acc)
            conf = [[0] * 6 for _ in range(6)]
            for i in range(6):
                n = 500 + 7 * i
                right = int(n * (mean + random.gauss(0, 0.015)))
                right = min(n, right)
                other = i + 1 if i % 2 == 0 else i - 1
                conf[i][i], conf[i][other] = right, n - right
                if n - right > 10: conf[i][other] -= 6; conf[i][(i + 3) % 6] += 6
            f1 = mean - 0.004
            evaluations.append(dict(model=model, technique=tech, seed=seed, fma=True, accuracy=round(mean, 5), macro_f1=round(f1, 5), confusion=conf))
            for t in targets:
                c = dict(model=model, technique=tech, target=t["name"], seed=seed, data="hapt", accuracy=round(mean, 5), macro_f1=round(f1, 5),
                         accuracy_by_person=[round(a, 5) for a in acc], macs=macs, file_bytes=size[tech] if model == "cnn" else size[tech] // 3,
                         flash_bytes=None, ram_bytes=None, instructions=None, cycles=None, latency_us=None, latency_us_low=None, latency_us_high=None,
                         energy_uj=None, energy_uj_low=None, energy_uj_high=None, energy_origin=None, device_equals_host=None, windows_compared=None,
                         fits=None, refusal=None, cost_seed=1, model_file=f"models/{model}-seed{seed}" + (".onnx" if tech == "none" else f"-{tech}.tflite"),
                         project=f"projects/{model}-{tech}-{t['name']}", why="measured on seed 1: costs depend on the structure of the network only")
                cells.append(c)
                if seed != 1: continue
                ins = macs * 11.3 * factor[tech] * (1 if t["name"] == "esp32" else 0.8)
                cyc = ins * 1.35
                us = cyc / t["clock_hz"] * 1e6
                e = us * t["active_mw"]["value"] / 1000
                err = t["cycle_error"]
                c.update(flash_bytes=c["file_bytes"] + 9000, ram_bytes=int(30_000 * (0.4 if tech == "full-integer" else 1)), instructions=round(ins), cycles=round(cyc),
                         latency_us=round(us, 1), latency_us_low=round(us * (1 - err), 1), latency_us_high=round(us * (1 + err), 1), energy_uj=round(e, 2),
                         energy_uj_low=round(e * (1 - err) * t["active_mw"]["low"] / t["active_mw"]["value"], 2),
                         energy_uj_high=round(e * (1 + err) * t["active_mw"]["high"] / t["active_mw"]["value"], 2),
                         energy_origin="emulated", device_equals_host=True, windows_compared=100, fits=True, why=None)
                if model == "ds-cnn" and t["name"] == "cortex-m4f" and tech == "dynamic":
                    for k in ("flash_bytes ram_bytes instructions cycles latency_us latency_us_low latency_us_high energy_uj energy_uj_low energy_uj_high "
                              "energy_origin").split(): c[k] = None
                    c.update(device_equals_host=False, why="window 17, score 3: device 0.81250000, host 0.81249994")
                if model == "ds-cnn" and t["name"] == "esp32" and tech == "none":
                    c.update(fits=False, refusal="RAM: 12,288 bytes too many for ESP32-WROOM-32 (180,224)")
                w = [x * random.uniform(0.9, 1.1) for x in weight]
                keep = [i for i in range(len(nodes)) if tech == "none" or i != 0]
                total = sum(w[i] for i in keep)
                if c["instructions"]:
                    f = tech == "full-integer"
                    parts = dict(alu=.30, mul=.03, mac=.0 if not f else .10, div=.001, load=.33, store=.04, branch=.08, fpu=0 if f else .2, simd=.02 if f else 0)
                    s = sum(parts.values())
                    measurements.append(dict(model=model, technique=tech, target=t["name"], seed=1,
                        layers=[dict(name=nodes[i][0], op=nodes[i][1], instructions=round(ins * w[i] / total), cycles=round(cyc * w[i] / total), macs=int(macs * weight[i])) for i in keep],
                        classes={k: round(ins * v / s) for k, v in parts.items()}, code_bytes=9000, weight_bytes=c["file_bytes"], arena_bytes=c["ram_bytes"] - 900,
                        static_bytes=100, stack_bytes=800, versions="made-up-gcc 12.2, made-up-qemu 7.2", difference=None))
print(json.dumps(dict(format=1, command="wearlite study --data hapt --models cnn,ds-cnn --seeds 3 -o MADE-UP", complete=True,
    problems=["MADE-UP FIGURES: this file exists to lay out and test the page; nothing in it was measured"],
    data=dict(name="hapt", about="made-up example of a data set", licence="none: made up", origin="tests/report/make-fixture.py", synthetic=True, rate_hz=50, window=128, hop=64,
              channels=["acc_x", "acc_y", "acc_z", "gyro_x", "gyro_y", "gyro_z"], units=["g"] * 3 + ["rad/s"] * 3, labels=labels, by_person=True,
              persons={k: [str(p) for p in v] for k, v in dict(train=[1, 3, 5, 6, 7, 8, 11, 14, 15, 16, 17, 19, 21, 22, 23, 25, 26], valid=[27, 28, 29, 30], test=persons).items()},
              windows=dict(train=6000, valid=1400, test=3105), sha256="00" * 32),
    options=dict(models=["cnn", "ds-cnn"], techniques=[t for t, _ in techniques], targets=[t["name"] for t in targets], seeds=3, windows_compared=100, quick=False, calibration_windows=200, calibration_ranges="mse",
                 battery_mah=300, battery_v=3.7),
    versions=dict(wearlite="0 (made up)", program_sha256="00" * 32, host_compiler="made-up-cc 12"),
    models=[dict(name=m, about=a, params=p, epochs=40, trainings=[dict(seed=s, epochs=33, best_epoch=25, valid_accuracy=.95) for s in (1, 2, 3)])
            for m, a, p in [("cnn", "two convolutions, two dense layers", 37_126), ("ds-cnn", "depthwise-separable", 12_410)]],
    techniques=[dict(name=n, about=a) for n, a in techniques], targets=targets, cells=cells, evaluations=evaluations, measurements=measurements), separators=(",", ":")))
