M=$ROOT/tests/fuzz/corpus/tflite/full-integer.tflite
# What a board printed: the emitted app's id, pulses of 32 inferences. A recording at 10 kHz: 50 pulses of 24 ms, 20 and 21 mA in
# turn, 8 mA between.
wearlite emit $M --target cortex-m4f --project arduino -o fw >/dev/null
id=$(sed -n 's/.*"id\\":\\"\([0-9a-f]*\).*/\1/p' fw/examples/Benchmark/Benchmark.ino)
echo "wearlite-report {\"model\":\"har\",\"target\":\"cortex-m4f\",\"id\":\"$id\",\"cpu_mhz\":120,\"windows\":4,\"equal\":4,\"repeat\":160,\"latency_us\":740,\"ram_bytes\":900,\"const_bytes\":9000,\"pin\":4,\"pulse_inferences\":32}" >log
awk 'BEGIN { print "Timestamp(ms),Current(uA),D0"; for (i = 0; i < 20050; i++) { high = i >= 100 && (i - 100) % 400 < 240; printf "%.1f,%d,%d\n", i / 10, high ? 20000 + 1000 * (int((i - 100) / 400) % 2) : 8000, high } }' >trace.csv
bench() { wearlite bench $M --target cortex-m4f --windows 3 "$@"; }
bench --board log --meter trace:trace.csv --volts 3 | sed -n '/^meter/,$p'
bench --board log --meter trace:trace.csv --volts 3 --subtract-idle --json >out.json && python3 - <<'P' && echo ok
import json
o = json.load(open("out.json"))["meter"]
# 20.5 mA * 3 V * 750 us = 46.125 uJ, of which 8 mA * 3 V * 750 us = 18 are there without inference
assert abs(o["energy_uj"] - 28.125) < 1e-3 and o["energy_origin"] == "measured" and o["idle_subtracted"] is True, o
assert o["energy_uj_low"] < o["energy_uj"] < o["energy_uj_high"] and abs(o["idle_mw"] - 24) < 1e-3, o
assert o["pulses"] == 50 and o["pulse_inferences"] == 32 and o["samples_lost"] == 0 and o["trace"] == "trace.csv", o
assert o["cpu_hz"] == 120000000 and o["model"] == "har" and abs(o["latency_us"] - 750) < 1e-3 and abs(o["volts"] - 3) < 1e-6, o
P
sed 's/"id":"./"id":"x/' log >other
bench --board other --meter trace:trace.csv --volts 3 | sed -n '/^meter/,$p'
bench --meter trace:trace.csv --volts 3 | sed -n '/^meter/,$p'
bench --meter trace:trace.csv --volts 3 --pulse 32 | sed -n '/^meter/,$p' | head -n 2
bench --meter trace:trace.csv --pulse 32 | sed -n '/^meter/,$p'
head -n 300 trace.csv >short.csv
bench --meter trace:short.csv --volts 3 --pulse 32 | sed -n '/^meter/,$p'
bench --meter trace:none.csv --volts 3 --pulse 32 | sed -n '/^meter/,$p'
bench --meter ppk2:/dev/null --volts 3 | sed -n '/^meter/,$p'
wearlite meters
