echo something >file
wearlite study --data synth -o file; echo $?
wearlite study --data synth -o file/below; echo $?
