// Downloads. The only file that knows libcurl is http.c.
#ifndef DATA_HTTP_H
#define DATA_HTTP_H
#include "../base/arena.h"
#include "../base/err.h"

struct http_opt {
    const char *what;    // for the progress bar: "get hapt"
    const char *sha256;  // of the whole file; NULL: not known
    int tries;           // after a failure that may pass; 0: 5
    double patience_s;   // for the connection, and for silence on it; 0: 15
    double first_wait_s; // between tries, doubled each time; 0: 1
};

bool is_url(const char *s);
// url (http or https) to the file path. What came so far is in path.part: a later call goes on from there
// when the server still has the same file, which path.part.tag remembers.
bool http_get(const char *url, const char *path, const struct http_opt *o, struct arena *a, struct err *e);
#endif
