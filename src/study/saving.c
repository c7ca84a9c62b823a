#include "saving.h"
#include "figure.h"
#include <math.h>

enum { MAX_CLASSES = 24 };

// The ratio sum x_i n_i / sum x_i m_i is linear-fractional in every x_i, so its extremes have each x_i at an
// end of its interval: at 1 + error where n_i / m_i lies above the extreme value, at 1 - error below.
// Iterating on that value converges in a few rounds (Dinkelbach's method). sign +1 finds the largest ratio,
// -1 the smallest.
static double extreme_ratio(const double *n, const double *m, int count, double error, int sign)
{
    double ratio = 0;
    for (int round = 0; round < 100; round++) {
        double top = 0, bottom = 0;
        for (int i = 0; i < count; i++) {
            double x = round == 0 ? 1 : sign * (n[i] - ratio * m[i]) > 0 ? 1 + error : 1 - error;
            top += x * n[i];
            bottom += x * m[i];
        }
        double next = top / bottom;
        if (round > 1 && fabs(next - ratio) < 1e-12) break;
        ratio = next;
    }
    return ratio;
}

struct saving saving_of(const double *n, const double *m, int count, double error)
{
    double top = 0, bottom = 0;
    for (int i = 0; i < count; i++) top += n[i], bottom += m[i];
    if (!(bottom > 0) || !isfinite(top)) return (struct saving){NAN, NAN, NAN};
    if (!(error >= 0 && error < 1)) return (struct saving){1 - top / bottom, NAN, NAN};
    return (struct saving){1 - top / bottom, 1 - extreme_ratio(n, m, count, error, 1),
                           1 - extreme_ratio(n, m, count, error, -1)};
}

static double sum_of_layers(const json_t *m, const char *key)
{
    double sum = 0;
    size_t i;
    const json_t *l;
    json_array_foreach (figure_list(m, "layers"), i, l) sum += figure(l, key);
    return sum;
}

struct saving saving_measured(const json_t *program, const json_t *baseline, const json_t *target)
{
    double n[MAX_CLASSES], m[MAX_CLASSES], rest_n = sum_of_layers(program, "cycles"),
                                           rest_m = sum_of_layers(baseline, "cycles");
    int count = 0;
    const char *name;
    json_t *cost;
    json_object_foreach (json_object_get(target, "cycle_cost"), name, cost) {
        if (count == MAX_CLASSES - 1) break;
        double c = json_number_value(cost), a = figure(json_object_get(program, "classes"), name),
               b = figure(json_object_get(baseline, "classes"), name);
        n[count] = isfinite(a) ? c * a : 0;
        m[count] = isfinite(b) ? c * b : 0;
        rest_n -= n[count];
        rest_m -= m[count++];
    }
    if (!count) return (struct saving){NAN, NAN, NAN};
    n[count] = rest_n > 0 ? rest_n : 0; // taken branches and what else the classes do not hold
    m[count] = rest_m > 0 ? rest_m : 0;
    return saving_of(n, m, count + 1, figure(target, "cycle_error"));
}
