# Float in and int8 out, since the scaling stays float in front of an LSTM: float32 in gives float32 out, --raw the bytes.
cp $ROOT/tests/golden/keras_lstm_keras/model.keras m.keras
cp $ROOT/tests/golden/keras_lstm_keras/in.npy x.npy
wearlite convert m.keras -t full-integer -c x.npy --input-scale 1,2,3,4,5,6 -o m.tflite -q; echo $?
wearlite inspect m.tflite | grep -E '^(input|output)'
wearlite run m.tflite -i x.npy -o y.npy; head -c 80 y.npy | grep -a -o "'descr.*"
wearlite run m.tflite -i x.npy -o z.npy --raw; head -c 80 z.npy | grep -a -o "'descr.*"
