wearlite report "$ROOT/tests/report/fixture-results.json" -o page.html
