// The sections of the page, in the order in which they stand there. Each reads results.json's keys
// (docs/results.md) and copes with any of them missing.
#ifndef REPORT_HTML_H
#define REPORT_HTML_H
#include "show.h"

void html_findings(const json_t *results, const json_t *table, struct buf *out); // the result in sentences
void html_asked(const json_t *results, struct buf *out);                         // data, persons, options
void html_table(const json_t *results, const json_t *table, struct buf *out);    // the main table
void html_settings(const json_t *results, const json_t *table,
                   struct buf *out); // clock, place of the constants
void html_charts(const json_t *results, const json_t *table, struct buf *out); // canvases and their data
void html_layers(const json_t *results, struct buf *out);  // the charts' figures as tables
void html_persons(const json_t *results, struct buf *out); // accuracy of each test person
void html_confusion(const json_t *results, struct buf *out);
void html_made(const json_t *results, struct buf *out); // how each figure was made

// A coloured mark for technique number i of the list, the same in tables and charts.
void html_technique(const json_t *results, const char *name, struct buf *out);
// What accuracy is averaged over: "person" or, where the set names none, "recording".
const char *person_word(const json_t *results);
int technique_index(const json_t *results, const char *name);
#endif
