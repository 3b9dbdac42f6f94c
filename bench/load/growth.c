/* What one person's commands take on a store of some size. */
#include <stdio.h>
#include <stdlib.h>

#include "histogram.h"
#include "loop.h"
#include "report.h"
#include "scenarios.h"
#include "v1.h"

#define JOINED 50
#define PAGE 50
#define RESUMED 1000

static bool answered;

static void answer(struct person *person, uint64_t now) {
    (void)person, (void)now;
    answered = true;
}

static void turn_page(struct person *person, unsigned messages, bool more, uint64_t now) {
    (void)person, (void)more, (void)now;
    if (messages != PAGE) fail("a page of %u messages", messages);
    answered = true;
}

static void hear(struct person *person, struct stamp stamp, uint64_t now) { (void)person, (void)stamp, (void)now; }

static void await_answer(struct histogram *into, uint64_t asked) {
    while (!answered) loop_turn(now_ns() + 100 * MILLISECOND);
    answered = false;
    if (into) histogram_add(into, now_ns() - asked);
}

void run_growth(const struct options *options) {
    static struct histogram append, join, back, resume;
    struct person *people = people_new(clients_new(&options->server, 1), 1, "reader");
    struct person *person = people;
    /* The stored texts have no stamp, and need none: offsets are checked. */
    person->limit = JOINED;
    people_open(people, 0, 1, 1);
    uint64_t head = person->head;
    if (head < RESUMED) fail("the room has %llu messages only", (unsigned long long)head);
    person->done = person->live = answer;
    person->paged = turn_page;
    person->heard = hear;
    srand48((long)head);
    loop_mark("begin");
    for (unsigned i = 0; i < options->count + 5; i++) {
        bool counts = i >= 5; /* The first few warm what there is to warm. */
        uint64_t asked = now_ns();
        person_say(person, options->bytes, (struct stamp){0, i + 1, asked});
        await_answer(counts ? &append : NULL, asked);

        asked = now_ns();
        person->resumes = false;
        person_join(person);
        await_answer(counts ? &join : NULL, asked);
        if (person->caught_up != JOINED) fail("a join with %llu messages", (unsigned long long)person->caught_up);

        uint64_t before = PAGE + 1 + (uint64_t)(drand48() * (double)(head - PAGE));
        asked = now_ns();
        person_page_back(person, before, PAGE);
        await_answer(counts ? &back : NULL, asked);

        person->resumes = true;
        person->offset = person->head - RESUMED;
        person->id[0] = 0;
        asked = now_ns();
        person_join(person);
        await_answer(counts ? &resume : NULL, asked);
        if (person->caught_up != RESUMED) fail("a resume of %llu messages", (unsigned long long)person->caught_up);
    }
    loop_mark("end");
    report_begin("growth");
    report_count("head", head);
    report_histogram("append", &append);
    report_histogram("join", &join);
    report_histogram("page_back", &back);
    report_histogram("resume", &resume);
    report_end();
}
