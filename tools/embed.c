// embed [NAME=]FILE...: files as one C source, a table of struct embedded (src/emit/emit.h).
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    printf("#include \"../../src/emit/emit.h\"\n#include <string.h>\n");
    for (int i = 1; i < argc; i++) {
        const char *eq = strchr(argv[i], '='), *path = eq ? eq + 1 : argv[i];
        FILE *f = fopen(path, "rb");
        if (!f) {
            perror(path);
            return 1;
        }
        printf("static const unsigned char f%d[] = {", i);
        unsigned long n = 0;
        for (int c; (c = getc(f)) != EOF; n++) printf("%s%d,", n % 32 ? "" : "\n", c);
        printf("0}; // %lu\n", n);
        fclose(f);
    }
    printf("const struct embedded embedded_files[] = {\n");
    for (int i = 1; i < argc; i++) {
        const char *eq = strchr(argv[i], '=');
        printf("    {\"%.*s\", f%d, sizeof f%d - 1},\n", (int)(eq ? eq - argv[i] : (long)strlen(argv[i])),
               argv[i], i, i);
    }
    printf("    {0, 0, 0},\n};\n"
           "const struct embedded *embedded_find(const char *path)\n{\n"
           "    for (const struct embedded *f = embedded_files; f->path; f++)\n"
           "        if (!strcmp(f->path, path)) return f;\n    return 0;\n}\n");
    return 0;
}
