# One's own recordings: three persons, two activities, from a folder and from a zip of it.
for p in 1 2 3; do
    for a in rest walk; do
        mkdir -p own/$a
        awk -v p=$p -v walk=$([ $a = walk ] && echo 1 || echo 0) 'BEGIN {
            print "time_ms,acc_x [g],acc_y [g]"
            for (i = 0; i < 320; i++) printf "%d,%.4f,%.4f\n", i * 20, 1 + walk * sin(i / 5), p / 10 }' >own/$a/person0$p.csv
    done
done
wearlite data info own
(cd own && zip -qr ../own.zip .)
wearlite data info own.zip | grep -e windows -e 'read from'
