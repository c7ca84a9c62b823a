// The plain HAR CNN: three convolutions over time.
#include "layers.h"

static struct graph *build(const struct arch_shape *s, struct rng *r, struct arena *a, struct err *e)
{
    struct layers l = {.a = a, .r = r, .e = e};
    struct tensor *x = layers_start(&l, "cnn", s);
    x = layer_conv(&l, x, 16, 9, 2, false, false);
    x = layer_conv(&l, x, 32, 7, 1, false, false);
    x = layer_max_pool(&l, x, 2);
    x = layer_conv(&l, x, 64, 5, 1, false, false);
    x = layer_dropout(&l, layer_global_average(&l, x), 0.3f);
    return layers_end(&l, x, s->nclass);
}

const struct arch arch_cnn = {.name = "cnn",
                              .about = "three convolutions over time, global average",
                              .build = build,
                              .epochs = 30,
                              .rate = 3e-3f};
