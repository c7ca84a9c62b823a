// The page and the terminal's table from results.json (docs/results.md), whole, partial and broken.
#include "../../src/base/file.h"
#include "../../src/report/report.h"
#include "../../src/report/show.h"
#include "../test.h"
#include <math.h>
#include <string.h>

static json_t *fixture(void)
{
    json_error_t je;
    json_t *r = json_load_file("tests/report/fixture-results.json", 0, &je);
    if (!r) test_fail(__FILE__, __LINE__, "fixture: %s", je.text);
    return r;
}

static const char *page_of(const json_t *r, struct buf *out)
{
    struct err e = {""};
    if (!report_html(r, out, &e)) test_fail(__FILE__, __LINE__, "%s", e.text);
    return out->p ? (const char *)out->p : "";
}

TEST(report_figures_as_text)
{
    char s[SHOW_MAX];
    CHECK(!strcmp("812,544", show_count(s, 812544)));
    CHECK(!strcmp("0", show_count(s, 0)));
    CHECK(!strcmp("\xe2\x88\x92"
                  "1,234.50",
                  show_fixed(s, -1234.5, 2)));
    CHECK(!strcmp("+0.12", show_signed(s, 0.12, 2)));
    CHECK(!strcmp("0.00", show_signed(s, -0.001, 2)));
    CHECK(!strcmp("5.41", show_short(s, 5.4149)));
    CHECK(!strcmp("54.1", show_short(s, 54.149)));
    CHECK(!strcmp("1,542", show_short(s, 1541.6)));
    CHECK(!strcmp("0.431", show_short(s, 0.4312)));
    CHECK(!strcmp("not known", show_short(s, NAN)));
    CHECK(!strcmp("not known", show_count(s, 1e300)));
}

TEST(report_escapes_foreign_text)
{
    json_t *r = fixture();
    const char *evil = "</script><script>alert(1)</script>\"'&";
    json_object_set_new(json_object_get(r, "data"), "name", json_string(evil));
    json_object_set_new(json_array_get(json_object_get(r, "targets"), 0), "name", json_string(evil));
    json_object_set_new(json_array_get(json_object_get(r, "cells"), 0), "target", json_string(evil));
    json_object_set_new(r, "command", json_string(evil));
    struct buf out = {0};
    CHECK(!strstr(page_of(r, &out), "alert(1)</script>\""));
    CHECK(!strstr((const char *)out.p, "<script>alert"));
    CHECK_STR("&lt;/script&gt;&lt;script&gt;alert(1)", (const char *)out.p);
    CHECK_STR("\\u003c/script>\\u003cscript>alert(1)", (const char *)out.p);
    buf_free(&out);
    json_decref(r);
}

TEST(report_says_what_it_does_not_know)
{
    json_t *r = fixture();
    struct buf out = {0};
    const char *page = page_of(r, &out);
    CHECK_STR("not known", page);
    CHECK_STR("no document gives the chip", page);
    CHECK_STR("the chip computed something else than the host", page);
    CHECK_STR("RAM: 12,288 bytes too many", page);
    CHECK_STR("Simulated data", page);
    CHECK(!strstr(page, "nan"));
    buf_free(&out);
    json_decref(r);
}

TEST(report_unfinished_and_empty)
{
    struct buf out = {0};
    json_t *r = json_pack("{s:[]}", "cells");
    CHECK_STR("Nothing is finished yet", page_of(r, &out));
    CHECK_STR("Not finished", (const char *)out.p);
    report_text(r, &out);
    buf_free(&out);
    struct err e = {""};
    json_t *no = json_object();
    CHECK(!report_html(no, &out, &e));
    CHECK_STR("no list of cells", e.text);
    json_decref(no);
    json_decref(r);
    buf_free(&out);
}

// Replaces every member of every object, one at a time, by something of another type: nothing may crash.
static void spoil(json_t *whole, json_t *at, int depth)
{
    static const char *const with[] = {"null", "[]", "{}", "-1e308", "\"x\"", "[[[\"y\",null,-7]]]"};
    const char *key;
    json_t *v;
    void *tmp;
    if (depth > 3) return;
    json_object_foreach_safe(at, tmp, key, v)
    {
        json_incref(v);
        for (size_t i = 0; i < sizeof with / sizeof *with; i++) {
            struct buf out = {0};
            struct err e = {""};
            json_object_set_new(at, key, json_loads(with[i], JSON_DECODE_ANY, NULL));
            report_html(whole, &out, &e);
            report_text(whole, &out);
            buf_free(&out);
        }
        json_object_set(at, key, v);
        if (json_is_object(v)) spoil(whole, v, depth + 1);
        if (json_is_array(v) && json_is_object(json_array_get(v, 0)))
            spoil(whole, json_array_get(v, 0), depth + 1);
        json_decref(v);
    }
}

TEST(report_survives_spoilt_results)
{
    json_t *r = fixture();
    // One model, two seeds are enough, and fast under the sanitisers.
    json_t *cells = json_object_get(r, "cells");
    while (json_array_size(cells) > 16) json_array_remove(cells, 16);
    spoil(r, r, 0);
    json_decref(r);
}

TEST(report_text_table)
{
    json_t *r = fixture();
    struct buf out = {0};
    report_text(r, &out);
    CHECK_STR("cnn on esp32", (const char *)out.p);
    CHECK_STR("full-integer", (const char *)out.p);
    CHECK_STR("baseline", (const char *)out.p);
    CHECK_STR("none: RAM: 12,288 bytes too many", (const char *)out.p);
    buf_free(&out);
    json_decref(r);
}

// Every element that is opened is closed, in order. Void elements of HTML need no end.
TEST(report_page_is_well_formed)
{
    static const char *const empty[] = {"meta", "br", "!doctype", NULL};
    static char stack[64][16];
    int depth = 0, lost = 0;
    json_t *r = fixture();
    struct buf out = {0};
    for (const char *p = page_of(r, &out); *p && !lost; p++) {
        if (*p != '<') continue;
        char name[16];
        bool end = p[1] == '/';
        const char *from = p + 1 + end;
        size_t n = strspn(from, "!abcdefghijklmnopqrstuvwxyz0123456789");
        snprintf(name, sizeof name, "%.*s", (int)n, from);
        int skip = 0;
        for (int i = 0; empty[i]; i++) skip |= !strcmp(name, empty[i]);
        if (skip) continue;
        if (end) {
            if (!depth || strcmp(stack[--depth], name)) {
                test_fail(__FILE__, __LINE__, "</%s> closes <%s>: %.200s", name,
                          depth >= 0 ? stack[depth] : "", p - 100);
                lost = 1;
            }
        } else if (depth < 64) {
            snprintf(stack[depth++], sizeof *stack, "%s", name);
            if (!strcmp(name, "script") || !strcmp(name, "style")) { // what is inside is not markup
                char close[24];
                snprintf(close, sizeof close, "</%s>", name);
                p = strstr(p, close) - 1;
            }
        }
    }
    CHECK_EQ(0, depth);
    buf_free(&out);
    json_decref(r);
}

TEST(report_shows_each_hop_and_place)
{
    json_t *r = fixture(), *list = json_object_get(r, "measurements"), *m = NULL;
    size_t i;
    json_array_foreach (list, i, m)
        if (!strcmp(json_string_value(json_object_get(m, "technique")), "none")) break;
    CHECK(m);
    json_object_set_new(m, "settings",
                        json_pack("[{s:s,s:f,s:i,s:b},{s:s,s:f,s:i,s:b}]", "constants", "flash", "energy_uj",
                                  800.0, "clock_hz", 240000000, "cheapest", 0, "constants", "planned",
                                  "energy_uj", 500.0, "clock_hz", 160000000, "cheapest", 1));
    json_object_set_new(m, "streaming",
                        json_pack("[{s:i,s:i,s:i,s:i,s:f},{s:i,s:s}]", "hop", 64, "macs", 12345,
                                  "instructions", 20000, "ram_bytes", 3328, "energy_uj", 400.0, "hop", 32,
                                  "why", "no overlap <here>"));
    struct buf out = {0};
    const char *page = page_of(r, &out);
    CHECK_STR("both, planned", page);
    CHECK_STR("<td>64</td><td>12,345</td><td>3,328</td><td>400", page);
    CHECK_STR("<td>50</td></tr>", page); // half of the whole window's 800
    CHECK_STR("whole windows: no overlap &lt;here", page);
    buf_free(&out);
    json_decref(r);
}
