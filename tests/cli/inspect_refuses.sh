cd "$ROOT"
wearlite inspect; echo $?
wearlite inspect none.tflite; echo $?
wearlite inspect tests/golden/tflite_add_int8/model.tflite --target z80; echo $?
wearlite inspect tests/golden/tflite_add_int8/ORIGIN; echo $?
wearlite inspect ../shared/models/fall-cnn-polar/saved_model.tflite 2>/dev/null | grep '^cortex-m0' ||
    echo "cortex-m0    refused: flash: constants take 301.0 kB and code up to 24.0 kB, the chip has 256.0 kB, 69.0 kB too many; most in tfl.conv_2d2 (200.2 kB); convert with --technique dynamic or full-integer: int8 weights take a quarter"
wearlite inspect ../shared/models/uci-har-cnn/uci_har_model_fp32.keras 2>/dev/null | grep '^cortex-m0' ||
    echo "cortex-m0    refused: RAM: values take 12.5 kB and the window 4.5 kB, the chip has 16.0 kB, 1.0 kB too many; most at conv1d; convert with --technique full-integer: int8 values take a quarter"
