wearlite train -o m.onnx; echo $?
wearlite train --data synth; echo $?
wearlite train --data synth --model cnm -o m.onnx; echo $?
wearlite train --data synth -o m.h5; echo $?
wearlite train --data synth --batch 1 -o m.onnx; echo $?
wearlite train --data nowhere -o m.onnx; echo $?
wearlite train --data synth --model cnn-small --epochs 1 -o nowhere/m.onnx; echo $?
echo "my diary" > m.onnx.checkpoint; wearlite train --data synth --model cnn-small --epochs 1 -o m.onnx; echo $?; cat m.onnx.checkpoint
