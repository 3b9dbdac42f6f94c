/* The generator's turns, its clock, its end, and what it tells the harness. */
#ifndef LOAD_LOOP_H
#define LOAD_LOOP_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

struct client;

/* Nanoseconds of CLOCK_MONOTONIC. */
static inline uint64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

#define MILLISECOND 1000000ull
#define SECOND 1000000000ull

/* Begin; the whole run ends with an error after `limit_seconds`. */
void loop_start(const char *scenario, double limit_seconds, bool marks);

/* Watch a client's socket for bytes, and for room if `room`. */
void loop_watch(struct client *client, bool room);
void loop_rewatch(struct client *client, bool room);
/* Do not read a client any more. */
void loop_ignore(struct client *client);

/* Do what there is to do, waiting for it until `until` at most. */
void loop_turn(uint64_t until);
/* Turn until the time has come. */
void loop_until(uint64_t until);

/* Tell the harness that a stretch to measure begins or ends, and wait until it has looked at the server. */
void loop_mark(const char *name);

/* End the run with an error in place of a figure. */
void fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

#endif
