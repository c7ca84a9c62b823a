// For the smallest chips: two narrow convolutions.
#include "layers.h"

static struct graph *build(const struct arch_shape *s, struct rng *r, struct arena *a, struct err *e)
{
    struct layers l = {.a = a, .r = r, .e = e};
    struct tensor *x = layers_start(&l, "cnn-small", s);
    x = layer_conv(&l, x, 8, 7, 2, false, false);
    x = layer_conv(&l, x, 16, 5, 2, false, false);
    x = layer_dropout(&l, layer_global_average(&l, x), 0.1f);
    return layers_end(&l, x, s->nclass);
}

const struct arch arch_cnn_small = {.name = "cnn-small",
                                    .about = "two narrow convolutions over time, for the smallest chips",
                                    .build = build,
                                    .epochs = 30,
                                    .rate = 5e-3f};
