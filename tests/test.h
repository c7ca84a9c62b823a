// TEST(name) { CHECK(cond); CHECK_EQ(want, got); CHECK_STR("part", text); }
#ifndef TEST_H
#define TEST_H
struct test {
    const char *name;
    void (*fn)(void);
    struct test *next;
};
void test_add(struct test *t);
void test_fail(const char *file, int line, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
// Leaves the test as skipped, with the reason; call it first, then return.
void test_skip(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
// A folder of this run that is removed at the end; a path in it.
const char *test_dir(void);
const char *test_path(const char *name);
// ../shared, or NULL where the folder is absent (then skip).
const char *test_shared(const char *below);
#define TEST(id)                                                                                             \
    static void test_##id(void);                                                                             \
    __attribute__((constructor)) static void add_##id(void)                                                  \
    {                                                                                                        \
        static struct test t = {#id, test_##id, 0};                                                          \
        test_add(&t);                                                                                        \
    }                                                                                                        \
    static void test_##id(void)
#define CHECK(c) ((c) ? (void)0 : test_fail(__FILE__, __LINE__, "%s", #c))
#define CHECK_EQ(want, got)                                                                                  \
    do {                                                                                                     \
        long w_ = (long)(want), g_ = (long)(got);                                                            \
        if (w_ != g_) test_fail(__FILE__, __LINE__, "%s: want %ld, got %ld", #got, w_, g_);                  \
    } while (0)
#define CHECK_NEAR(want, got, tol)                                                                           \
    do {                                                                                                     \
        double w_ = (double)(want), g_ = (double)(got);                                                      \
        if (!(w_ - g_ <= (tol) && g_ - w_ <= (tol)))                                                         \
            test_fail(__FILE__, __LINE__, "%s: want %.9g, got %.9g (tolerance %g)", #got, w_, g_,            \
                      (double)(tol));                                                                        \
    } while (0)
#define CHECK_STR(part, text)                                                                                \
    do {                                                                                                     \
        const char *t_ = (text);                                                                             \
        if (!strstr(t_, (part))) test_fail(__FILE__, __LINE__, "want \"%s\" in \"%s\"", (part), t_);         \
    } while (0)
#endif
