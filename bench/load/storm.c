/* All come back at once and resume, while others talk. */
#include <stdio.h>
#include <stdlib.h>

#include "histogram.h"
#include "loop.h"
#include "report.h"
#include "scenarios.h"
#include "v1.h"

/* Who stay connected, talk in a room of their own, and feel how the storm passes. */
#define STAYERS 50
/* What is said in the lobby while its people are away. */
#define MISSED 20
/* Connections begun between two looks at those who are connected. */
#define SLICE 32

static struct histogram talk;
static bool storming;
static uint64_t missed_heard, back, missed_said, talk_heard, talk_said;

static void hear_talk(struct person *person, struct stamp stamp, uint64_t now) {
    (void)person;
    talk_heard++;
    if (storming) histogram_add(&talk, now - stamp.sent_ns);
}

static void said(struct person *person, uint64_t now) {
    (void)person, (void)now;
    missed_said++;
}

static void is_back(struct person *person, uint64_t now) {
    (void)now;
    if (!storming) return;
    if (person->caught_up != MISSED) fail("client %u resumed with %llu messages", person->client->number, (unsigned long long)person->caught_up);
    missed_heard += person->caught_up;
    back++;
}

/* The stayers' talk, at its pace. */
static void talk_on(struct person *stayer, const struct options *options) {
    static uint64_t next;
    static uint32_t number;
    uint64_t now = now_ns();
    if (next == 0) next = now;
    if (now < next) return;
    person_say(stayer, options->bytes, (struct stamp){0, ++number, now});
    talk_said += STAYERS;
    next += (uint64_t)(1e9 / options->rate);
    if (next < now) next = now;
}

static void talk_until(struct person *stayer, const struct options *options, uint64_t until) {
    while (now_ns() < until) {
        talk_on(stayer, options);
        loop_turn(now_ns() + MILLISECOND);
    }
}

static void say_what_is_missed(struct person *speaker, unsigned bytes) {
    speaker->done = said;
    for (uint32_t i = 1; i <= MISSED; i++) person_say(speaker, bytes, (struct stamp){1, i, now_ns()});
    while (missed_said < MISSED) loop_turn(now_ns() + 10 * MILLISECOND);
}

void run_storm(const struct options *options) {
    unsigned count = options->clients, all = count + STAYERS + 1;
    struct person *people = people_new(clients_new(&options->server, all), all, "storm");
    struct person *stayers = people + count, *speaker = people + all - 1;
    for (unsigned i = 0; i < STAYERS; i++) {
        stayers[i].room = "shelter";
        stayers[i].heard = hear_talk;
    }
    people_open(people, 0, all, options->parallel);
    for (unsigned i = 0; i < count; i++) people[i].live = is_back;
    loop_until(now_ns() + (uint64_t)(options->settle * 1e9));

    for (unsigned i = 0; i < count; i++) {
        client_cut(people[i].client);
        people[i].state = PERSON_APART;
        people[i].resumes = true;
    }
    say_what_is_missed(speaker, options->bytes);
    talk_until(&stayers[0], options, now_ns() + (uint64_t)(options->warmup * 1e9));

    loop_mark("begin");
    uint64_t begun = now_ns();
    storming = true;
    for (unsigned i = 0; i < count; i++) {
        client_connect(people[i].client);
        if (i % SLICE == SLICE - 1) {
            talk_on(&stayers[0], options);
            loop_turn(0);
        }
    }
    while (back < count) {
        talk_on(&stayers[0], options);
        loop_turn(now_ns() + MILLISECOND);
    }
    double seconds = (double)(now_ns() - begun) / 1e9;
    loop_mark("end");
    storming = false;
    uint64_t until = now_ns() + 20 * SECOND;
    while (talk_heard < talk_said) {
        if (now_ns() > until) fail("the stayers did not hear all");
        loop_turn(now_ns() + 10 * MILLISECOND);
    }
    report_begin("storm");
    report_number("seconds", seconds);
    report_count("connections", count);
    report_count("resumed_messages", missed_heard);
    report_histogram("meanwhile", &talk);
    report_end();
}
