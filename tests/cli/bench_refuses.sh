M=$ROOT/tests/fuzz/corpus/tflite/full-integer.tflite
wearlite bench $M; echo $?
wearlite bench $M --target z80; echo $?
wearlite bench $M --target cortex-m4f --windows 0; echo $?
wearlite bench $M --target cortex-m4f --meter voltmeter; echo $?
wearlite bench $M --target cortex-m4f --volts 3; echo $?
wearlite bench $M --target cortex-m4f --meter ppk2 --volts -3; echo $?
wearlite bench $M --target cortex-m4f --meter trace:x.csv --trace y.csv; echo $?
wearlite bench none.tflite --target cortex-m4f; echo $?
mkdir bin && ln -s $(command -v sh) bin/sh
PATH=bin $ROOT/build/asan/wearlite.bin bench $M --target cortex-m4f; echo $?
PATH=bin HOME=$PWD $ROOT/build/asan/wearlite.bin bench $M --target esp32; echo $?
