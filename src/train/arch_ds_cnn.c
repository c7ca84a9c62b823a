// Depthwise separable (after MobileNet, Howard et al. 2017): most work is in 1x1 convolutions.
#include "layers.h"

static struct tensor *separable(struct layers *l, struct tensor *x, int out, int kernel, int stride)
{
    return layer_conv(l, layer_depthwise(l, x, kernel, stride, true), out, 1, 1, false, false);
}

static struct graph *build(const struct arch_shape *s, struct rng *r, struct arena *a, struct err *e)
{
    struct layers l = {.a = a, .r = r, .e = e};
    struct tensor *x = layers_start(&l, "ds-cnn", s);
    x = layer_conv(&l, x, 24, 9, 2, false, false);
    x = separable(&l, x, 32, 7, 1);
    x = separable(&l, x, 48, 5, 2);
    x = separable(&l, x, 64, 5, 1);
    x = layer_dropout(&l, layer_global_average(&l, x), 0.2f);
    return layers_end(&l, x, s->nclass);
}

const struct arch arch_ds_cnn = {.name = "ds-cnn",
                                 .about = "depthwise separable convolutions: few multiplications",
                                 .build = build,
                                 .epochs = 30,
                                 .rate = 4e-3f};
