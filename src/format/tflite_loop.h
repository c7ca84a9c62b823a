// A WHILE loop while it is read: what its variables and the integers, lists and conditions inside of it stand for.
// Private to tflite_read*.c.
#ifndef FORMAT_TFLITE_LOOP_H
#define FORMAT_TFLITE_LOOP_H
#include "cell.h"
#include "tflite_read.h"

enum { LOOP_MAX_VARS = 32, LOOP_MAX_LIMITS = 4 };

enum loop_kind {
    LOOP_INDEX,    // integers that change from step to step
    LOOP_SEQUENCE, // (steps, 1, channels), one element of which a step reads
    LOOP_LIST,     // where the steps put what they make
    LOOP_WRITTEN,  // the list with one element written
    LOOP_HEAD,     // its elements before a place,
    LOOP_TAIL,     // from a place on
    LOOP_LIMIT,    // the condition: go on while variables are below bounds
    LOOP_DONE,     // a list behind its loop
};
struct loop_value {
    enum loop_kind kind;
    int n, rank;    // of the integers; n: of the limits
    struct affine { // variable + add; the number `add` when variable is -1
        int variable;
        int32_t add;      // of a limit: the bound
    } at[GRAPH_MAX_RANK]; // of a list's part: at[0] is the place
    int variable;         // the loop's variable that holds the list or sequence
    struct tensor *t;     // WRITTEN: the element; SEQUENCE: outside of the loop; DONE: (1, elements, units)
    int32_t count;        // LIST outside of the loop: its elements
};

struct loop { // the one being read
    int nvar;
    struct loop_var {
        struct slot *outer;                // its value before the loop
        struct slot *next;                 // after a step, in the body
        struct tensor *t;                  // a state: its tensor in the body
        bool invariant, in_list, in_other; // how the body uses it
        bool counts;
        int32_t start, step;
    } var[LOOP_MAX_VARS];
    struct tensor *x_t; // the element that a step reads, of
    int x_var;          // this sequence
    struct affine x_at; // at this place
    struct loop_wide {  // int8 weights that the body widens: an integer layer has them
        const struct tensor *narrow, *wide;
    } * wide;
    int nwide;
};

// A WHILE operator on its way to a RECURRENT node.
struct while_loop {
    struct reader *r;
    struct loop loop;
    struct fb_table sub[2]; // condition and body
    struct fb_vec outputs;  // of the operator
    struct tensor *out;     // the next h in the body
    const char *name;
    struct graph *body;
    struct cell cell;
    int h, c;          // variables; -1: none
    int nstate;        // values it keeps from step to step
    struct node *node; // the layer
    const struct tensor *x;
    int32_t steps;
};

// tflite_loop_layer.c: the cell in the body, what the steps read, and the node with what is around it.
bool loop_find_cell(struct while_loop *w, struct err *e);
bool loop_check_input(struct while_loop *w, struct err *e);
bool loop_replace(struct while_loop *w, struct slot **y, struct err *e);

// Operators that only loops need (WHILE, lists, REVERSE_V2 of time), and any that take a loop's values; *taken says
// whether this is one.
bool tflite_loop_oper(struct reader *r, const struct fb_table *record, int builtin, const char *custom,
                      bool *taken, struct err *e);
// An operator of a body or condition on values of the loop; its output is *y.
bool tflite_loop_value(struct reader *r, const struct fb_table *record, int builtin, const char *custom,
                       struct slot *y, struct err *e);
// CALL_ONCE, VAR_HANDLE, READ_VARIABLE, ASSIGN_VARIABLE (tflite_read_variable.c).
bool tflite_variable_oper(struct reader *r, const struct fb_table *record, int builtin, bool *taken,
                          struct err *e);
// A loop may take what was read from variables; they are the states of its layer, or it is refused.
bool variables_open(struct slot *const *before, int nvar, bool open, struct err *e);
bool variables_bind(struct while_loop *w, struct slot *const *before, struct slot *const *after,
                    struct err *e);
// Behind the last operator: layers whose last states are assigned keep them.
bool variables_end(struct reader *r, struct err *e);
bool tflite_read_while(struct reader *r, const struct fb_table *record, struct err *e);
// Notes that `wide` was made of int8 weights.
void loop_widened(struct reader *r, const struct tensor *narrow, const struct tensor *wide);
// Transpositions and reshapes that are none any more go; so does what nobody uses.
void loop_tidy(struct graph *g);
// An LSTM of sequences has the name of its output, as the fused operator has that it will be written as; the others
// keep theirs.
void loop_name_layers(struct graph *g, struct arena *a);
struct loop_value *loop_value_new(struct reader *r, enum loop_kind kind);
// The tensor a slot holds, for use as a plain one; NULL with a message.
struct tensor *loop_plain(const struct slot *s, struct err *e);
#endif
