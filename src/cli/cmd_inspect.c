#include "../format/format.h"
#include "cmd.h"
#include <stdio.h>

int cmd_inspect(int argc, char **argv)
{
    static const struct opt opts[] = {{NULL, 0, 0, NULL, NULL, NULL}};
    static const struct usage u = {
        "inspect", "MODEL", "Prints the layers of a .tflite or .onnx model.", NULL, opts, 1, 1};
    int n, rc = opt_parse(&u, argc, argv, &n);
    if (rc >= 0) return rc;
    struct arena a = {0};
    struct err e = {""};
    struct graph *g = model_load(argv[0], &a, &e);
    if (!g) return arena_free(&a), report_error(&e);
    struct buf out = {0};
    graph_print(g, &out);
    fwrite(out.p, 1, out.n, stdout);
    buf_free(&out);
    arena_free(&a);
    return EXIT_DONE;
}
