// Residual blocks over time (after He et al. 2016).
#include "layers.h"

static struct tensor *block(struct layers *l, struct tensor *x, int out, int kernel, int stride)
{
    struct tensor *y = layer_conv(l, x, out, kernel, stride, true, false);
    y = layer_conv(l, y, out, kernel, 1, true, true);
    if (x && (stride > 1 || x->dim[3] != out)) x = layer_conv(l, x, out, 1, stride, true, true);
    return layer_add(l, x, y);
}

static struct graph *build(const struct arch_shape *s, struct rng *r, struct arena *a, struct err *e)
{
    struct layers l = {.a = a, .r = r, .e = e};
    struct tensor *x = layers_start(&l, "resnet", s);
    x = layer_conv(&l, x, 16, 9, 2, false, false);
    x = block(&l, x, 16, 5, 1);
    x = block(&l, x, 32, 5, 2);
    x = block(&l, x, 48, 3, 2);
    x = layer_dropout(&l, layer_global_average(&l, x), 0.3f);
    return layers_end(&l, x, s->nclass);
}

const struct arch arch_resnet = {.name = "resnet",
                                 .about = "residual blocks over time: the most work",
                                 .build = build,
                                 .epochs = 30,
                                 .rate = 3e-3f};
