// Bytes <-> graph. One file a format; the table is in format.c.
#ifndef FORMAT_FORMAT_H
#define FORMAT_FORMAT_H
#include "../graph/graph.h"
#include "../base/span.h"

struct format {
    const char *name, *ext, *about;
    bool (*probe)(struct span bytes); // by content
    struct graph *(*read)(struct span bytes, struct arena *a, struct err *e);
    bool (*write)(const struct graph *g, struct buf *out, struct err *e); // NULL: cannot
};
extern const struct format format_tflite, format_onnx, format_keras, format_h5;
extern const struct format *const formats[]; // NULL at the end
const struct format *format_find(const char *name_or_ext);

// Reads a model file, whatever it is; messages name the file. The graph is checked (graph_check).
struct graph *model_load(const char *path, struct arena *a, struct err *e);
// Writes by the extension of path.
bool model_save(const struct graph *g, const char *path, struct err *e);

// NumPy .npy version 1 to 3, C order, little endian.
struct npy {
    enum dtype type;
    int rank;
    int32_t dim[GRAPH_MAX_RANK];
    void *data;
};
bool npy_read(struct span bytes, struct arena *a, struct npy *out, struct err *e);
void npy_write(const struct npy *v, struct buf *out);
#endif
