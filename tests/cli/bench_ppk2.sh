M=$ROOT/tests/fuzz/corpus/tflite/full-integer.tflite
bench="wearlite bench $M --target cortex-m4f --windows 3 --pulse 8 --json"
# 80 mA * 3.3 V * 12 ms / 8 = 396 uJ
python3 $ROOT/tests/cli/ppk2.py $bench --meter ppk2-source:PORT --volts 3.3 --seconds 1 >live.json
$bench --meter trace:full-integer.tflite.trace.csv >kept.json
python3 - <<'P' && echo ok
import json
live, kept = (json.load(open(f))["meter"] for f in ("live.json", "kept.json"))
assert abs(live["energy_uj"] - 396) < 0.005 * 396 and live["energy_origin"] == "measured", live
assert live["instrument"] == "Nordic PPK2 (source meter)" and live["samples_lost"] == 0 and live["pulses"] >= 48, live
assert abs(kept["energy_uj"] - live["energy_uj"]) < 1e-3 and kept["pulses"] == live["pulses"] and kept["volts"] == live["volts"], kept
P
head -n 2 full-integer.tflite.trace.csv
ls
