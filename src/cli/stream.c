#include "cmd.h"
#include "../compress/compress.h"
#include <stdio.h>
#include <stdlib.h>

struct graph *stream_for(const struct graph *g, int hop, struct arena *a, struct err *e)
{
    const char *text = graph_meta(g, META_HOP), *rest = NULL;
    if (!hop && text) hop = atoi(text);
    if (!hop) return FAIL_NULL(e, "how many samples are new in each window? --hop N");
    struct graph *h = stream_graph(g, hop, a, &rest, e);
    if (!h) return NULL;
    const double whole = (double)graph_macs(g), part = (double)graph_macs(h);
    fprintf(stderr, "streaming: %.0f of %.0f multiply-accumulates at each hop of %d samples (%.0f %% less)",
            part, whole, hop, 100 * (1 - part / whole));
    fprintf(stderr, rest ? "; whole from %s\n" : "\n", rest);
    return h;
}
