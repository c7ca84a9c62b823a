// The four functions that a compiler may call from any code; there is no C library in this project.
// Built with -fno-tree-loop-distribute-patterns, or they would call themselves.
#include <stddef.h>
#include <stdint.h>

void *memcpy(void *to, const void *from, size_t n);
void *memmove(void *to, const void *from, size_t n);
void *memset(void *to, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);

void *memcpy(void *to, const void *from, size_t n)
{
    char *p = to;
    const char *q = from;
    if (!(((uintptr_t)p | (uintptr_t)q) & 3))
        for (; n >= 4; n -= 4, p += 4, q += 4) *(uint32_t *)(void *)p = *(const uint32_t *)(const void *)q;
    while (n--) *p++ = *q++;
    return to;
}
void *memset(void *to, int c, size_t n)
{
    char *p = to;
    uint32_t word = (uint32_t)(uint8_t)c * 0x01010101u;
    for (; n && ((uintptr_t)p & 3); n--) *p++ = (char)c;
    for (; n >= 4; n -= 4, p += 4) *(uint32_t *)(void *)p = word;
    while (n--) *p++ = (char)c;
    return to;
}
void *memmove(void *to, const void *from, size_t n)
{
    char *p = to;
    const char *q = from;
    if (p <= q) return memcpy(to, from, n); // ours goes upwards
    while (n--) p[n] = q[n];
    return to;
}
int memcmp(const void *a, const void *b, size_t n)
{
    const unsigned char *p = a, *q = b;
    for (; n--; p++, q++)
        if (*p != *q) return *p - *q;
    return 0;
}
