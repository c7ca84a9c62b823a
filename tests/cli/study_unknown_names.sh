wearlite study --models cnn,lstn -o out; echo $?
wearlite study --techniques prune -o out; echo $?
wearlite study --targets esp33 -o out; echo $?
wearlite study --data nowhere -o out; echo $?
wearlite study --ranges best -o out; echo $?
wearlite study --seeds 0x; echo $?
wearlite study --seeds -1 -o out; echo $?
wearlite study --modles cnn; echo $?
wearlite study cnn; echo $?
