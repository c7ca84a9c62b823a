#include "../test.h"
#include "../../src/study/saving.h"
#include <math.h>

TEST(saving_of_the_same_mix_has_no_range)
{
    const double base[] = {100, 200, 300}, half[] = {50, 100, 150};
    struct saving s = saving_of(half, base, 3, 0.25);
    CHECK_NEAR(0.5, s.value, 1e-12);
    CHECK_NEAR(0.5, s.low, 1e-9);
    CHECK_NEAR(0.5, s.high, 1e-9);
}

TEST(saving_of_different_mixes)
{
    // Other classes altogether: the worst is one side at 1 + e, the other at 1 - e.
    const double base[] = {100, 0}, other[] = {0, 50};
    struct saving s = saving_of(other, base, 2, 0.2);
    CHECK_NEAR(0.5, s.value, 1e-12);
    CHECK_NEAR(1 - 0.5 * 1.2 / 0.8, s.low, 1e-9);
    CHECK_NEAR(1 - 0.5 * 0.8 / 1.2, s.high, 1e-9);
}

// Every corner of the box of costs, against the fast search.
TEST(saving_range_is_that_of_all_corners)
{
    const double n[] = {10, 40, 3, 0, 25}, m[] = {30, 35, 9, 44, 0};
    double low = 1e9, high = -1e9, e = 0.3;
    for (int corner = 0; corner < 32; corner++) {
        double top = 0, bottom = 0;
        for (int i = 0; i < 5; i++) {
            double x = corner >> i & 1 ? 1 + e : 1 - e;
            top += x * n[i], bottom += x * m[i];
        }
        low = fmin(low, 1 - top / bottom), high = fmax(high, 1 - top / bottom);
    }
    struct saving s = saving_of(n, m, 5, e);
    CHECK_NEAR(low, s.low, 1e-9);
    CHECK_NEAR(high, s.high, 1e-9);
}

TEST(saving_of_nothing_is_not_known)
{
    const double zero[] = {0};
    CHECK(isnan(saving_of(zero, zero, 1, 0.1).value));
    CHECK(isnan(saving_measured(NULL, NULL, NULL).low));
}
