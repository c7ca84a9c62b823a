// The calls of a folder's recurrent kernels with int8 weights; its headers are included already, so that the files of
// device/ take them.
#include "../../device/nn_gru_dyn.c"
#include "../../device/nn_gru_s8.c"
#include "../../device/nn_lstm_dyn.c"
#include "../../device/nn_lstm_s8.c"
#include "../../device/nn_rnn_dyn.c"
#include "../../device/nn_rnn_s8.c"

#define CALL_S8(name)                                                                                        \
    static void name##_s8(const void *p, void *const *b)                                                     \
    {                                                                                                        \
        nn_##name##_s8(p, b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11]);         \
    }
CALL_S8(lstm)
CALL_S8(gru)

static void rnn_s8(const void *p, void *const *b)
{
    nn_rnn_s8(p, b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10]);
}

static void lstm_dyn(const void *p, void *const *b)
{
    nn_lstm_dyn(p, b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11]);
}

static void gru_dyn(const void *p, void *const *b)
{
    nn_gru_dyn(p, b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10]);
}

static void rnn_dyn(const void *p, void *const *b)
{
    nn_rnn_dyn(p, b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9]);
}

static kernel_call *recurrent_call(const struct kernel *k)
{
    return k == &kernel_nn_lstm_s8    ? lstm_s8
           : k == &kernel_nn_gru_s8   ? gru_s8
           : k == &kernel_nn_rnn_s8   ? rnn_s8
           : k == &kernel_nn_lstm_dyn ? lstm_dyn
           : k == &kernel_nn_gru_dyn  ? gru_dyn
           : k == &kernel_nn_rnn_dyn  ? rnn_dyn
                                      : NULL;
}
