#include "stats.h"
#include <assert.h>
#include <math.h>

double mean_of(const double *v, int n)
{
    if (n < 1) return NAN;
    double sum = 0;
    for (int i = 0; i < n; i++) sum += v[i];
    return sum / n;
}

double deviation_of(const double *v, int n)
{
    if (n < 2) return NAN;
    double m = mean_of(v, n), sum = 0;
    for (int i = 0; i < n; i++) sum += (v[i] - m) * (v[i] - m);
    return sqrt(sum / (n - 1));
}

// The regularised incomplete beta function I_x(a, b) by its continued fraction (NIST Digital Library of
// Mathematical Functions, 8.17.22), evaluated by Lentz's method; converges fast for x < (a + 1) / (a + b +
// 2).
static double beta_fraction(double x, double a, double b)
{
    const double tiny = 1e-300;
    double c = 1, d = 1 - (a + b) * x / (a + 1);
    if (fabs(d) < tiny) d = tiny;
    d = 1 / d;
    double f = d;
    for (int m = 1; m < 1000; m++) {
        double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        double before = f;
        for (int half = 0; half < 2; half++) {
            double k = half ? odd : even;
            d = 1 + k * d;
            c = 1 + k / c;
            if (fabs(d) < tiny) d = tiny;
            if (fabs(c) < tiny) c = tiny;
            d = 1 / d;
            f *= c * d;
        }
        if (fabs(f - before) < 1e-15 * fabs(f)) break;
    }
    return f;
}

static double beta_regularised(double x, double a, double b)
{
    if (x <= 0) return 0;
    if (x >= 1) return 1;
    double front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x));
    if (x < (a + 1) / (a + b + 2)) return front * beta_fraction(x, a, b) / a;
    return 1 - front * beta_fraction(1 - x, b, a) / b;
}

// P(|T| <= t) = 1 - I_{df / (df + t^2)}(df / 2, 1 / 2) (Abramowitz and Stegun, 26.5.27 and 26.7.1); inverted
// by bisection, which cannot fail to converge.
double t_quantile(double level, int df)
{
    assert(df > 0 && level > 0 && level < 1);
    double lo = 0, hi = 1e6;
    for (int i = 0; i < 200; i++) {
        double t = (lo + hi) / 2;
        if (1 - beta_regularised(df / (df + t * t), df / 2.0, 0.5) < level)
            lo = t;
        else
            hi = t;
    }
    return (lo + hi) / 2;
}

double t_half_width(const double *v, int n, double level)
{
    if (n < 2) return NAN;
    return t_quantile(level, n - 1) * deviation_of(v, n) / sqrt(n);
}
