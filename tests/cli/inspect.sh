cd "$ROOT"
wearlite inspect tests/golden/tflite_keras_cnn_float/model.tflite --memory --target cortex-m0
wearlite inspect tests/golden/onnx_squeeze_excite/model.onnx | sed -n '/^what became/,/^$/p'
wearlite inspect tests/golden/keras_cnn_keras/model.keras | sed -n '/^what became/,/^$/p'
