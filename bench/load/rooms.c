/* chatd.v1: many rooms, and what is taken in when each writes alone. */
#include <stdio.h>
#include <stdlib.h>

#include "histogram.h"
#include "loop.h"
#include "report.h"
#include "scenarios.h"
#include "v1.h"

static bool measuring, stopping;
static uint64_t deliveries, acknowledged, heard_in_all, wanted_in_all, done_in_all;
static struct histogram latency;
static unsigned text_length;

static void in_rooms(struct person *people, unsigned clients, unsigned rooms) {
    char(*names)[16] = calloc(rooms, sizeof *names);
    if (!names) fail("no memory");
    for (unsigned i = 0; i < rooms; i++) snprintf(names[i], sizeof names[i], "room-%u", i);
    for (unsigned i = 0; i < clients; i++) people[i].room = names[i % rooms];
}

static void hear(struct person *person, struct stamp stamp, uint64_t now) {
    (void)person;
    heard_in_all++;
    if (!measuring) return;
    deliveries++;
    histogram_add(&latency, now - stamp.sent_ns);
}

static void drain(const uint64_t *have, uint64_t want) {
    uint64_t until = now_ns() + 20 * SECOND;
    while (*have < want) {
        if (now_ns() > until) fail("%llu of %llu never came", (unsigned long long)(want - *have), (unsigned long long)want);
        loop_turn(now_ns() + 10 * MILLISECOND);
    }
}

/* A message each 1/rate seconds, the rooms in turn, each by its first client. */
static void pace(struct person *people, const struct options *options, uint32_t *numbers, uint64_t until) {
    static unsigned turn;
    uint64_t step = (uint64_t)(1e9 / options->rate);
    for (uint64_t next = now_ns(); next < until; next += step) {
        unsigned writer = turn++ % options->rooms;
        loop_until(next);
        person_say(&people[writer], text_length, (struct stamp){writer, ++numbers[writer], now_ns()});
        wanted_in_all += (options->clients - writer + options->rooms - 1) / options->rooms;
    }
    loop_until(until);
}

void run_rooms(const struct options *options) {
    struct person *people = people_new(clients_new(&options->server, options->clients), options->clients, "member");
    uint32_t *numbers = calloc(options->rooms, sizeof *numbers);
    if (!numbers) fail("no memory");
    if (options->rooms > options->clients) fail("there are more rooms than clients");
    text_length = options->bytes;
    in_rooms(people, options->clients, options->rooms);
    for (unsigned i = 0; i < options->clients; i++) people[i].heard = hear;
    people_open(people, 0, options->clients, options->parallel);
    loop_until(now_ns() + (uint64_t)(options->settle * 1e9));
    pace(people, options, numbers, now_ns() + (uint64_t)(options->warmup * 1e9));
    loop_mark("begin");
    uint64_t begun = now_ns();
    measuring = true;
    pace(people, options, numbers, begun + (uint64_t)(options->seconds * 1e9));
    measuring = false;
    double seconds = (double)(now_ns() - begun) / 1e9;
    loop_mark("end");
    drain(&heard_in_all, wanted_in_all);
    report_begin("rooms");
    report_number("seconds", seconds);
    report_count("deliveries", deliveries);
    report_histogram("latency", &latency);
    report_end();
}

static void hear_own(struct person *person, struct stamp stamp, uint64_t now) {
    (void)person, (void)stamp, (void)now;
    heard_in_all++;
}

struct turn {
    uint32_t number;
    uint64_t sent_ns;
};

static void say_next(struct person *person) {
    struct turn *turn = person->mind;
    turn->sent_ns = now_ns();
    person_say(person, text_length, (struct stamp){person->client->number, ++turn->number, turn->sent_ns});
}

static void say_again(struct person *person, uint64_t now) {
    struct turn *turn = person->mind;
    done_in_all++;
    if (measuring) {
        acknowledged++;
        histogram_add(&latency, now - turn->sent_ns);
    }
    if (!stopping) say_next(person);
}

void run_intake(const struct options *options) {
    struct person *people = people_new(clients_new(&options->server, options->clients), options->clients, "writer");
    struct turn *turns = calloc(options->clients, sizeof *turns);
    if (!turns) fail("no memory");
    text_length = options->bytes;
    in_rooms(people, options->clients, options->clients);
    for (unsigned i = 0; i < options->clients; i++) {
        people[i].done = say_again;
        people[i].heard = hear_own;
        people[i].mind = &turns[i];
    }
    people_open(people, 0, options->clients, options->parallel);
    for (unsigned i = 0; i < options->clients; i++) say_next(&people[i]);
    loop_until(now_ns() + (uint64_t)(options->warmup * 1e9));
    loop_mark("begin");
    uint64_t begun = now_ns();
    latency = (struct histogram){0};
    measuring = true;
    loop_until(begun + (uint64_t)(options->seconds * 1e9));
    measuring = false;
    double seconds = (double)(now_ns() - begun) / 1e9;
    loop_mark("end");
    stopping = true;
    uint64_t said = 0;
    for (unsigned i = 0; i < options->clients; i++) said += turns[i].number;
    drain(&done_in_all, said);
    /* One's own message comes before its `done`. */
    if (heard_in_all != said) fail("of %llu messages %llu were heard", (unsigned long long)said, (unsigned long long)heard_in_all);
    report_begin("intake");
    report_number("seconds", seconds);
    report_count("acknowledged", acknowledged);
    report_histogram("latency", &latency);
    report_end();
}
