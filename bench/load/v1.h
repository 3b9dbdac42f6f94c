/* chatd.v1 as the scenarios need it: people who say hello, join a room, write and hear. */
#ifndef LOAD_V1_H
#define LOAD_V1_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client.h"
#include "message.h"

enum person_state { PERSON_APART, PERSON_GREETING, PERSON_JOINING, PERSON_LIVE };

/* A client's place in one room. Offsets are checked to be dense. */
struct person {
    struct client *client;
    enum person_state state;
    const char *room;
    unsigned limit;        /* How many of the last messages a first join asks for. */
    bool resumes;          /* Join from `offset` on; anything but `recovered` fails. */
    uint64_t offset;       /* Of the last event heard or passed over, once live. */
    uint64_t head;         /* As `joined` gave it. */
    uint64_t caught_up;    /* Messages heard before `live`. */
    char token[64];
    char id[32];           /* Of the event at `offset`, if known. */
    /* A message that came when live; may be NULL. */
    void (*heard)(struct person *person, struct stamp stamp, uint64_t now);
    void (*done)(struct person *person, uint64_t now);
    void (*live)(struct person *person, uint64_t now);
    void (*paged)(struct person *person, unsigned messages, bool more, uint64_t now);
    void *mind;
};

/* The store's epoch, as the last `joined` said. */
extern char v1_epoch[64];

/* One person for each client, in state apart; they begin to speak once their client is open. */
struct person *people_new(struct client *clients, unsigned count, const char *name_prefix);
/* Connect people `from` up to `to`, at most `parallel` at a time, until all hear their room. */
void people_open(struct person *people, unsigned from, unsigned to, unsigned parallel);

void person_hello(struct person *person);
void person_join(struct person *person);
/* Say a text of `length` characters in the person's room. */
void person_say(struct person *person, size_t length, struct stamp stamp);
void person_page_back(struct person *person, uint64_t before, unsigned limit);

#endif
