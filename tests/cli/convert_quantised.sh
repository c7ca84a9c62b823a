# A file that onnxruntime quantised is written as it is: the .tflite scores the same bytes.
cp $ROOT/tests/fuzz/corpus/onnx/quantised_qop_u8 m.onnx
wearlite convert m.onnx -t full-integer -q -o m.tflite; echo $?
wearlite inspect m.tflite >m.txt && grep -c CONV_2D m.txt
printf '\223NUMPY\001\000v\000%-117s\n' "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 3, 32), }" >x.npy
awk 'BEGIN { for (i = 0; i < 96; i++) printf "\\000\\000\\%03o\\%03o", 128, i % 3 ? 63 : 191 }' >code
printf "$(cat code)" >>x.npy
wearlite run m.onnx -i x.npy -o a.npy -q && wearlite run m.tflite -i x.npy -o b.npy -q && cmp a.npy b.npy && echo same bytes
wearlite convert m.onnx -t lite -q -o l.tflite; echo $?
