# Layers that keep their state: said by run and inspect, through files of all techniques, refused where windows overlap.
model=$ROOT/tests/golden/keras_stateful_keras
wearlite inspect $model/model.keras | grep '^state'
wearlite run $model/model.keras -i $model/in.npy -o y.npy
wearlite convert $model/model.keras -t lite -o lite.tflite
wearlite run lite.tflite -i $model/in.npy -o z.npy 2>/dev/null
cmp y.npy z.npy
wearlite inspect lite.tflite --json | grep -c '"stateful": true'
wearlite emit lite.tflite --target esp32 --hop 2 -o hop
wearlite emit lite.tflite --target esp32 --stream --hop 2 -o hop
wearlite convert $model/model.keras -t none -o m.onnx
ls
