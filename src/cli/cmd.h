// The commands, one file each: cmd_<verb>.c. argv[0] is the verb.
#ifndef CLI_CMD_H
#define CLI_CMD_H
#include "../base/err.h"
#include "../graph/graph.h"
#include "opt.h"

struct command {
    const char *name, *about;
    int (*run)(int argc, char **argv);
};

// g as a network that takes the new samples of each window (--stream); hop 0: as the model was trained. Says on
// stderr what that saves.
struct graph *stream_for(const struct graph *g, int hop, struct arena *a, struct err *e);

int cmd_study(int argc, char **argv);
int cmd_data(int argc, char **argv);
int cmd_train(int argc, char **argv);
int cmd_convert(int argc, char **argv);
int cmd_inspect(int argc, char **argv);
int cmd_run(int argc, char **argv);
int cmd_eval(int argc, char **argv);
int cmd_emit(int argc, char **argv);
int cmd_bench(int argc, char **argv);
int cmd_targets(int argc, char **argv);
int cmd_models(int argc, char **argv);
int cmd_techniques(int argc, char **argv);
int cmd_meters(int argc, char **argv);
int cmd_report(int argc, char **argv);
#endif
