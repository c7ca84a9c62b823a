// A fuzz target without libFuzzer: runs it over the files named, in order; says which one before, so that a
// crash is known by its file.
#include "../../src/base/file.h"
#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (int i = 1; i < argc; i++) {
        struct arena a = {0};
        struct err e = {""};
        struct span bytes;
        if (!file_read(argv[i], &a, &bytes, &e)) {
            fprintf(stderr, "%s\n", e.text);
            return 1;
        }
        printf("%s\n", argv[i]);
        LLVMFuzzerTestOneInput(bytes.p, bytes.n);
        arena_free(&a);
    }
    return 0;
}
