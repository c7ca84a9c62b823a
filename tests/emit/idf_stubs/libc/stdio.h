#ifndef STDIO_H
#define STDIO_H
#include <stddef.h>
typedef struct stub_file FILE;
extern FILE *stdout;
int printf(const char *format, ...) __attribute__((format(printf, 1, 2)));
int fflush(FILE *f);
#endif
