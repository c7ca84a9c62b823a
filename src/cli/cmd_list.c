// targets, models, techniques, meters: what there is.
#include "../compress/compress.h"
#include "../measure/meter.h"
#include "../target/target.h"
#include "../train/train.h"
#include "cmd.h"
#include <stdio.h>

static int list(int argc, char **argv, const char *name, const char *about, void (*print)(void))
{
    const struct opt none[] = {{NULL, 0, 0, NULL, NULL, NULL}};
    const struct usage u = {name, "", about, NULL, none, 0, 0};
    int n, rc = opt_parse(&u, argc, argv, &n);
    if (rc < 0) print();
    return rc < 0 ? EXIT_DONE : rc;
}

static void print_targets(void)
{
    for (int i = 0; targets[i]; i++)
        printf("%-12s %-34s flash %5u kB  ram %4u kB  %s\n", targets[i]->name, targets[i]->chip,
               targets[i]->flash_bytes / 1024, targets[i]->ram_bytes / 1024, targets[i]->about);
}

static void print_models(void)
{
    for (int i = 0; archs[i]; i++) printf("%-14s %s\n", archs[i]->name, archs[i]->about);
}

static void print_techniques(void)
{
    for (int i = 0; techniques[i]; i++) printf("%-14s %s\n", techniques[i]->name, techniques[i]->about);
}

static void print_meters(void)
{
    for (int i = 0; meters[i]; i++) printf("%-24s %s\n", meters[i]->form, meters[i]->about);
}

int cmd_targets(int argc, char **argv)
{
    return list(argc, argv, "targets", "Lists the chips.", print_targets);
}

int cmd_models(int argc, char **argv)
{
    return list(argc, argv, "models", "Lists the architectures that 'wearlite train' knows.", print_models);
}

int cmd_techniques(int argc, char **argv)
{
    return list(argc, argv, "techniques", "Lists the compression techniques.", print_techniques);
}

int cmd_meters(int argc, char **argv)
{
    return list(argc, argv, "meters", "Lists the instruments that 'wearlite bench --meter' measures with.",
                print_meters);
}
