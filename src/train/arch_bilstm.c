// Two LSTMs over steps of four samples, one from each end.
#include "layers.h"

static struct graph *build(const struct arch_shape *s, struct rng *r, struct arena *a, struct err *e)
{
    struct layers l = {.a = a, .r = r, .e = e};
    struct tensor *x = layers_start(&l, "bilstm", s);
    struct tensor *steps = layer_stack(&l, x, 4);
    x = layer_recurrent(&l, steps, RECURRENT_LSTM, 32, false, false);
    x = layer_concat(&l, x, layer_recurrent(&l, steps, RECURRENT_LSTM, 32, false, true));
    x = layer_dropout(&l, x, 0.3f);
    return layers_end(&l, x, s->nclass);
}

const struct arch arch_bilstm = {.name = "bilstm",
                                 .about = "LSTMs from both ends over steps of four samples",
                                 .build = build,
                                 .epochs = 40,
                                 .rate = 5e-3f,
                                 .clip = 1};
