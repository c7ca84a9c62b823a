M=$ROOT/tests/fuzz/corpus/tflite/full-integer.tflite
wearlite emit $M --target cortex-m4f -o x --name gait --golden 2 && cd x && env -u MAKEFLAGS make -s host && build/gait-host && ls
