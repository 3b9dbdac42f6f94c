/* What the command line asks for. */
#ifndef LOAD_OPTIONS_H
#define LOAD_OPTIONS_H

#include <stdbool.h>

#include "client.h"

struct options {
    const char *scenario;
    struct server server;
    unsigned clients;   /* Who listen. */
    unsigned writers;   /* Those of them who write. */
    unsigned rooms;
    unsigned parallel;  /* Connections opened at a time. */
    unsigned bytes;     /* Size of a message on the tutorial's wire, characters of a text in chatd.v1. */
    unsigned count;     /* How often something is done. */
    double rate;        /* Messages a second in all. */
    double warmup, seconds, settle;
    double limit;       /* Seconds after which the run is given up. */
    bool slow;          /* One client does not read. */
    bool fill;          /* Fill what the kernel holds for each client, before anything is measured. */
    bool pinged;        /* Wait until the server has pinged each client once. */
    bool words;         /* Texts are of words as frequent as those of a language, and not of one letter. */
    bool marks;
};

/* Fails with what is wrong. */
struct options options_read(int count, char **words);

#endif
