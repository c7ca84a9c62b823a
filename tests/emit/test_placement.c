// Which constants the planner copies to RAM, against every choice there is, and what is then emitted.
#include "../../src/base/file.h"
#include "../../src/base/rng.h"
#include "../../src/compress/compress.h"
#include "../../src/emit/emit.h"
#include "../test.h"
#include "../tiny.h"
#include <math.h>
#include <string.h>

enum { N = 10 };

static double sum(const struct constant *c, const double *gain, unsigned set, int64_t *bytes)
{
    double all = 0;
    *bytes = 0;
    for (int i = 0; i < N; i++)
        if (set >> i & 1) all += gain[i], *bytes += constant_ram_bytes(&c[i]);
    return all;
}

TEST(placement_finds_the_best_choice)
{
    struct rng r = rng_new(3);
    for (int round = 0; round < 40; round++) {
        struct constant c[N] = {0};
        double gain[N], best = 0;
        bool in_ram[N];
        for (int i = 0; i < N; i++) {
            c[i].bytes = (int64_t)(rng_below(&r, 500));
            gain[i] = (double)(rng_below(&r, 40));
        }
        const int64_t budget = (int64_t)(rng_below(&r, 3000)),
                      used = placement_plan(c, gain, N, budget, in_ram);
        unsigned chosen = 0;
        int64_t bytes;
        for (int i = 0; i < N; i++) {
            chosen |= (unsigned)in_ram[i] << i;
            CHECK(!in_ram[i] || gain[i] > 0);
        }
        for (unsigned set = 0; set < 1u << N; set++) {
            const double all = sum(c, gain, set, &bytes);
            if (bytes <= budget && all > best) best = all;
        }
        CHECK_NEAR(best, sum(c, gain, chosen, &bytes), 1e-9);
        CHECK_EQ(used, bytes);
        CHECK(used <= budget);
    }
}

TEST(placement_takes_no_byte_too_many)
{
    const struct constant c[3] = {{.bytes = 160}, {.bytes = 1000}, {.bytes = 33}};
    const double gain[3] = {30, 100, 5};
    bool in_ram[3];
    CHECK_EQ(160 + 1008 + 48, placement_plan(c, gain, 3, 1216, in_ram));
    CHECK(in_ram[0] && in_ram[1] && in_ram[2]);
    CHECK_EQ(160 + 1008, placement_plan(c, gain, 3, 1215, in_ram)); // one byte less: the least goes back
    CHECK(in_ram[0] && in_ram[1] && !in_ram[2]);
    CHECK_EQ(160 + 48, placement_plan(c, gain, 3, 1007, in_ram));
    CHECK(!in_ram[1]);
    CHECK_EQ(0, placement_plan(c, gain, 3, 0, in_ram));
    CHECK_EQ(0, placement_plan(c, (const double[3]){0, 0, 0}, 3, 4000, in_ram));
}

static struct graph *one_conv(struct arena *a)
{
    struct rng r = rng_new(5);
    struct graph *g = graph_new(a, "one");
    g->in = arena_new_n(a, 1, struct tensor *);
    g->out = arena_new_n(a, 1, struct tensor *);
    g->nin = g->nout = 1;
    g->in[0] = tensor_new(a, "window", F32, 4, (int32_t[]){1, 1, 32, 4});
    struct node *n = graph_add(g, a, OP_CONV_2D, "conv", 3, 1);
    n->in[0] = g->in[0];
    n->in[1] = tiny_const(a, &r, "w", 4, (int32_t[]){8, 1, 5, 4}, 0.3f);
    n->in[2] = tiny_const(a, &r, "b", 1, (int32_t[]){8}, 0.2f);
    n->as.conv = (struct conv){{1, 1}, {1, 1}, {0}, ACT_NONE};
    n->out[0] = g->out[0] = tensor_new(a, "y", F32, 4, (int32_t[]){1, 1, 28, 8});
    return g;
}

// The planned project's own layout: transformed weights as int16, in RAM.
TEST(placement_emits_weights_transformed_ahead)
{
    struct arena a = {0};
    struct err e = {""};
    const struct target *t = target_find("esp32");
    struct graph *g = technique_find("dynamic")->apply(one_conv(&a), &(struct compress_opt){0}, &a, &e);
    struct plan *p = g ? plan_lower(g, t->layout, &a, &e) : NULL;
    struct plan *ahead = p ? plan_lower(g, t->layout_ahead, &a, &e) : NULL;
    if (!ahead) return test_fail(__FILE__, __LINE__, "%s", e.text);
    struct constant *c = arena_new_n(&a, (size_t)constants_most(ahead), struct constant);
    bool *in_ram = arena_new_n(&a, (size_t)constants_most(ahead), bool);
    const int n = constants_of(ahead, c);
    int first = -1;
    for (int i = n - 1; i >= 0; i--) {
        in_ram[i] = true;
        if (c[i].t->type == I16) first = i;
    }
    CHECK(first >= 0 && plan_const_bytes(ahead) > plan_const_bytes(p));
    if (first < 0) return arena_free(&a);
    const struct emit_opt o = {.name = "har", .in_ram = in_ram};
    const char *dir = test_path("ahead");
    struct span text;
    CHECK(emit_project(ahead, t, &o, dir, &e) && file_read(arena_printf(&a, "%s/har.c", dir), &a, &text, &e));
    CHECK_STR(arena_printf(&a, "static const int16_t c%d[%d] IN_RAM(c%d) = {", c[first].number, 8 * 8 * 4 + 8,
                           c[first].number),
              (const char *)text.p);
    CHECK_STR(arena_printf(&a, "(const int8_t *)(const void *)c%d", c[first].number), (const char *)text.p);
    arena_free(&a);
}

TEST(placement_is_emitted_and_counted)
{
    struct arena a = {0};
    struct err e = {""};
    struct graph *g =
        technique_find("lite")->apply(tiny_cnn(&a, 32, 3, 3, 5), &(struct compress_opt){0}, &a, &e);
    const struct target *t = target_find("esp32");
    struct plan *p = g ? plan_lower(g, t->layout, &a, &e) : NULL;
    if (!p) return test_fail(__FILE__, __LINE__, "%s", e.text);
    struct constant *c = arena_new_n(&a, (size_t)constants_most(p), struct constant);
    bool *in_ram = arena_new_n(&a, (size_t)constants_most(p), bool);
    const int n = constants_of(p, c);
    int64_t all = 0;
    for (int i = 0; i < n; i++) all += c[i].bytes;
    CHECK(n > 2);
    CHECK_EQ(plan_const_bytes(p), all);
    in_ram[1] = true;
    struct emit_opt o = {.name = "har", .project = "esp-idf", .in_ram = in_ram};
    const char *dir = test_path("placed");
    struct span text;
    CHECK(emit_project(p, t, &o, dir, &e) && file_read(arena_printf(&a, "%s/har.c", dir), &a, &text, &e));
    CHECK_STR(arena_printf(&a, "IN_RAM(c%d) = {", c[1].number), (const char *)text.p);
    CHECK(!strstr((const char *)text.p, arena_printf(&a, "IN_RAM(c%d) = {", c[0].number)));
    CHECK_STR(".dram1.wearlite_", (const char *)text.p);
    // Values, the window, and the constant: one byte less is refused, and the message says so.
    const int64_t need = p->arena_bytes + 32 * 3 * 4 + constant_ram_bytes(&c[1]);
    o.ram_bytes = (int)need;
    CHECK(emit_project(p, t, &o, dir, &e));
    o.ram_bytes--;
    CHECK(!emit_project(p, t, &o, dir, &e));
    CHECK_STR(arena_printf(&a, "constants %lld", (long long)constant_ram_bytes(&c[1])), e.text);
    CHECK_STR(": 1 too many", e.text);
    arena_free(&a);
}
