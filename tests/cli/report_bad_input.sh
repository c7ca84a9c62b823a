mkdir empty
wearlite report empty; echo $?
wearlite report nowhere; echo $?
echo '{"cells": [' >broken.json
wearlite report broken.json; echo $?
echo '{}' >other.json
wearlite report other.json; echo $?
echo '{"cells": []}' >results.json
wearlite report . -o nowhere/page.html; echo $?
wearlite report; echo $?
