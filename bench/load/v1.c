#define _GNU_SOURCE
#include "v1.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loop.h"

char v1_epoch[64];
static const char *prefix;

/* chatd writes its keys without white space and no text of ours has a quote in it, so a key can be searched for. */
static const char *find(const char *payload, size_t length, const char *key) {
    const char *found = memmem(payload, length, key, strlen(key));
    return found ? found + strlen(key) : NULL;
}

static const char *need(const char *payload, size_t length, const char *key) {
    const char *found = find(payload, length, key);
    if (!found) fail("no %s in %.*s", key, (int)(length < 300 ? length : 300), payload);
    return found;
}

/* A payload has no zero behind it. */
static uint64_t number(const char *payload, size_t length, const char *key) {
    const char *digit = need(payload, length, key), *end = payload + length;
    uint64_t value = 0;
    for (; digit < end && *digit >= '0' && *digit <= '9'; digit++) value = value * 10 + (uint64_t)(*digit - '0');
    return value;
}

static void copy(char *into, size_t size, const char *payload, size_t length, const char *key) {
    const char *from = need(payload, length, key);
    const char *end = memchr(from, '"', (size_t)(payload + length - from));
    if (!end || (size_t)(end - from) >= size) fail("a value of %s that is too long", key);
    memcpy(into, from, (size_t)(end - from));
    into[end - from] = 0;
}

void person_hello(struct person *person) {
    char text[256];
    person->state = PERSON_GREETING;
    int length = person->token[0]
                     ? snprintf(text, sizeof text, "{\"type\":\"hello\",\"token\":\"%s\"}", person->token)
                     : snprintf(text, sizeof text, "{\"type\":\"hello\",\"name\":\"%s%u\"}", prefix, person->client->number);
    client_send(person->client, text, (size_t)length);
}

void person_join(struct person *person) {
    char text[512];
    int length;
    person->state = PERSON_JOINING;
    person->caught_up = 0;
    if (person->resumes)
        length = snprintf(text, sizeof text, "{\"type\":\"join\",\"room\":\"%s\",\"after\":%llu,\"epoch\":\"%s\"%s%s%s}",
                          person->room, (unsigned long long)person->offset, v1_epoch, person->id[0] ? ",\"id\":\"" : "",
                          person->id, person->id[0] ? "\"" : "");
    else
        length = snprintf(text, sizeof text, "{\"type\":\"join\",\"room\":\"%s\",\"limit\":%u}", person->room, person->limit);
    client_send(person->client, text, (size_t)length);
}

void person_say(struct person *person, size_t length, struct stamp stamp) {
    char text[TEXT_MAX + 256];
    int head = snprintf(text, sizeof text, "{\"type\":\"say\",\"room\":\"%s\",\"cid\":\"%x-%x\",\"text\":\"", person->room,
                        stamp.writer, stamp.number);
    stamp_write(text + head, length, stamp);
    memcpy(text + (size_t)head + length, "\"}", 2);
    client_send(person->client, text, (size_t)head + length + 2);
}

void person_page_back(struct person *person, uint64_t before, unsigned limit) {
    char text[256];
    int length = snprintf(text, sizeof text, "{\"type\":\"history\",\"room\":\"%s\",\"before\":%llu,\"limit\":%u}",
                          person->room, (unsigned long long)before, limit);
    client_send(person->client, text, (size_t)length);
}

static void hear_message(struct person *person, const char *payload, size_t length, uint64_t now) {
    uint64_t offset = number(payload, length, "\"offset\":");
    bool live = person->state == PERSON_LIVE;
    /* The first after a join without a position may be any; from there on each follows the one before. */
    bool any = !live && !person->resumes && person->caught_up == 0;
    if (!any && offset != person->offset + 1)
        fail("client %u heard offset %llu of %s after %llu", person->client->number, (unsigned long long)offset,
             person->room, (unsigned long long)person->offset);
    person->offset = offset;
    copy(person->id, sizeof person->id, payload, length, "\"id\":\"");
    if (!live) {
        person->caught_up++;
    } else if (person->heard) {
        const char *text = need(payload, length, "\"text\":\"");
        person->heard(person, stamp_read(text, (size_t)(payload + length - text)), now);
    }
}

static void hear_joined(struct person *person, const char *payload, size_t length) {
    person->head = number(payload, length, "\"head\":");
    copy(v1_epoch, sizeof v1_epoch, payload, length, "\"epoch\":\"");
    if (person->resumes && !find(payload, length, "\"recovered\":true"))
        fail("client %u could not resume after %llu", person->client->number, (unsigned long long)person->offset);
    if (!person->resumes) person->offset = person->head;
}

static void hear_live(struct person *person, uint64_t now) {
    if (person->offset != person->head)
        fail("client %u is live at %llu of %llu", person->client->number, (unsigned long long)person->offset,
             (unsigned long long)person->head);
    person->state = PERSON_LIVE;
    if (person->live) person->live(person, now);
}

static unsigned count_messages(const char *payload, size_t length) {
    unsigned count = 0;
    const char *at = payload, *end = payload + length;
    while ((at = find(at, (size_t)(end - at), "{\"type\":\"message\"")) != NULL) count++;
    return count;
}

static void hear(struct client *client, const char *payload, size_t length, uint64_t now) {
    struct person *person = client->mind;
    char type[16];
    copy(type, sizeof type, payload, length < 40 ? length : 40, "{\"type\":\"");
    if (!strcmp(type, "message")) {
        hear_message(person, payload, length, now);
    } else if (!strcmp(type, "done")) {
        if (person->done) person->done(person, now);
    } else if (!strcmp(type, "page")) {
        if (person->paged) person->paged(person, count_messages(payload, length), find(payload + length - 16, 16, "\"more\":true"), now);
    } else if (!strcmp(type, "welcome")) {
        if (!person->token[0]) copy(person->token, sizeof person->token, payload, length, "\"token\":\"");
        person_join(person);
    } else if (!strcmp(type, "joined")) {
        hear_joined(person, payload, length);
    } else if (!strcmp(type, "live")) {
        hear_live(person, now);
    } else if (!strcmp(type, "refused")) {
        fail("client %u was refused: %.*s", client->number, (int)(length < 300 ? length : 300), payload);
    }
    /* All else tells who is there. */
}

static void opened(struct client *client) { person_hello(client->mind); }

struct person *people_new(struct client *clients, unsigned count, const char *name_prefix) {
    struct person *people = calloc(count, sizeof *people);
    if (!people) fail("no memory for %u people", count);
    prefix = name_prefix;
    for (unsigned i = 0; i < count; i++) {
        people[i].client = &clients[i];
        people[i].room = "lobby";
        clients[i].mind = &people[i];
        clients[i].hear = hear;
        clients[i].opened = opened;
    }
    return people;
}

void people_open(struct person *people, unsigned from, unsigned to, unsigned parallel) {
    unsigned begun = from, live = from;
    while (live < to) {
        while (begun < to && begun - live < parallel) client_connect(people[begun++].client);
        loop_turn(now_ns() + 100 * MILLISECOND);
        while (live < begun && people[live].state == PERSON_LIVE) live++;
    }
}
