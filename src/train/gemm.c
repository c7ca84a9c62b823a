#include "gemm.h"
#include <cblas.h>

void gemm_init(void)
{
    openblas_set_num_threads(1);
}

void gemm(bool ta, bool tb, int m, int n, int k, const float *a, const float *b, float *c)
{
    cblas_sgemm(CblasRowMajor, ta ? CblasTrans : CblasNoTrans, tb ? CblasTrans : CblasNoTrans, m, n, k, 1, a,
                ta ? m : k, b, tb ? k : n, 0, c, n);
}

void gemm_rows(bool ta, bool tb, int m, int n, int k, const float *a, int lda, const float *b, int ldb,
               float beta, float *c, int ldc)
{
    cblas_sgemm(CblasRowMajor, ta ? CblasTrans : CblasNoTrans, tb ? CblasTrans : CblasNoTrans, m, n, k, 1, a,
                lda, b, ldb, beta, c, ldc);
}
