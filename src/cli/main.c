// wearlite: deep models for Human Activity Recognition on low-power wearables.
#include "../base/log.h"
#include "cmd.h"
#include <signal.h>
#include <stdio.h>
#include <string.h>

static const struct command commands[] = {
    {"study", "the main job: train, compress, deploy, measure, and show it on a page", cmd_study},
    {"data", "list data sets, describe one, get one", cmd_data},
    {"train", "train a network on a data set", cmd_train},
    {"convert", "compress a float model", cmd_convert},
    {"inspect", "print a model: layers, shapes, quantization, parameters, multiply-accumulates", cmd_inspect},
    {"run", "execute a model on windows from a file", cmd_run},
    {"eval", "score a model on people it never saw", cmd_eval},
    {"emit", "write a model as a folder of C for a chip", cmd_emit},
    {"bench", "count what an inference costs on an emulated chip", cmd_bench},
    {"report", "make the page of a study again", cmd_report},
    {"targets", "list the chips", cmd_targets},
    {"models", "list the architectures that can be trained", cmd_models},
    {"techniques", "list the compression techniques", cmd_techniques},
    {"meters", "list the instruments that measure a board", cmd_meters},
    {NULL, NULL, NULL},
};

static int print_help(FILE *f)
{
    fprintf(f, "usage: wearlite COMMAND [arguments]\n\n"
               "Takes a float model for Human Activity Recognition, compresses it, says what that costs in "
               "accuracy,\n"
               "flash, RAM, time and energy, and emits the C that runs on the chip.\n\ncommands:\n");
    for (const struct command *c = commands; c->name; c++) fprintf(f, "  %-12s %s\n", c->name, c->about);
    fprintf(f, "\n'wearlite COMMAND --help' explains one.\n");
    return f == stderr ? EXIT_USAGE : EXIT_DONE;
}

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN);
    interrupt_catch();
    if (argc < 2) return print_help(stderr);
    if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help"))
        return print_help(stdout);
    if (!strcmp(argv[1], "--version")) return printf("wearlite %s\n", WEARLITE_VERSION) < 0;
    for (const struct command *c = commands; c->name; c++)
        if (!strcmp(c->name, argv[1])) return c->run(argc - 1, argv + 1);
    fprintf(stderr, "wearlite: unknown command '%s'; the commands are", argv[1]);
    for (const struct command *c = commands; c->name; c++) fprintf(stderr, " %s", c->name);
    fprintf(stderr, "\n");
    return EXIT_USAGE;
}
