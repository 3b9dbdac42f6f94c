/* Paced, flooded and quiet: what one message to many costs. */
#include <stdio.h>
#include <string.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "lobby.h"
#include "loop.h"
#include "report.h"
#include "scenarios.h"

/* More than the kernel takes for one connection of loopback whose reader does not read. */
#define FILL_BYTES (5u << 20)
#define FILL_MESSAGE 4000

/* Say a message each 1/rate seconds, the writers in turn, until `until`. */
static void pace(struct lobby *lobby, uint64_t *next, uint64_t until) {
    uint64_t step = (uint64_t)(1e9 / lobby->options->rate);
    static unsigned turn;
    while (*next < until) {
        loop_until(*next);
        lobby_say(lobby, turn++ % lobby->options->writers);
        *next += step;
    }
    loop_until(until);
}

static void fill(struct lobby *lobby) {
    lobby->bytes = FILL_MESSAGE;
    for (unsigned said = 0; said < FILL_BYTES / FILL_MESSAGE; said += 20) {
        for (unsigned i = 0; i < 20; i++) lobby_say(lobby, i % lobby->options->writers);
        lobby_drain(lobby, false);
    }
    lobby->bytes = lobby->options->bytes;
}

/* What the kernel holds of one connection on the server's side, unsent or not acknowledged. */
static uint64_t held_for(const struct client *client) {
    struct sockaddr_in own;
    socklen_t size = sizeof own;
    char line[256];
    unsigned local, remote;
    unsigned long waiting, arrived;
    getsockname(client->fd, (struct sockaddr *)&own, &size);
    FILE *table = fopen("/proc/net/tcp", "r");
    if (!table) fail("no /proc/net/tcp");
    uint64_t held = 0;
    while (fgets(line, sizeof line, table))
        if (sscanf(line, "%*d: %*8x:%x %*8x:%x %*x %lx:%lx", &local, &remote, &waiting, &arrived) == 4 &&
            local == client->server->port && remote == ntohs(own.sin_port))
            held = waiting;
    fclose(table);
    int unread = 0;
    ioctl(client->fd, FIONREAD, &unread);
    return held + (uint64_t)unread;
}

static void measure_begin(struct lobby *lobby, uint64_t *begun) {
    loop_mark("begin");
    *begun = now_ns();
    lobby->measuring = true;
}

static void measure_end(struct lobby *lobby, const char *scenario, uint64_t begun) {
    lobby->measuring = false;
    double seconds = (double)(now_ns() - begun) / 1e9;
    loop_mark("end");
    lobby->echoing = false;
    uint64_t slow_held = 0;
    if (lobby->options->slow) {
        struct client *slow = &lobby->clients[lobby->options->clients - 1];
        slow_held = held_for(slow);
        if (slow_held >= lobby->total_bytes) fail("the kernel had room for all that the slow one did not read");
        client_listen(slow);
    }
    lobby_drain(lobby, lobby->options->slow);
    report_begin(scenario);
    report_number("seconds", seconds);
    report_count("messages", lobby->messages);
    report_count("deliveries", lobby->deliveries);
    report_count("sent_in_all", lobby->total_sent);
    if (lobby->options->slow) report_count("slow_held_bytes", slow_held);
    report_histogram("latency", &lobby->latency);
    report_end();
}

void run_paced(const struct options *options) {
    struct lobby *lobby = lobby_open(options);
    uint64_t begun, next = now_ns();
    if (options->slow) client_deafen(&lobby->clients[options->clients - 1]);
    if (options->fill) fill(lobby), next = now_ns();
    pace(lobby, &next, next + (uint64_t)(options->warmup * 1e9));
    measure_begin(lobby, &begun);
    /* The mark may have taken some time: nothing is made up for. */
    next = begun;
    pace(lobby, &next, begun + (uint64_t)(options->seconds * 1e9));
    measure_end(lobby, "paced", begun);
}

void run_flooded(const struct options *options) {
    struct lobby *lobby = lobby_open(options);
    uint64_t begun;
    lobby->echoing = true;
    for (unsigned i = 0; i < options->writers; i++) lobby_say(lobby, i);
    loop_until(now_ns() + (uint64_t)(options->warmup * 1e9));
    measure_begin(lobby, &begun);
    loop_until(begun + (uint64_t)(options->seconds * 1e9));
    measure_end(lobby, "flooded", begun);
}

void run_quiet(const struct options *options) {
    struct lobby *lobby = lobby_open(options);
    struct histogram last = {0};
    uint64_t pause = (uint64_t)(1e9 / options->rate);
    unsigned warming = options->count / 10 + 1;
    for (unsigned i = 0; i < options->count + warming; i++) {
        if (i == warming) loop_mark("begin");
        uint64_t sent = now_ns(), wanted = lobby->total_heard + options->clients;
        lobby_say(lobby, i % options->writers);
        while (lobby->total_heard < wanted) {
            loop_turn(sent + SECOND);
            if (now_ns() > sent + 10 * SECOND) fail("a message did not reach all listeners in 10 s");
        }
        if (i >= warming) histogram_add(&last, now_ns() - sent);
        loop_until(now_ns() + pause);
    }
    loop_mark("end");
    report_begin("quiet");
    report_count("messages", last.count);
    report_count("deliveries", last.count * options->clients);
    report_histogram("to_the_last", &last);
    report_end();
}
