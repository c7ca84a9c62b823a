// Means, spreads and intervals.
#ifndef STUDY_STATS_H
#define STUDY_STATS_H

double mean_of(const double *v, int n); // NAN when n is 0
// Sample standard deviation (n - 1); NAN when n < 2.
double deviation_of(const double *v, int n);
// The t with P(|T| <= t) = level for Student's distribution with df degrees of freedom.
double t_quantile(double level, int df);
// Half-width of the level interval of a mean: t * s / sqrt(n). NAN when n < 2.
double t_half_width(const double *v, int n, double level);
#endif
