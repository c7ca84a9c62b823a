export HOME=$PWD WEARLITE_DATA=$PWD/data
wearlite data; echo $?
wearlite data show; echo $?
wearlite data info; echo $?
wearlite data list all; echo $?
wearlite data info hatp; echo $?
wearlite data info hapt; echo $?
wearlite data info csv; echo $?
wearlite data info synth --window 3; echo $?
wearlite data info synth --window ten; echo $?
wearlite data info synth --windows 9; echo $?
wearlite data get hatp; echo $?
wearlite data get synth; echo $?
wearlite data get hapt --from nowhere.zip; echo $?
echo hello >broken.zip
wearlite data get hapt --from broken.zip; echo $?
wearlite data info broken.zip; echo $?
mkdir -p own/walk
wearlite data info own; echo $?
: >own/walk/a.csv
wearlite data info own; echo $?
