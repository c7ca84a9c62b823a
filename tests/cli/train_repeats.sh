wearlite train --data synth --model cnn-small --epochs 2 --seed 3 -q -o a.onnx
wearlite train --data synth --model cnn-small --epochs 2 --seed 3 -q -o b.onnx > b.txt
cmp a.onnx b.onnx && echo same bytes
ls
