// Any JSON as a study's results.json: the page and the table are made whatever is missing or of another type, and no text
// of the file ends up as markup. Mutations change values of the tree, so that the fuzzer's time goes into the report.
#include "../../src/report/report.h"
#include "../../src/base/rng.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t n, size_t most, unsigned seed);
__attribute__((weak)) size_t LLVMFuzzerMutate(uint8_t *data, size_t n, size_t most);

static int count(const char *page, const char *what)
{
    int k = 0;
    while ((page = strstr(page, what))) page++, k++;
    return k;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct err e = {""};
    struct buf page = {0}, text = {0};
    json_t *r = json_loadb((const char *)data, n, JSON_REJECT_DUPLICATES, NULL);
    if (!r) return 0;
    if (report_html(r, &page, &e)) {
        buf_put(&page, "", 1);
        const char *p = (const char *)page.p;
        assert(count(p, "</script>") == count(p, "<script")); // nobody's text closes or opens one
    } else {
        assert(*e.text);
    }
    report_text(r, &text);
    buf_free(&page);
    buf_free(&text);
    json_decref(r);
    return 0;
}

static json_t *strange(struct rng *r)
{
    switch (rng_below(r, 9)) {
    case 0:
        return json_null();
    case 1:
        return json_real(1e308);
    case 2:
        return json_integer(-9223372036854775807LL);
    case 3:
        return json_string("</script><script>\"'&");
    case 4:
        return json_object();
    case 5:
        return json_array();
    case 6:
        return json_real(-1e-300);
    case 7:
        return json_string("");
    default:
        return json_integer((json_int_t)rng_below(r, 1000) - 1);
    }
}

// Goes down the tree by chance and puts something strange, or another part of it, where it stops.
static void change(json_t *at, const json_t *root, struct rng *r)
{
    const size_t n = json_is_object(at) ? json_object_size(at) : json_array_size(at);
    if (!n) return;
    size_t k = rng_below(r, (uint32_t)n);
    const char *key = NULL;
    json_t *child = NULL;
    if (json_is_object(at)) {
        void *it = json_object_iter(at);
        while (k--) it = json_object_iter_next(at, it);
        key = json_object_iter_key(it), child = json_object_iter_value(it);
    } else {
        child = json_array_get(at, k);
    }
    if ((json_is_object(child) || json_is_array(child)) && rng_below(r, 8)) {
        change(child, root, r);
        return;
    }
    const int how = (int)rng_below(r, 6);
    json_t *put = how == 1   ? json_deep_copy(json_object_get(root, "cells"))
                  : how == 2 ? json_deep_copy(child)
                             : strange(r);
    if (key && !how)
        json_object_del(at, key);
    else if (key)
        json_object_set_new_nocheck(at, how == 3 ? "name" : key, put ? put : json_null());
    else if (!how)
        json_array_remove(at, k);
    else
        json_array_insert_new(at, k, put ? put : json_null());
    if (!how) json_decref(put);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t n, size_t most, unsigned seed)
{
    struct rng r = rng_new(seed);
    json_t *root = rng_below(&r, 10) ? json_loadb((const char *)data, n, 0, NULL) : NULL;
    if (!root) return LLVMFuzzerMutate(data, n, most);
    for (uint32_t k = rng_below(&r, 3) + 1; k; k--) change(root, root, &r);
    const size_t size = json_dumpb(root, NULL, 0, JSON_COMPACT);
    if (size && size <= most) n = json_dumpb(root, (char *)data, most, JSON_COMPACT);
    json_decref(root);
    return n;
}
