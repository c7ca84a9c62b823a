// results.json -> one self-contained page.
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H
#include "../base/arena.h"
#include "../base/buf.h"
#include "../base/err.h"
#include <jansson.h>

// The page for a study (docs/results.md tells the keys). Missing figures show as "not known" with the reason.
bool report_html(const json_t *results, struct buf *out, struct err *e);
// The same table as plain text for the terminal.
void report_text(const json_t *results, struct buf *out);
#endif
