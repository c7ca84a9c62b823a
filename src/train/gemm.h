// Matrix product for training; the one place that knows OpenBLAS.
#ifndef TRAIN_GEMM_H
#define TRAIN_GEMM_H
#include <stdbool.h>

// c (m, n) = a (m, k) * b (k, n), row-major; ta: a is stored (k, m), tb: b is stored (n, k). The same bits
// from every thread and every call on one kind of processor.
void gemm(bool ta, bool tb, int m, int n, int k, const float *a, const float *b, float *c);
// The same with rows that lie lda, ldb, ldc floats apart; c = product + beta * c.
void gemm_rows(bool ta, bool tb, int m, int n, int k, const float *a, int lda, const float *b, int ldb,
               float beta, float *c, int ldc);
// OpenBLAS' own threads off: ours split the batch instead, in an order that does not depend on their number.
void gemm_init(void);
#endif
