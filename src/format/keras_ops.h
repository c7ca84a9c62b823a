// Between keras_ops.c, the table of functions, and keras_ops_shape.c.
#ifndef FORMAT_KERAS_OPS_H
#define FORMAT_KERAS_OPS_H
#include "keras.h"

struct function {
    const char *keras, *tensorflow; // class of keras.ops; function of TFOpLambda; either may be NULL
    bool (*call)(struct keras *k, struct keras_layer *l, const struct function *f);
    enum op op;
    const char *text; // an activation's name; for others the keyword of the second operand
};

// A parameter: of the config, or given to the call by place (-1: none) or one of the names; NULL: absent.
const json_t *function_param(const struct keras_layer *l, int place, const char *const *name);
// A list of whole numbers, or one; -1 when it is none. null is an empty list.
int function_whole_numbers(const json_t *v, int most, int64_t *out);
// An operand: an output of a layer, a number, or an array that the config holds.
bool function_operand(struct keras *k, struct keras_layer *l, int place, const char *name, struct value *v);

// keras_ops_shape.c
bool function_reshape(struct keras *k, struct keras_layer *l, const struct function *f);
bool function_transpose(struct keras *k, struct keras_layer *l, const struct function *f);
bool function_expand_dims(struct keras *k, struct keras_layer *l, const struct function *f);
bool function_squeeze(struct keras *k, struct keras_layer *l, const struct function *f);
bool function_join(struct keras *k, struct keras_layer *l, const struct function *f);
bool function_split(struct keras *k, struct keras_layer *l, const struct function *f);
bool function_flip(struct keras *k, struct keras_layer *l, const struct function *f);
bool function_get_item(struct keras *k, struct keras_layer *l, const struct function *f);
#endif
