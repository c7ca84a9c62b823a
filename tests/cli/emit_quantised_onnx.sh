# A file that onnxruntime quantised becomes a project of int8 kernels, whose host build gives the bytes that run gives.
M=$ROOT/tests/golden/onnx_qdq_u8_1/model.onnx
wearlite emit $M --target cortex-m4f -o x --name gait --golden 3 && cd x && env -u MAKEFLAGS make -s host && build/gait-host
grep -o 'nn_[a-z0-9_]*_\(s8\|f32\)(' gait.c | sort | uniq -c | sed 's/^ *//'
