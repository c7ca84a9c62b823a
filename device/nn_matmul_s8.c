// Products of int8 matrices, both computed, each for its batch; contract in nn.h.
#ifndef NN_MATMUL_S8_C
#define NN_MATMUL_S8_C
#include "nn_math.h"

// A row of x by four columns of y: five loads to four products. The zero points are taken off the operands.
NN_INLINE void nn_matmul_4_s8(const nn_matmul_scaled *p, const int8_t *x, const int8_t *y, int8_t *z)
{
    const int8_t *y1 = y + p->y_n, *y2 = y1 + p->y_n, *y3 = y2 + p->y_n;
    int32_t a0 = 0, a1 = 0, a2 = 0, a3 = 0;
    for (int32_t n = p->k, at = 0; n > 0; n--, x += p->x_k, at += p->y_k) {
        const int32_t v = *x - p->x_zero;
        a0 += v * (y[at] - p->y_zero);
        a1 += v * (y1[at] - p->y_zero);
        a2 += v * (y2[at] - p->y_zero);
        a3 += v * (y3[at] - p->y_zero);
    }
    z[0] = nn_output_s8(a0, p->mult, p->shift, p->z_zero, -128, 127);
    z[1] = nn_output_s8(a1, p->mult, p->shift, p->z_zero, -128, 127);
    z[2] = nn_output_s8(a2, p->mult, p->shift, p->z_zero, -128, 127);
    z[3] = nn_output_s8(a3, p->mult, p->shift, p->z_zero, -128, 127);
}

NN_API void nn_matmul_s8(const nn_matmul_scaled *p, const int8_t *x, const int8_t *y, int8_t *z)
{
    for (int32_t i = 0; i < p->d0 * p->d1; i++) {
        const int8_t *row = x + i / p->d1 * p->x0 + i % p->d1 * p->x1;
        const int8_t *matrix = y + i / p->d1 * p->y0 + i % p->d1 * p->y1;
        for (int32_t m = p->m; m > 0; m--, row += p->x_m) {
            const int8_t *column = matrix;
            int32_t n = p->n;
            for (; n >= 4; n -= 4, column += 4 * p->y_n, z += 4) nn_matmul_4_s8(p, row, column, z);
            for (; n > 0; n--, column += p->y_n) {
                int32_t acc = 0;
                for (int32_t k = 0; k < p->k; k++)
                    acc += (row[k * p->x_k] - p->x_zero) * (column[k * p->y_k] - p->y_zero);
                *z++ = nn_output_s8(acc, p->mult, p->shift, p->z_zero, -128, 127);
            }
        }
    }
}
#endif
