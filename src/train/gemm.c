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
