# Techniques that are refused, and what --dequantize does about it.
cp $ROOT/tests/golden/tflite_keras_cnn_int8/model.tflite m.tflite
cp $ROOT/tests/golden/tflite_keras_cnn_int8/in.npy x.npy
wearlite techniques
wearlite convert m.tflite -t lite -o x.tflite; echo $?
wearlite convert m.tflite -t full-integer -c x.npy -o x.tflite; echo $?
wearlite convert m.tflite -t int16x8 -o x.tflite; echo $?
wearlite convert m.tflite -t int16x8 --dequantize -o x.tflite; echo $?
wearlite convert m.tflite -t dynamic --dequantize -o d.tflite; echo $?
wearlite convert d.tflite -t dynamic -o x.tflite; echo $?
wearlite convert d.tflite -t float16 --dequantize -o h.tflite; echo $?
wearlite convert h.tflite -t float16 -o h2.tflite; cmp h.tflite h2.tflite; echo $?
wearlite convert h.tflite -t none -o n.tflite; wc -c <h.tflite; wc -c <n.tflite
wearlite convert h.tflite -t quantum -o x.tflite; echo $?
wearlite convert $ROOT/tests/golden/onnx_squeeze_excite/model.onnx -t dynamic -o x.tflite; echo $?
ls
