// What a board measured, beside what was estimated.
#ifndef CLI_BENCH_BOARD_H
#define CLI_BENCH_BOARD_H
#include "../measure/board.h"
#include <jansson.h>

// Waits for the report of a board that runs this plan, as long as m estimates that the app may take for one.
bool bench_board_read(const char *port, const struct plan *p, const struct measurement *m,
                      struct board_report *r, struct arena *a, struct err *e);
// At the board's clock (r NULL: the chip's own), constants in flash as the firmware is built by default.
void board_estimate(const struct board_report *r, const struct measurement *m, struct energy *out);
void bench_board_print(const char *port, const struct board_report *r, const struct measurement *m);
json_t *bench_board_json(const struct board_report *r, const struct measurement *m);
#endif
