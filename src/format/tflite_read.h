// What the parts of the .tflite reader share. Private to tflite_read*.c and tflite_fold.c.
#ifndef FORMAT_TFLITE_READ_H
#define FORMAT_TFLITE_READ_H
#include "../graph/graph.h"
#include "flatbuf.h"
#include "tflite_schema.h"

enum { READER_NAME = 200 }; // bytes of a node's name at most

struct reader {
    struct fb fb;
    struct arena *a;
    struct graph *g;
    struct fb_vec codes, buffers;
    struct slot { // a tensor of the subgraph
        struct tensor *t;
        const uint8_t *bytes; // its constant, as it lies in the file
        uint64_t n;
        const char *why_not;           // set: cannot be used, and why
        bool variable;                 // its value lives from run to run: the state of an LSTM
        bool made;                     // graph input, constant, or output of an operator read already
        bool shaped;                   // the file states its shape ...
        unsigned open;                 // ... but not the dimensions whose bits are set
        const struct loop_value *loop; // stands for an integer or a list of a loop (tflite_loop.h)
        const struct spread *spread;   // stands for samples dealt out to batches; has no node
        int handle, reads, next; // of a variable, from 1; the value read from it; what a loop makes of that
        const char *folded;      // operators of the file that made it and are not there any more
    } * slot;
    int nslot;
    size_t limit; // arena bytes at which the file asks for more than its size warrants
    struct fb_vec subgraphs;
    struct loop *loop; // the one whose body or condition is being read
    bool rolled;       // a loop has become a layer
    struct kept *kept; // variables that live from run to run (tflite_read_variable.c)
    int nkept;
};

struct oper { // one operator of the file, its tensors looked up
    int index, builtin;
    const struct oper_def *def;
    const char *name;          // of its first output, for messages and the node
    struct fb_table options;   // absent: every option has its default
    struct tensor **in, **out; // an absent input is NULL
    int nin, nout;
    struct slot **slot;        // of the outputs
    struct fb_vec between;     // intermediates: tensors that only say a scale
    bool shaped;               // the file states the shape of the first output ...
    struct tensor said;        // ... so ...
    unsigned open;             // ... but not the dimensions whose bits are set
    struct spread *spread_out; // set by those that only pass on a dilated convolution (tflite_dilate.c)
};

// The tensors of a subgraph as the reader's slots, and its operators as nodes of the reader's graph.
extern const char reader_damaged[]; // what to say when a record points outside of the file
// A printable name from the file; `otherwise` when there is none. NULL: not enough room.
const char *reader_text(struct reader *r, const struct fb_table *record, int id, const char *otherwise,
                        struct err *e);
bool reader_slots(struct reader *r, const struct fb_table *sub, struct err *e);
bool reader_opers(struct reader *r, const struct fb_table *sub, struct err *e);
int reader_builtin(const struct reader *r, const struct fb_table *oper); // -1: names a kind that is not there
// How an operator becomes nodes; min and max: number of inputs.
struct oper_def {
    int builtin, options, max_version, min_in, max_in;
    bool (*read)(struct reader *r, struct oper *o, struct err *e);
    enum op op;     // for readers that serve several
    bool many;      // may have several outputs
    bool variables; // its inputs may be variables, and absent
};
// Tables of families of operators, one a file tflite_read_<family>.c; each ends with .read NULL.
extern const struct oper_def opers_layers[], opers_elementwise[], opers_reduce[], opers_shape[],
    opers_extend[], opers_split[], opers_recurrent[];
const struct oper_def *tflite_oper(int builtin); // NULL: not read

// False when the reader would hold n more bytes than a file of this size can need.
bool reader_room(const struct reader *r, uint64_t n, struct err *e);
// A node's name: that of its output. Converters join the names of all layers they fused by ';': the first
// will do.
const char *reader_name(struct reader *r, const struct tensor *t);
// The same of a fused LSTM, by the name of its output.
const char *reader_layer_name(struct arena *a, const char *tensor);
// A tensor between two nodes that are one operator in the file: like t, without a shape yet.
struct tensor *reader_between(struct reader *r, const struct tensor *t, const char *what);
// The values of a constant int32 or int64 tensor (at most max); -1 with a message when it is not one.
int reader_ints(const struct tensor *t, int32_t *v, int max, struct err *e);
// The operator as a node with its first nin inputs (absent ones NULL) and its output.
struct node *reader_node(struct reader *r, struct oper *o, enum op op, int nin);
struct node *reader_reshape(struct reader *r, struct tensor *x, struct tensor *y); // y's shape is set
void tensor_set_dims(struct tensor *t, int rank, const int32_t *dim);
// Shape and type of n's output; when it is the operator's it must be as the file states.
bool reader_finish(struct oper *o, struct node *n, struct err *e);
// The activation fused behind the operator. What the graph cannot fuse becomes a node of its own behind n:
// *after is then that op, else OP_COUNT. reader_finish_act ends such an operator.
bool reader_act(const struct oper *o, int id, enum act *act, enum op *after, struct err *e);
bool reader_finish_act(struct reader *r, struct oper *o, struct node *n, enum op after, struct err *e);
// x[begin : begin + count * stride : stride] a dimension, then the dimensions in `shrink` are dropped.
bool reader_slice(struct reader *r, struct oper *o, const int32_t *begin, const int32_t *stride,
                  const int32_t *count, unsigned shrink, struct err *e);
// For operators that the folding of constants takes where it can (tflite_read_shape.c): refuses the rest.
bool oper_shape_only(struct reader *r, struct oper *o, struct err *e);
// False when the file states another type or shape than t's for the operator's output.
bool reader_same_output(const struct oper *o, const struct tensor *t, struct err *e);
// A convolution as a node, with strides and padding from its options, or as given.
bool oper_conv(struct reader *r, struct oper *o, const struct conv *given, struct err *e);
// A convolution in groups, as c says (tflite_read_grouped.c).
bool grouped_conv(struct reader *r, struct oper *o, const struct conv *c, enum op after, struct err *e);
// SPACE_TO_BATCH_ND, and the operators behind it up to BATCH_TO_SPACE_ND.
bool dilate_start(struct reader *r, struct oper *o, struct err *e);
bool dilate_pass(struct reader *r, struct oper *o, const struct spread *s, struct err *e);
// uint8 at the ends of an int8 network becomes int8.
void tflite_cut_borders(struct graph *g, struct arena *a);
// Turns an operator whose inputs are constants, or which asks for a shape, into a constant. *done says
// whether that was possible.
bool tflite_fold(struct reader *r, struct oper *o, bool *done, struct err *e);
// Computes a node of constants; *done: its output is a constant now and the node is not needed
// (tflite_read_constant.c).
bool tflite_compute_constant(struct reader *r, struct node *n, bool *done, struct err *e);
// Notes of the graph: what became of an operator; `first`: its first node (tflite_note.c).
void tflite_note(struct reader *r, const struct oper *o, const struct fb_vec *in, int first);
// The subgraph to read: the first, or that of the signature (tflite_signature.c).
bool tflite_pick_subgraph(const struct fb_table *model, const struct fb_vec *subgraphs, uint32_t *pick,
                          struct fb_table *signature, struct err *e);
// The signature's names become metadata of the graph.
bool tflite_read_signature(struct reader *r, const struct fb_table *signature, const struct fb_table *sub,
                           struct err *e);
// False when constants overlap in the file (tflite_overlap.c).
bool tflite_check_overlap(struct reader *r, struct err *e);
#endif
