// A small HTTP server on loopback, in a thread of the test.
#ifndef TESTS_DATA_SERVER_H
#define TESTS_DATA_SERVER_H
#include <stddef.h>

// What it does by path:
//   /whole        the body, with its length and an ETag; honours Range with If-Range
//   /break        the same, but the first two answers stop after a third of what was asked for
//   /weak         as /break, with a weak ETag: nothing may be joined
//   /norange      as /break, but ignores Range and sends everything
//   /changed      as /break, but after the first answer the file is another one (all bytes 'n', other ETag)
//   /busy         503 twice, then as /whole        /gone  404        /moved  302 to /whole
//   /page         200 with a page of HTML          /silent  accepts and says nothing
struct server;
struct server *server_start(const void *body, size_t n);
void server_stop(struct server *s);
int server_port(const struct server *s);
int server_requests(const struct server *s); // so far
int server_ranges(const struct server *s);   // answered with 206
#endif
