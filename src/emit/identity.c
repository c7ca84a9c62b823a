// Which plan a firmware was emitted from: its calls, their numbers, addresses and constants. Not its windows, not its
// names: the same network by another name is the same to a board.
#include "../base/hash.h"
#include "emit.h"
#include <string.h>

void plan_id(const struct plan *p, char id[17])
{
    struct sha256 h;
    char hex[65];
    sha256_init(&h);
    for (int i = 0; i < p->nstep; i++) {
        const struct step *s = &p->step[i];
        sha256_add(&h, s->k->name, strlen(s->k->name) + 1);
        sha256_add(&h, s->params, (size_t)s->k->nfield * sizeof *s->params);
        if (s->turns) sha256_add(&h, s->turns, sizeof *s->turns);
        for (int b = 0; b < s->k->nbuf; b++) {
            const struct ref *r = &s->buf[b];
            sha256_add(&h, &r->offset, sizeof r->offset);
            if (r->t && tensor_is_const(r->t)) sha256_add(&h, r->t->data, (size_t)tensor_bytes(r->t));
        }
    }
    sha256_hex(&h, hex);
    memcpy(id, hex, 16);
    id[16] = 0;
}
