# From a folder shaped like HAPT to where sets are kept; then it is found by name.
export HOME=$PWD WEARLITE_DATA=$PWD/data
mkdir -p made/RawData
for p in 1 2 3; do
    awk 'BEGIN { for (i = 0; i < 200; i++) print 1, i / 100, 0 }' >made/RawData/acc_exp0${p}_user0$p.txt
    cp made/RawData/acc_exp0${p}_user0$p.txt made/RawData/gyro_exp0${p}_user0$p.txt
    echo "$p $p $p 1 200"
done >made/RawData/labels.txt
wearlite data get hapt --from made
wearlite data get hapt
find data -name 'labels.txt'
wearlite data info hapt | tail -n 4
wearlite data list | grep -A1 '^hapt'
