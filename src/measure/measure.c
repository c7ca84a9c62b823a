#include "parts.h"
#include "../base/file.h"
#include "../base/log.h"
#include "../base/proc.h"
#include "../emit/emit.h"
#include "../run/run.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COUNTED = 3 };                       // windows that are counted; all are compared
static const double guest_per_second = 1e8; // instructions, a slow machine; for a first guess only

struct job {
    const struct plan *plan;
    const struct target *target;
    const float *x;
    float *host; // what run gives
    int n, nx, ny;
    struct firmware plain, marked;
    int64_t ram_bytes; // budget
    bool small;        // emitted with --optimize size
    struct measurement *m;
    struct arena *a;
};

static bool windows_write(const struct job *j, const char *name, int n, struct err *e)
{
    struct span bytes = {(const uint8_t *)j->x, (size_t)n * (size_t)j->nx * sizeof *j->x};
    return file_write(arena_printf(j->a, "%s/%s", j->plain.dir, name), bytes, e);
}

// Every byte of the first n windows' scores; false with m->difference when one is not the host's.
static bool scores_compare(struct job *j, const char *name, int n, struct err *e)
{
    struct span got;
    struct measurement *m = j->m;
    if (!file_read(arena_printf(j->a, "%s/%s", j->plain.dir, name), j->a, &got, e)) return false;
    if (got.n != (size_t)n * (size_t)j->ny * sizeof(float))
        return fail(e, "%s: the chip gave %zu bytes of scores for %d windows", j->target->name, got.n, n);
    m->windows_compared = n;
    m->device_equals_host = true;
    for (int64_t i = 0; i < (int64_t)n * j->ny; i++) {
        uint32_t d, h;
        float v;
        memcpy(&d, got.p + i * 4, 4);
        memcpy(&h, j->host + i, 4);
        if (d == h) continue;
        memcpy(&v, &d, 4);
        m->difference =
            arena_printf(j->a, "window %d, score %d: %.9g (%08x) on the chip, %.9g (%08x) on the host",
                         (int)(i / j->ny), (int)(i % j->ny), (double)v, d, (double)j->host[i], h);
        m->device_equals_host = false;
        break;
    }
    return true;
}

static void sum_into(struct region *to, const struct region *r, double sign)
{
    for (int k = 0; k < C_COUNT; k++) to->n[k] += sign * r->n[k];
    to->instructions += sign * r->instructions;
    to->taken += sign * r->taken;
    to->misses += sign * r->misses;
    to->code_misses += sign * r->code_misses;
    to->words += sign * r->words;
}

static void scale(struct region *r, double by)
{
    struct region s = {.id = r->id};
    sum_into(&s, r, by);
    *r = s;
}

// The region of a mark by itself (the first that mark 1 ended); NULL: the profile is not ours.
static const struct region *empty_region(const struct profile *p, int *next)
{
    for (int i = 0; i < p->n; i++)
        if (p->region[i].id == 1) return *next = i + 1, &p->region[i];
    return NULL;
}

static struct interval interval_of(double v, double low, double high)
{
    return (struct interval){v, low, high};
}

static struct interval core_cycles(const struct target *t, const struct region *r)
{
    const double core = cycles_of(t, r), error = t->cost.error;
    return interval_of(core, core * (1 - error), core * (1 + error));
}

static void costs_fill(struct job *j, const struct region *r)
{
    struct measurement *m = j->m;
    const struct target *t = j->target;
    m->instructions = r->instructions;
    m->taken_branches = r->taken;
    m->cache_misses = t->cache.bytes ? r->misses : NAN;
    for (int k = 0; k < C_COUNT; k++) m->class_[k] = (struct class_count){class_names[k], r->n[k]};
    m->nclass = C_COUNT;
    const double hz = t->clock_hz;
    m->core_cycles = core_cycles(t, r);
    m->code_misses = t->cache.bytes ? r->code_misses : NAN;
    const struct energy_setting own = {.clock_hz = t->clock_hz};
    struct energy f;
    energy_of(m, &own, &f);
    m->latency_us = f.latency_us;
    m->cycles =
        interval_of(f.latency_us.value * hz / 1e6, f.latency_us.low * hz / 1e6, f.latency_us.high * hz / 1e6);
    m->energy_uj = f.inference_uj;
    if (isnan(f.inference_uj.value))
        m->energy_missing = "no documented power of this chip while it computes";
    else
        m->energy_origin = "emulated";
}

// The mean of n inferences, without the marks.
static bool inference_of(const struct target *t, const struct profile *p, int n, struct region *sum,
                         struct err *e)
{
    int i = 0, windows = 0;
    const struct region *empty = empty_region(p, &i);
    for (; empty && i < p->n; i++)
        if (p->region[i].id == 1) sum_into(sum, &p->region[i], 1), sum_into(sum, empty, -1), windows++;
    if (windows != n) return fail(e, "%s: the profile shows %d of %d inferences", t->name, windows, n);
    scale(sum, 1.0 / n);
    return true;
}

static bool count(struct job *j, int n, struct err *e)
{
    struct profile p;
    int64_t stack;
    if (!windows_write(j, "count.bin", n, e)) return false;
    if (!firmware_run(&j->plain, "count.bin", "count.out", "count.prof", 10 * MEASURE_SECONDS, &stack, j->a,
                      e))
        return false;
    if (!scores_compare(j, "count.out", n, e) || !j->m->device_equals_host) return j->m->difference != NULL;
    if (!profile_read(&j->plain, "count.prof", &p, j->a, e)) return false;
    struct region sum = {.id = 0};
    if (!inference_of(j->target, &p, n, &sum, e)) return false;
    j->m->stack_bytes = stack;
    costs_fill(j, &sum);
    return !j->target->cache.bytes || placed_fill(j->m, j->plan, &j->plain, &p, n, j->a, e);
}

// The same windows with the planner's choice in RAM: other addresses, so other sets of the cache; hence counted anew.
static bool count_planned(struct job *j, int n, struct err *e)
{
    struct measurement *m = j->m;
    m->planned_bytes = placed_choose(m, j->plan, j->a);
    m->planned_misses = m->cache_misses;
    if (!m->planned_bytes) return true;
    bool *in_ram = arena_new_n(j->a, (size_t)m->nplaced, bool);
    for (int i = 0; i < m->nplaced; i++) in_ram[i] = m->placed[i].in_ram;
    const struct emit_opt o = {.name = "model", .in_ram = in_ram, .small = j->small};
    struct firmware f = j->plain;
    struct profile p;
    int64_t stack;
    f.dir = arena_printf(j->a, "%s/planned", j->plain.dir);
    if (!emit_project(j->plan, j->target, &o, f.dir, e) || !firmware_build(&f, o.name, NULL, j->a, e))
        return false;
    const char *out = "planned/count.out"; // below the folder of all files of windows and scores
    const int compared = m->windows_compared;
    if (!firmware_run(&f, "../count.bin", "count.out", "count.prof", 10 * MEASURE_SECONDS, &stack, j->a, e) ||
        !scores_compare(j, out, n, e) || !m->device_equals_host)
        return m->difference != NULL;
    m->windows_compared = compared;
    struct region sum = {.id = 0};
    if (!profile_read(&f, "count.prof", &p, j->a, e) || !inference_of(j->target, &p, n, &sum, e))
        return false;
    m->planned_misses = sum.misses;
    m->planned = j->plan;
    m->planned_instructions = sum.instructions;
    m->planned_cycles = core_cycles(f.target, &sum);
    m->planned_flash_bytes = f.flash_bytes;
    m->planned_ram_bytes = f.arena_bytes + f.static_bytes + m->stack_bytes;
    return true;
}

// One line of the table: several calls of one node, the window's way in, the scores' way out.
static struct layer_cost *layer_at(struct measurement *m, const char *name, const char *op, int64_t macs)
{
    m->layer[m->nlayer] = (struct layer_cost){name, op, 0, 0, macs};
    return &m->layer[m->nlayer++];
}

static bool count_layers(struct job *j, struct err *e)
{
    struct profile p;
    int64_t stack;
    const struct plan *plan = j->plan;
    struct measurement *m = j->m;
    if (!windows_write(j, "layers.bin", 1, e)) return false;
    if (!firmware_run(&j->marked, "layers.bin", "layers.out", "layers.prof", 10 * MEASURE_SECONDS, &stack,
                      j->a, e))
        return false;
    if (!profile_read(&j->marked, "layers.prof", &p, j->a, e)) return false;
    int i = 0;
    const struct region *empty = empty_region(&p, &i);
    if (!empty || p.n - i < plan->nstep + 3)
        return fail(e, "%s: the profile of the layers is not complete", j->target->name);
    i++; // reading the window
    m->layer = arena_new_n(j->a, (size_t)plan->nstep + 2, struct layer_cost);
    const struct node *before = NULL;
    struct layer_cost *l = NULL;
    for (int s = -1; s <= plan->nstep; s++, i++) {
        const struct node *n = s >= 0 && s < plan->nstep ? plan->step[s].node : NULL;
        if (!n || n != before) {
            const struct opdef *d = n ? op_def(n->op) : NULL;
            l = layer_at(m,
                         n       ? n->name
                         : s < 0 ? "(window)"
                                 : "(scores)",
                         n       ? d->name
                         : s < 0 ? "INPUT"
                                 : "OUTPUT",
                         n && d->macs ? d->macs(n) : 0);
        }
        struct region r = {.id = 0};
        sum_into(&r, &p.region[i], 1), sum_into(&r, empty, -1);
        l->instructions += r.instructions;
        l->cycles +=
            cycles_of(j->target, &r) + miss_cycles(j->target, j->target->cache.miss_ns.value) * r.misses;
        before = n;
    }
    return true;
}

static const char *thousands(int64_t v, struct arena *a)
{
    char digits[32], *out = arena_alloc(a, 48), *o = out;
    int n = snprintf(digits, sizeof digits, "%lld", (long long)v);
    for (int i = 0; i < n; i++) {
        if (i && (n - i) % 3 == 0) *o++ = ',';
        *o++ = digits[i];
    }
    return out;
}

static void sizes_fill(struct job *j)
{
    struct measurement *m = j->m;
    const struct firmware *f = &j->plain;
    const struct target *t = j->target;
    m->flash_bytes = f->flash_bytes;
    m->weight_bytes = f->weight_bytes;
    m->code_bytes = f->flash_bytes - f->weight_bytes;
    m->arena_bytes = f->arena_bytes;
    m->static_bytes = f->static_bytes;
    if (m->stack_bytes > 0) m->ram_bytes = f->arena_bytes + f->static_bytes + m->stack_bytes;
    int64_t ram = f->arena_bytes + f->static_bytes + (m->stack_bytes > 0 ? m->stack_bytes : 0);
    int64_t over_flash = f->flash_bytes - (int64_t)t->flash_bytes, over_ram = ram - (int64_t)t->ram_bytes;
    m->fits = over_flash <= 0 && over_ram <= 0;
    m->plan_budget = j->ram_bytes > ram ? j->ram_bytes - ram : 0;
    m->refusal = NULL; // filled twice: the stack is known better after all windows
    if (over_flash > 0)
        m->refusal = arena_printf(j->a, "flash: %s bytes too many for the %s bytes of %s",
                                  thousands(over_flash, j->a), thousands(t->flash_bytes, j->a), t->chip);
    if (over_ram > 0)
        m->refusal = arena_printf(j->a, "%s%sRAM: %s bytes too many for the %s bytes of %s",
                                  m->refusal ? m->refusal : "", m->refusal ? "; " : "",
                                  thousands(over_ram, j->a), thousands(t->ram_bytes, j->a), t->chip);
}

static const char *versions(const struct job *j)
{
    struct proc_result cc, q;
    struct err ignored;
    const char *const ask_cc[] = {j->plain.cc, "-dumpfullversion", NULL}, *const ask_q[] = {j->plain.qemu,
                                                                                            "--version",
                                                                                            NULL};
    if (!proc_run(ask_cc, NULL, 20, j->a, &cc, &ignored) || !proc_run(ask_q, NULL, 20, j->a, &q, &ignored))
        return NULL;
    return arena_printf(j->a, "%s %.*s -O2, %.*s", j->target->cc, (int)strcspn((const char *)cc.out.p, "\n"),
                        (const char *)cc.out.p, (int)strcspn((const char *)q.out.p, "(\n"),
                        (const char *)q.out.p);
}

// All windows, without the profiler. The first few show how fast the emulator is here; windows that do not
// fit into the time limit are left out, and the note says so.
static bool compare_all(struct job *j, struct err *e)
{
    struct measurement *m = j->m;
    double seconds = 10, speed = guest_per_second;
    for (int round = 0; round < 2 && m->windows_compared < j->n && m->device_equals_host; round++) {
        double most = seconds * speed / (m->instructions + 1), from = seconds_now();
        int n = most < j->n ? (int)most : j->n;
        int64_t stack;
        if (n <= m->windows_compared) n = m->windows_compared + 1;
        if (!windows_write(j, "all.bin", n, e)) return false;
        if (!firmware_run(&j->plain, "all.bin", "all.out", NULL, 10 * MEASURE_SECONDS, &stack, j->a, e))
            return false;
        if (!scores_compare(j, "all.out", n, e)) return false;
        if (stack > m->stack_bytes) m->stack_bytes = stack;
        double took = seconds_now() - from;
        speed = n * m->instructions / took;
        seconds = MEASURE_SECONDS - took;
    }
    if (m->windows_compared < j->n && m->device_equals_host)
        m->note =
            arena_printf(j->a, "%d of %d windows compared: the others would take more than %d s to emulate",
                         m->windows_compared, j->n, MEASURE_SECONDS);
    return true;
}

static double planned_us(const struct measurement *m)
{
    struct energy f;
    energy_of(m, &(struct energy_setting){.clock_hz = m->target->clock_hz, .weights = WEIGHTS_PLANNED}, &f);
    return f.latency_us.value;
}

// The same with the weights transformed ahead: more constants, which gain where RAM takes them. Compared and counted
// like the first; the planned program is the faster one.
static bool count_ahead(struct job *j, int n, struct err *e)
{
    struct measurement *m = j->m, own = *m;
    struct job k = *j;
    const struct emit_opt o = {.name = "model", .small = j->small};
    if (!j->target->layout_ahead || j->plan->packed) return true; // packed weights are asked for to be small
    if (!(k.plan = plan_lower(j->plan->g, j->target->layout_ahead, j->a, e))) return false;
    if (plan_const_bytes(k.plan) == plan_const_bytes(j->plan)) return true; // no layer has that form
    k.m = &own;
    k.plain.dir = arena_printf(j->a, "%s/ahead", j->plain.dir);
    own.windows_compared = 0;
    own.stack_bytes = -1;
    if (!emit_project(k.plan, k.target, &o, k.plain.dir, e) ||
        !firmware_build(&k.plain, o.name, NULL, j->a, e) || !count(&k, n, e))
        return false;
    if (own.device_equals_host && !compare_all(&k, e)) return false;
    sizes_fill(&k);
    if (own.device_equals_host && !count_planned(&k, n, e)) return false;
    if (!own.device_equals_host) {
        m->device_equals_host = false;
        m->difference = arena_printf(j->a, "weights transformed ahead: %s", own.difference);
        return true;
    }
    if (own.planned != k.plan || planned_us(&own) >= planned_us(m)) return true;
    m->planned = k.plan;
    m->planned_ahead = true;
    m->placed = own.placed;
    m->nplaced = own.nplaced;
    m->planned_misses = own.planned_misses;
    m->planned_bytes = own.planned_bytes;
    m->planned_instructions = own.planned_instructions;
    m->planned_cycles = own.planned_cycles;
    m->planned_flash_bytes = own.planned_flash_bytes;
    m->planned_ram_bytes = own.planned_ram_bytes;
    return true;
}

static bool measure_in(struct job *j, struct err *e)
{
    struct measurement *m = j->m;
    struct emit_opt o = {.name = "model", .small = j->small};
    if (!emit_project(j->plan, j->target, &o, j->plain.dir, e)) return false;
    if (!firmware_build(&j->plain, o.name, NULL, j->a, e)) return false;
    if (!(j->plain.plugin = plugin_build(j->a, e))) return false;
    m->stack_bytes = -1;
    const int counted = j->n < COUNTED ? j->n : COUNTED;
    if (!count(j, counted, e)) return false;
    sizes_fill(j);
    if (!m->device_equals_host) return true;
    if (!compare_all(j, e)) return false;
    sizes_fill(j);
    if (!m->device_equals_host) return true;
    if (j->target->cache.bytes &&
        (!count_planned(j, counted, e) || (m->device_equals_host && !count_ahead(j, counted, e))))
        return false;
    if (!m->device_equals_host) return true;
    j->marked = j->plain;
    j->marked.build = "build-marked";
    return firmware_build(&j->marked, o.name, "-DMODEL_PROFILE", j->a, e) && count_layers(j, e);
}

bool measure_emulated(const struct plan *p, const struct target *t, const float *window, int nwindow,
                      const struct measure_opt *o, struct arena *a, struct measurement *m, struct err *e)
{
    const struct interval unknown = {NAN, NAN, NAN};
    *m = (struct measurement){.target = t,
                              .instructions = NAN,
                              .cycles = unknown,
                              .latency_us = unknown,
                              .energy_uj = unknown,
                              .taken_branches = NAN,
                              .core_cycles = unknown,
                              .cache_misses = NAN,
                              .code_misses = NAN,
                              .planned_misses = NAN,
                              .ram_bytes = -1,
                              .stack_bytes = -1};
    struct job j = {
        .plan = p, .target = t, .x = window, .n = nwindow, .m = m, .a = a, .small = o && o->small};
    j.ram_bytes = o && o->ram_bytes ? o->ram_bytes : (int64_t)t->ram_bytes;
    j.plain.target = t;
    if (nwindow < 1) return fail(e, "%s: at least one window is needed to measure", t->name);
    if (!(j.plain.cc = target_cc(t, a, e)) || !(j.plain.qemu = target_qemu(t, a, e))) return false;
    // The host must add in the device's order, fused where the device fuses.
    if (p->layout != t->layout && !(j.plan = plan_lower(p->g, t->layout, a, e))) return false;
    j.nx = (int)tensor_count(p->g->in[0]);
    j.ny = (int)tensor_count(p->g->out[0]);
    j.host = arena_array(a, (size_t)nwindow * (size_t)j.ny, sizeof(float));
    if (!run_batch(j.plan, window, nwindow, j.host, e)) return false;
    const char *tmp = getenv("TMPDIR");
    char *dir = arena_printf(a, "%s/wearlite-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    if (!mkdtemp(dir))
        return fail(e, "%s: no scratch folder can be made; set TMPDIR to a place with space", dir);
    j.plain.dir = dir;
    j.plain.build = "build";
    bool good = measure_in(&j, e);
    m->versions = good ? versions(&j) : NULL;
    if (!getenv("WEARLITE_KEEP")) dir_remove(dir);
    if (good && !m->device_equals_host) { // a program that computes something else has no costs
        m->instructions = m->taken_branches = m->cache_misses = m->planned_misses = NAN;
        m->cycles = m->core_cycles = m->latency_us = m->energy_uj = unknown;
        m->energy_origin = NULL;
        m->nclass = m->nlayer = 0;
        m->energy_missing = "the chip's scores differ from the host's";
    }
    return good;
}
