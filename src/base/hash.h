// SHA-256 (FIPS 180-4): checksums of downloads, keys of finished work.
#ifndef BASE_HASH_H
#define BASE_HASH_H
#include "span.h"

struct sha256 {
    uint32_t h[8];
    uint64_t bytes;
    uint8_t block[64];
};
void sha256_init(struct sha256 *s);
void sha256_add(struct sha256 *s, const void *p, size_t n);
void sha256_hex(struct sha256 *s, char out[65]); // ends the sum
void hash_hex(struct span bytes, char out[65]);
#endif
