// Quantiles: the table of Student's distribution in Abramowitz and Stegun, 26.10.
#include "../test.h"
#include "../../src/study/stats.h"
#include <math.h>

TEST(stats_t_quantile)
{
    CHECK_NEAR(12.706, t_quantile(0.95, 1), 5e-4);
    CHECK_NEAR(4.303, t_quantile(0.95, 2), 5e-4);
    CHECK_NEAR(2.776, t_quantile(0.95, 4), 5e-4);
    CHECK_NEAR(2.306, t_quantile(0.95, 8), 5e-4);
    CHECK_NEAR(2.042, t_quantile(0.95, 30), 5e-4);
    CHECK_NEAR(1.980, t_quantile(0.95, 120), 5e-4);
    CHECK_NEAR(3.355, t_quantile(0.99, 8), 5e-4);
    CHECK_NEAR(63.657, t_quantile(0.99, 1), 5e-3);
}

TEST(stats_mean_and_interval)
{
    const double v[] = {1, 2, 3, 4, 5};
    CHECK_NEAR(3, mean_of(v, 5), 1e-12);
    CHECK_NEAR(1.5811388, deviation_of(v, 5), 1e-6);
    CHECK_NEAR(2.776445 * 1.5811388 / sqrt(5), t_half_width(v, 5, 0.95), 1e-5);
    CHECK(isnan(mean_of(v, 0)));
    CHECK(isnan(deviation_of(v, 1)));
    CHECK(isnan(t_half_width(v, 1, 0.95)));
}
