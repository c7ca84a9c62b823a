command -v arm-none-eabi-gcc >/dev/null && command -v qemu-system-arm >/dev/null || { echo ok; exit 0; } # where they are missing
M=$ROOT/tests/fuzz/corpus/tflite/full-integer.tflite
wearlite bench $M --target cortex-m4f --windows 5 --json >out.json && python3 - <<'P'
import json
o = json.load(open("out.json"))
c = o["cells"][0]
want = """model technique target seed data accuracy macro_f1 macs file_bytes flash_bytes ram_bytes instructions cycles latency_us
latency_us_low latency_us_high energy_uj energy_uj_low energy_uj_high energy_origin device_equals_host windows_compared""".split()
missing = [k for k in want if k not in c]
assert not missing, missing
assert c["device_equals_host"] is True and c["windows_compared"] == 5 and c["energy_origin"] == "emulated", c
assert c["latency_us_low"] < c["latency_us"] < c["latency_us_high"] and c["macs"] == 10318, c
assert sum(l["macs"] for l in o["measurements"][0]["layers"]) == c["macs"]
P
[ $? = 0 ] && echo ok
