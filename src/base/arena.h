// Memory of one command: allocate as you go, free all at once.
#ifndef BASE_ARENA_H
#define BASE_ARENA_H
#include <stdarg.h>
#include <stddef.h>

struct arena_block;
struct arena {
    struct arena_block *head;
    size_t bytes;      // handed out so far
    struct kept *kept; // what arena_once has kept
};

// n bytes, zeroed, aligned to 64. Out of memory stops the program here and nowhere else.
void *arena_alloc(struct arena *a, size_t n);
// count elements of size bytes; an overflowing product stops the program.
void *arena_array(struct arena *a, size_t count, size_t size);
void *arena_copy(struct arena *a, const void *p, size_t n);
// The n bytes at p, kept once: a copy, or what this arena gave for equal bytes before. Nobody may change them.
const void *arena_once(struct arena *a, const void *p, size_t n);
// A place for a note about these n bytes, NULL at first; it is there until the next call.
void **arena_noted(struct arena *a, const void *key, size_t n);
// Room for one element more behind the n of a list that has room for *cap: the list itself, or a copy twice as long
// (*cap says how long). NULL with n and *cap 0 is an empty list.
void *arena_grow(struct arena *a, void *list, int n, int *cap, size_t size);
char *arena_strdup(struct arena *a, const char *s);
char *arena_strndup(struct arena *a, const char *s, size_t n);
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
char *arena_vprintf(struct arena *a, const char *fmt, va_list ap);
void arena_free(struct arena *a);

#define arena_new(a, type) ((type *)arena_alloc((a), sizeof(type)))
#define arena_new_n(a, n, type) ((type *)arena_array((a), (n), sizeof(type)))
#endif
