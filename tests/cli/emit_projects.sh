M=$ROOT/tests/fuzz/corpus/tflite/full-integer.tflite
wearlite emit $M --target esp32 --project esp-idf -o x && (cd x && find . -type f | grep -v /nn/ | sort)
wearlite emit $M --target esp8266 --project arduino --name gait --golden 1 -o y && (cd y && find . -type f | grep -v /nn/ | sort)
wearlite emit $M --target cortex-m55 --project arduino -o z; echo $?
wearlite emit $M --target cortex-m4f --project esp-idf -o z; echo $?
wearlite emit $M --target cortex-m4f --project zephyr -o z; echo $?
wearlite emit $M --target esp32 --project esp-idf --ram 1071 -o z; echo $?
wearlite emit $M --target esp32 --project esp-idf --flash 300000 -o z; echo $?
wearlite emit $M --target esp32 --hop 33 -o z; echo $?
wearlite emit $M --target esp32 --hop -1 -o z; echo $?
[ ! -e z ]
