// DeepConvLSTM (Ordonez and Roggen 2016) at a size for chips: four convolutions, two LSTMs.
#include "layers.h"

static struct graph *build(const struct arch_shape *s, struct rng *r, struct arena *a, struct err *e)
{
    struct layers l = {.a = a, .r = r, .e = e};
    struct tensor *x = layers_start(&l, "deepconvlstm", s);
    for (int i = 0; i < 4; i++)
        x = layer_conv(&l, x, i < 2 ? 24 : 32, 5, i == 0 || i == 2 ? 2 : 1, false, false);
    x = layer_recurrent(&l, layer_steps(&l, x), RECURRENT_LSTM, 48, true, false);
    x = layer_recurrent(&l, layer_dropout(&l, x, 0.3f), RECURRENT_LSTM, 48, false, false);
    x = layer_dropout(&l, x, 0.3f);
    return layers_end(&l, x, s->nclass);
}

const struct arch arch_deepconvlstm = {.name = "deepconvlstm",
                                       .about =
                                           "four convolutions and two LSTMs (Ordonez and Roggen 2016), small",
                                       .build = build,
                                       .epochs = 40,
                                       .rate = 4e-3f,
                                       .clip = 1};
