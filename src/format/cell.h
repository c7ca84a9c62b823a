// One step of a recurrent layer, recognised by its equations wherever a converter left it: in the body of a loop, or
// unrolled. Not by names and not by the order of nodes: gates may be slices of one sum or sums of their own, biases may
// stand anywhere in a sum, factors and summands in any order.
#ifndef FORMAT_CELL_H
#define FORMAT_CELL_H
#include "../graph/graph.h"

// Which node makes a tensor, for graphs of many thousand nodes.
struct maker {
    struct entry {
        const struct tensor *t;
        struct node *n;
    } * entry;
    uint32_t mask;
};
void maker_build(struct maker *m, const struct graph *g, struct arena *a);
struct node *maker_of(const struct maker *m, const struct tensor *t);
// What t is before reshapes that keep its values in their order.
struct tensor *maker_root(const struct maker *m, struct tensor *t);

enum { CELL_TERMS = 4, CELL_BIASES = 8 };

struct cell_sum { // rows of products with constant weights, and biases, of one gate
    struct cell_term {
        const struct tensor *w;
        int32_t row, column, columns; // w[row .. row + units][column .. column + columns]
        struct tensor *source;        // (1, columns), or
        struct tensor *sequence; // source is an element of the product with this whole sequence; else NULL
        bool asymmetric;
        bool transposed; // a constant of BATCH_MATMUL: w[column][row] in its last two dimensions
    } term[CELL_TERMS];
    struct cell_bias {
        const struct tensor *b;
        int32_t at; // b[at .. at + units]; -1: one value for all
    } bias[CELL_BIASES];
    int nterm, nbias;
    float less;             // subtracted: what a form of the activation adds
    struct tensor *product; // GRU with reset_after: r times a sum; NULL otherwise
};
struct cell {
    enum recurrent_kind kind;
    enum cell_act act, gate_act;
    bool reset_after;
    int32_t units;
    struct cell_sum gate[4]; // in the order of graph.h
    struct cell_sum rec;     // GRU with reset_after: what r multiplies
    struct tensor *x, *h, *c, *h_next, *c_next, *z;
};

// The cell that makes h_next; h and c: the state it takes. h NULL: a step from zeros (an unrolled first one).
bool cell_match(const struct maker *m, struct tensor *h_next, struct tensor *h, struct tensor *c,
                struct cell *out, struct err *e);
int32_t cell_channels(const struct cell *c);
// The sequence whose product the steps take their elements of, as PyTorch has it; NULL: of the sequence itself.
struct tensor *cell_projected(const struct cell *c);
// What cell_node takes at most.
uint64_t cell_bytes(const struct cell *c);
// The biases of all gates, and those behind r.
void cell_bias(const struct cell *c, float *bias, float *rec);
// A RECURRENT node over x (1, steps, channels) with the cell's weights, all h as its output, of the type and scale of
// `like`. h0, c0 may be NULL.
struct node *cell_node(struct graph *g, struct arena *a, const struct cell *c, const char *name,
                       struct tensor *x, const struct tensor *like, struct tensor *h0, struct tensor *c0,
                       struct err *e);
#endif
