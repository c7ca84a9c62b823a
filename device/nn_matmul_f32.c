// Products of matrices, both computed, each for its batch; contract in nn.h.
#ifndef NN_MATMUL_F32_C
#define NN_MATMUL_F32_C
#include "nn_math.h"

// A row of x by four columns of y: five loads to four products.
NN_INLINE void nn_matmul_4_f32(const nn_matmul *p, const float *x, const float *y, float *z)
{
    const float *y1 = y + p->y_n, *y2 = y1 + p->y_n, *y3 = y2 + p->y_n;
    float a0 = 0.0f, a1 = 0.0f, a2 = 0.0f, a3 = 0.0f;
    for (int32_t n = p->k, at = 0; n > 0; n--, x += p->x_k, at += p->y_k) {
        const float v = *x;
        a0 = NN_MADD(v, y[at], a0);
        a1 = NN_MADD(v, y1[at], a1);
        a2 = NN_MADD(v, y2[at], a2);
        a3 = NN_MADD(v, y3[at], a3);
    }
    z[0] = a0;
    z[1] = a1;
    z[2] = a2;
    z[3] = a3;
}

NN_API void nn_matmul_f32(const nn_matmul *p, const float *x, const float *y, float *z)
{
    for (int32_t i = 0; i < p->d0 * p->d1; i++) {
        const float *row = x + i / p->d1 * p->x0 + i % p->d1 * p->x1;
        const float *matrix = y + i / p->d1 * p->y0 + i % p->d1 * p->y1;
        for (int32_t m = p->m; m > 0; m--, row += p->x_m) {
            const float *column = matrix;
            int32_t n = p->n;
            for (; n >= 4; n -= 4, column += 4 * p->y_n, z += 4) nn_matmul_4_f32(p, row, column, z);
            for (; n > 0; n--, column += p->y_n) {
                float acc = 0.0f;
                for (int32_t k = 0; k < p->k; k++) acc = NN_MADD(row[k * p->x_k], column[k * p->y_k], acc);
                *z++ = acc;
            }
        }
    }
}
#endif
