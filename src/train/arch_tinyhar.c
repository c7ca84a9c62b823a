// After TinyHAR (Zhou et al. 2022): the same convolutions over each sensor channel, attention among the channels,
// an LSTM over time, attention over its steps.
#include "layers.h"

static struct graph *build(const struct arch_shape *s, struct rng *r, struct arena *a, struct err *e)
{
    struct layers l = {.a = a, .r = r, .e = e};
    const int32_t channels_out[] = {0, 3, 2, 1}, steps_out[] = {0, 2, 1, 3};
    struct tensor *x = layers_start(&l, "tinyhar", s);
    x = layer_transpose(&l, x, channels_out); // (1, channels, window, 1): the kernels slide over time alone
    x = layer_conv(&l, x, 8, 5, 2, false, false);
    x = layer_conv(&l, x, 8, 5, 2, false, false);
    x = layer_conv(&l, x, 8, 3, 1, false, false);
    x = layer_transpose(&l, x, steps_out); // (1, steps, channels, 8)
    x = layer_attention(&l, x);
    x = layer_dense(&l, layer_channels_joined(&l, x), 32, false);
    x = layer_recurrent(&l, x, RECURRENT_LSTM, 32, true, false);
    x = layer_recurrent_dropout(&l, x, 0.1f);
    x = layer_attention_pool(&l, layer_dropout(&l, x, 0.3f));
    return layers_end(&l, x, s->nclass);
}

const struct arch arch_tinyhar = {.name = "tinyhar",
                                  .about =
                                      "attention among channels and steps, LSTM (Zhou et al. 2022), small",
                                  .build = build,
                                  .epochs = 40,
                                  .rate = 4e-3f,
                                  .clip = 1};
