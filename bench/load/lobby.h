/* Many listeners in one room on the tutorial's wire, and writers among them. */
#ifndef LOAD_LOBBY_H
#define LOAD_LOBBY_H

#include <stdbool.h>
#include <stdint.h>

#include "histogram.h"
#include "options.h"

struct lobby {
    const struct options *options;
    struct client *clients;
    uint32_t *sent;          /* By each writer. */
    uint32_t *heard;         /* Of each writer by each listener: [listener * writers + writer]. */
    uint64_t total_sent;
    uint64_t total_heard;
    uint64_t total_bytes;    /* Of all that was sent. */
    bool measuring;
    bool echoing;            /* A writer that hears itself writes again. */
    unsigned bytes;
    uint64_t slow_heard;     /* By the one that does not read at first. */
    uint64_t deliveries;     /* While measuring. */
    uint64_t messages;       /* Those heard by their writers while measuring. */
    struct histogram latency;
};

/* Open all of the options' clients. */
struct lobby *lobby_open(const struct options *options);
void lobby_say(struct lobby *lobby, unsigned writer);
/* All that was said, heard by all: else the run fails after some seconds. The slow one counts only if `slow_too`. */
void lobby_drain(struct lobby *lobby, bool slow_too);

#endif
