wearlite train --data synth --model cnn-small --epochs 1 -o m.onnx -q >log
wearlite eval m.onnx --data synth --input-scale 1/0 ; echo $?
wearlite eval m.onnx --data synth --input-scale 1,2 ; echo $?
wearlite eval m.onnx --data synth --input-scale g ; echo $?
wearlite eval m.onnx --data synth --split any ; echo $?
wearlite convert m.onnx -t lite --input-scale 0 -o m.tflite; echo $?
wearlite convert m.onnx -t lite --input-scale 1/4,1/4,1/4,1,1,1 --input-offset 1 -q -o m.tflite; echo $?
wearlite convert m.tflite -t lite --input-scale 2 -q -o n.tflite; echo $?
wearlite eval m.onnx --data synth --split all --input-scale 1/4,1/4,1/4,1,1,1 --input-offset 1 | head -n 1 | cut -d, -f2-4 >a
wearlite eval m.tflite --data synth --split all | head -n 1 | cut -d, -f2-4 >b; cmp a b && echo "the same scores"
