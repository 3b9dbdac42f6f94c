/* Handshakes alone, and many connections that say nothing. */
#include "loop.h"
#include "report.h"
#include "scenarios.h"
#include "v1.h"

void run_handshake(const struct options *options) {
    struct client *clients = clients_new(&options->server, options->clients);
    /* A few to begin with: what a server does once is no part of a handshake's cost. */
    unsigned first = options->clients / 10 + 1;
    if (first >= options->clients) fail("too few clients");
    clients_open(clients, 0, first, options->parallel);
    loop_until(now_ns() + (uint64_t)(options->settle * 1e9));
    loop_mark("begin");
    uint64_t begun = now_ns();
    clients_open(clients, first, options->clients, options->parallel);
    double seconds = (double)(now_ns() - begun) / 1e9;
    loop_mark("end");
    report_begin("handshake");
    report_number("seconds", seconds);
    report_count("connections", options->clients - first);
    report_end();
}

void run_idle(const struct options *options) {
    struct client *clients = clients_new(&options->server, options->clients);
    loop_mark("before");
    if (options->server.subprotocol) {
        struct person *people = people_new(clients, options->clients, "idler");
        people_open(people, 0, options->clients, options->parallel);
    } else {
        clients_open(clients, 0, options->clients, options->parallel);
    }
    loop_until(now_ns() + (uint64_t)(options->settle * 1e9));
    /* From the first ping on they come as often as they ever will. */
    while (options->pinged && pings_answered < options->clients) loop_turn(now_ns() + SECOND);
    loop_mark("begin");
    uint64_t begun = now_ns(), pings = pings_answered;
    loop_until(begun + (uint64_t)(options->seconds * 1e9));
    double seconds = (double)(now_ns() - begun) / 1e9;
    loop_mark("end");
    report_begin("idle");
    report_number("seconds", seconds);
    report_count("connections", options->clients);
    report_count("pings", pings_answered - pings);
    report_end();
}
