#include "lobby.h"

#include <stdlib.h>

#include "loop.h"
#include "message.h"

#define DRAIN_SECONDS 20

/* The slow one is the last client; it never writes. */
static unsigned slow_number(const struct lobby *lobby) { return lobby->options->clients - 1; }

static void hear(struct client *client, const char *payload, size_t length, uint64_t now) {
    struct lobby *lobby = client->mind;
    bool slow = lobby->options->slow && client->number == slow_number(lobby);
    struct stamp stamp = tutorial_read(payload, length, slow);
    unsigned writers = lobby->options->writers;
    if (stamp.writer >= writers) fail("a message of nobody");
    uint32_t *heard = &lobby->heard[(size_t)client->number * writers + stamp.writer];
    if (stamp.number != *heard + 1)
        fail("client %u heard message %u of writer %u after %u", client->number, stamp.number, stamp.writer, *heard);
    *heard = stamp.number;
    if (slow) {
        lobby->slow_heard++;
        return;
    }
    lobby->total_heard++;
    if (lobby->measuring) {
        lobby->deliveries++;
        histogram_add(&lobby->latency, now - stamp.sent_ns);
    }
    if (stamp.writer == client->number) {
        lobby->messages += lobby->measuring;
        if (lobby->echoing) lobby_say(lobby, stamp.writer);
    }
}

void lobby_say(struct lobby *lobby, unsigned writer) {
    char text[TEXT_MAX];
    struct stamp stamp = {.writer = writer, .number = ++lobby->sent[writer], .sent_ns = now_ns()};
    client_send(&lobby->clients[writer], text, tutorial_write(text, lobby->bytes, stamp));
    lobby->total_sent++;
    lobby->total_bytes += lobby->bytes;
}

struct lobby *lobby_open(const struct options *options) {
    struct lobby *lobby = calloc(1, sizeof *lobby);
    size_t writers = options->writers, clients = options->clients;
    if (!lobby) fail("no memory");
    lobby->options = options;
    lobby->bytes = options->bytes;
    lobby->sent = calloc(writers, sizeof *lobby->sent);
    lobby->heard = calloc(clients * writers, sizeof *lobby->heard);
    if (!lobby->sent || !lobby->heard) fail("no memory");
    lobby->clients = clients_new(&options->server, options->clients);
    for (unsigned i = 0; i < options->clients; i++) {
        lobby->clients[i].hear = hear;
        lobby->clients[i].mind = lobby;
    }
    /* The smallest that the kernel grants. */
    if (options->slow) lobby->clients[slow_number(lobby)].receive_buffer = 1;
    clients_open(lobby->clients, 0, options->clients, options->parallel);
    /* Open to us may be a moment before open to the server: it registers a client after it has answered. */
    loop_until(now_ns() + (uint64_t)(options->settle * 1e9));
    return lobby;
}

void lobby_drain(struct lobby *lobby, bool slow_too) {
    uint64_t until = now_ns() + DRAIN_SECONDS * SECOND;
    uint64_t listeners = lobby->options->clients - lobby->options->slow;
    while (lobby->total_heard < lobby->total_sent * listeners || (slow_too && lobby->slow_heard < lobby->total_sent)) {
        if (now_ns() > until)
            fail("%llu of %llu deliveries never came", (unsigned long long)(lobby->total_sent * listeners - lobby->total_heard),
                 (unsigned long long)(lobby->total_sent * listeners));
        loop_turn(now_ns() + 10 * MILLISECOND);
    }
}
