// --input-scale and --input-offset: what a model was trained on, in terms of the samples of a data set.
#ifndef CLI_INPUT_SCALE_H
#define CLI_INPUT_SCALE_H
#include "../data/dataset.h"
#include "../graph/graph.h"

struct input_scale { // (sample - offset) * scale; as given, NULL: 1 and 0
    const char *scale, *offset;
};
#define INPUT_SCALE_OPTIONS(s)                                                                               \
    {"input-scale",                                                                                          \
     0,                                                                                                      \
     OPT_TEXT,                                                                                               \
     "S[,S...]",                                                                                             \
     "the model was trained on samples times this (1/4000), one for all channels or one each",               \
     &(s).scale},                                                                                            \
    {                                                                                                        \
        "input-offset", 0, OPT_TEXT, "O[,O...]", "... after this was subtracted", &(s).offset                \
    }

bool input_scale_given(const struct input_scale *s);
// Scale and offset of each channel.
bool input_scale_read(const struct input_scale *s, int channels, float **scale, float **offset,
                      struct arena *a, struct err *e);
// The windows of d as the model wants them.
bool input_scale_apply(const struct input_scale *s, struct dataset *d, struct arena *a, struct err *e);
// A warning when the windows of d are not what the model takes: in other units, or far from what networks are
// trained on while the model says nothing about it (asked for when something seems to be wrong).
void input_hint(const struct graph *g, const struct dataset *d, bool wrong);
#endif
