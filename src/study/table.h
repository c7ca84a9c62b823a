// Cells of all seeds -> one row per model, technique and target (docs/results.md, table).
#ifndef STUDY_TABLE_H
#define STUDY_TABLE_H
#include <jansson.h>

// Makes the list from results' cells, options, data and targets; the caller owns it.
json_t *table_of(const json_t *results);
#endif
