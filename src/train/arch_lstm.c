// One LSTM over steps of four samples.
#include "layers.h"

static struct graph *build(const struct arch_shape *s, struct rng *r, struct arena *a, struct err *e)
{
    struct layers l = {.a = a, .r = r, .e = e};
    struct tensor *x = layers_start(&l, "lstm", s);
    x = layer_recurrent(&l, layer_stack(&l, x, 4), RECURRENT_LSTM, 48, false, false);
    x = layer_dropout(&l, x, 0.3f);
    return layers_end(&l, x, s->nclass);
}

const struct arch arch_lstm = {.name = "lstm",
                               .about = "an LSTM over steps of four samples",
                               .build = build,
                               .epochs = 40,
                               .rate = 5e-3f,
                               .clip = 1};
