// Two convolutions and a pooling find features, an LSTM over the 28 steps that are left orders them.
#include "layers.h"

static struct graph *build(const struct arch_shape *s, struct rng *r, struct arena *a, struct err *e)
{
    struct layers l = {.a = a, .r = r, .e = e};
    struct tensor *x = layers_start(&l, "cnn-lstm", s);
    x = layer_conv(&l, x, 16, 9, 2, false, false);
    x = layer_conv(&l, x, 32, 5, 1, false, false);
    x = layer_max_pool(&l, x, 2);
    x = layer_recurrent(&l, layer_steps(&l, x), RECURRENT_LSTM, 32, false, false);
    x = layer_dropout(&l, x, 0.3f);
    return layers_end(&l, x, s->nclass);
}

const struct arch arch_cnn_lstm = {.name = "cnn-lstm",
                                   .about = "two convolutions, pooling, an LSTM over what is left",
                                   .build = build,
                                   .epochs = 40,
                                   .rate = 4e-3f,
                                   .clip = 1};
