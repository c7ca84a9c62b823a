cd "$ROOT"
wearlite inspect tests/golden/tflite_keras_cnn_int8/model.tflite --json --memory >"$OLDPWD/out.json" && cd "$OLDPWD" && python3 - <<'P'
import json
o = json.load(open("out.json"))
want = """format file file_format file_bytes network metadata inputs outputs parameters constant_bytes macs layers folded folded_left_out
targets memory""".split()
assert list(o) == want, list(o)
assert o["inputs"][0]["shape"] == [1, 32, 6] and o["inputs"][0]["quantization"]["zero_point"] == [2], o["inputs"]
assert sum(l["macs"] for l in o["layers"]) == o["macs"] == 11608
assert sum(l["constant_bytes"] for l in o["layers"]) == o["constant_bytes"] + 64  # zeros that three layers share
conv = next(l for l in o["layers"] if l["op"] == "CONV_2D")
assert len(conv["inputs"][1]["quantization"]["scale"]) == 8 and conv["inputs"][1]["quantization"]["axis"] == 0
assert any(f.startswith("SHAPE, STRIDED_SLICE, PACK folded into RESHAPE") for f in o["folded"])
for t in o["targets"]:
    keys = """target fits refusal remedy constant_bytes code_bytes_at_most flash_limit_bytes ram_bytes arena_bytes
    arena_lower_bound_bytes window_bytes ram_limit_bytes""".split()
    assert list(t) == keys, list(t)
    assert t["fits"] and t["ram_bytes"] == t["arena_bytes"] + t["window_bytes"] and t["arena_lower_bound_bytes"] <= t["arena_bytes"]
m = o["memory"]
assert m["target"] == "esp32" and m["steps"][m["peak_step"]]["live_bytes"] == m["lower_bound_bytes"] <= m["arena_bytes"]
assert max(b["offset_bytes"] + b["size_bytes"] for b in m["buffers"]) == m["arena_bytes"]
for a in m["buffers"]:  # what lives at the same time never overlaps
    for b in m["buffers"]:
        if a is b or a["last_step"] < b["first_step"] or b["last_step"] < a["first_step"]:
            continue
        assert a["offset_bytes"] + a["size_bytes"] <= b["offset_bytes"] or b["offset_bytes"] + b["size_bytes"] <= a["offset_bytes"], (a, b)
P
[ $? = 0 ] && echo ok
