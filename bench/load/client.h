/* One WebSocket client. */
#ifndef LOAD_CLIENT_H
#define LOAD_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../wire/accept.h"

struct tls;

enum client_state { CLIENT_APART, CLIENT_CONNECTING, CLIENT_SECURING, CLIENT_UPGRADING, CLIENT_OPEN };

/* Where the server is, and how clients speak to it. */
struct server {
    uint16_t port;
    const char *path;
    const char *subprotocol; /* NULL for the tutorial's wire. */
    bool secure;
    unsigned sources; /* From how many addresses of loopback clients come. */
};

struct client {
    int fd; /* -1 while apart. */
    unsigned number;
    enum client_state state;
    const struct server *server;
    /* Called for each message; `now` is when its bytes were read. The payload is gone afterwards. */
    void (*hear)(struct client *client, const char *payload, size_t length, uint64_t now);
    /* Called once the WebSocket is open; may be NULL. */
    void (*opened)(struct client *client);
    void *mind; /* The scenario's own. */
    int receive_buffer; /* SO_RCVBUF, 0 for the system's. */

    struct tls *tls;
    uint8_t *rest; /* What came of a frame that is not all there. */
    size_t rest_length;
    uint8_t *out; /* What the socket did not take yet. */
    size_t out_length;
    bool room_wanted;
    char accept[WEBSOCKET_ACCEPT_LENGTH + 1];
};

extern uint64_t pings_answered;

/* `count` clients of a server, all apart. */
struct client *clients_new(const struct server *server, unsigned count);

/* Begin to connect. The handshake and what follows happen in the turns of the loop. */
void client_connect(struct client *client);
/* Connect and open clients `from` up to `to`, at most `parallel` at a time. */
void clients_open(struct client *clients, unsigned from, unsigned to, unsigned parallel);
/* Send a text frame. */
void client_send(struct client *client, const char *text, size_t length);
/* Go away without a word, as a network does that fails. */
void client_cut(struct client *client);
/* Stop and begin to read. */
void client_deafen(struct client *client);
void client_listen(struct client *client);

void client_ready(struct client *client, bool room, bool bytes);

#endif
