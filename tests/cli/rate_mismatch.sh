# A model knows the rate that it was trained at; recordings of another are refused, not taken as they are.
wearlite train --data synth --model cnn-small --epochs 1 -q -o m.onnx >/dev/null
for p in 1 2 3; do
    for a in rest walk; do
        mkdir -p own/$a
        awk -v p=$p 'BEGIN {
            print "time_ms,acc_x [g],acc_y [g],acc_z [g],gyro_x [rad/s],gyro_y [rad/s],gyro_z [rad/s]"
            for (i = 0; i < 320; i++) printf "%d,%.4f,0,%.4f,0,0,0\n", i * 40, sin(i / 5), p / 10 }' >own/$a/person0$p.csv
    done
done
wearlite convert m.onnx -t full-integer -c own -o m.tflite; echo $?
wearlite bench m.onnx --target cortex-m4f --data own; echo $?
wearlite emit m.onnx --target cortex-m4f --data own -o dir; echo $?
wearlite convert m.onnx -t full-integer -c synth -o m.tflite 2>/dev/null; echo $?
