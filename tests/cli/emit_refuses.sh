M=$ROOT/tests/fuzz/corpus/tflite/full-integer.tflite
wearlite emit $M -o x; echo $?
wearlite emit $M --target z80 -o x; echo $?
wearlite emit $M --target cortex-m4f; echo $?
wearlite emit $M --target cortex-m4f -o x --name 9lives; echo $?
wearlite emit $M --target cortex-m4f -o /proc/x; echo $?
wearlite emit none.tflite --target cortex-m4f -o x; echo $?
wearlite emit $M --target cortex-m4f -o x --data nowhere; echo $?
wearlite emit $M --target cortex-m4f -o x --optimize energy; echo $?
