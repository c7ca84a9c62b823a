#include "../base/file.h"
#include "../format/format.h"
#include "cmd.h"
#include "inspect.h"
#include <stdio.h>

static const char *format_name(struct span bytes)
{
    for (int i = 0; formats[i]; i++)
        if (formats[i]->probe(bytes)) return formats[i]->about;
    return "?";
}

static void print_json(const struct inspected *m, const struct verdict *memory)
{
    json_t *o = inspect_json(m, memory);
    json_dumpf(o, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
    printf("\n");
    json_decref(o);
}

static void print_text(const struct inspected *m, const struct verdict *memory)
{
    struct buf out = {0};
    inspect_print(m, &out);
    if (memory) inspect_print_memory(m, memory, &out);
    fwrite(out.p, 1, out.n, stdout);
    buf_free(&out);
}

int cmd_inspect(int argc, char **argv)
{
    const char *target = NULL;
    bool json = false, memory = false;
    const struct opt opts[] = {
        {"memory", 'm', OPT_FLAG, NULL, "draw which values the RAM holds at each step", &memory},
        {"target", 't', OPT_TEXT, "T", "the chip whose memory is drawn (esp32)", &target},
        {"json", 0, OPT_FLAG, NULL, "one JSON object", &json},
        {NULL, 0, 0, NULL, NULL, NULL},
    };
    const struct usage u = {"inspect",
                            "MODEL",
                            "Prints a model's layers, what reading it folded away, and which chips it fits.",
                            "MODEL is a .tflite, .onnx, .keras or .h5 file. Parameters, bytes and "
                            "multiply-accumulates are\nof one window. docs/inspect.md explains the columns "
                            "and the keys of --json.",
                            opts,
                            1,
                            1};
    int n, rc = opt_parse(&u, argc, argv, &n);
    if (rc >= 0) return rc;
    const struct target *t = target_find(target ? target : "esp32");
    if (!t) return usage_error(&u, "unknown target '%s'; 'wearlite targets' lists them", target);
    struct arena a = {0};
    struct err e = {""};
    struct span bytes = {NULL, 0};
    struct graph *g = model_load(argv[0], &a, &e);
    if (!g || !file_read(argv[0], &a, &bytes, &e)) return arena_free(&a), report_error(&e);
    const struct inspected m = {argv[0], format_name(bytes), (int64_t)bytes.n, g, &a};
    const struct verdict v = verdict_of(&m, t);
    const bool drawn = memory || target;
    if (json)
        print_json(&m, drawn ? &v : NULL);
    else
        print_text(&m, drawn ? &v : NULL);
    arena_free(&a);
    return EXIT_DONE;
}
