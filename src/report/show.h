// Putting figures and foreign text on a page. Everything that came from a file goes through put_text.
#ifndef REPORT_SHOW_H
#define REPORT_SHOW_H
#include "../base/buf.h"
#include "../study/figure.h"

// Escapes & < > " ' so that s is text in any place of an HTML page; NULL puts nothing.
void put_text(struct buf *out, const char *s);
// The text member of o, escaped; "not known" when absent.
void put_text_of(struct buf *out, const json_t *o, const char *key);

// Figures as text in s; returns s. "not known" for NAN. A true minus sign, commas between thousands.
enum { SHOW_MAX = 48 };
char *show_count(char s[SHOW_MAX], double v);                   // 812,544
char *show_fixed(char s[SHOW_MAX], double v, int decimals);     // 93.4
char *show_signed(char s[SHOW_MAX], double v, int decimals);    // +0.12, −1.30
char *show_short(char s[SHOW_MAX], double v);                   // three significant digits
const char *show_energy_unit(double largest_uj, double *scale); // "µJ" or "mJ"; multiply by *scale
#endif
