// Any bytes as a zip archive: every entry that is listed can be asked for, with a message or its bytes; no
// name leads outside; memory within what deflate can make of the input.
#include "../../src/data/source.h"
#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct arena a = {0};
    struct err e = {""};
    struct source s;
    bool ok = source_open_zip(&s, (struct span){data, n}, "fuzz.zip", &a, &e);
    assert(ok == !*e.text);
    for (int i = 0; ok && i < s.n && i < 4; i++) {
        struct arena scratch = {0};
        struct span text;
        const char *name = s.entry[i].name;
        assert(*name != '/' && strncmp(name, "../", 3) && !strstr(name, "/../"));
        assert(source_find(&s, name) >= 0);
        e.text[0] = 0;
        bool got = source_read(&s, i, &scratch, &text, &e);
        assert(got == !*e.text);
        assert(scratch.bytes <= 1100 * n * (s.entry[i].zip == s.zip[0] ? 1 : 1100) + 4096);
        if (got) assert(text.n == s.entry[i].bytes && text.p[text.n] == 0);
        arena_free(&scratch);
    }
    source_close(&s);
    arena_free(&a);
    return 0;
}
