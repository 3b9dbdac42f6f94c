#define _GNU_SOURCE
#include "client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../wire/frame.h"
#include "loop.h"
#include "tls.h"

/* All reading goes through one buffer: its beginning is what the client had left of a frame. */
#define BUFFER_SIZE (4u << 20)
/* As much as one client may be read in a turn, so that none keeps the others waiting. */
#define READS_A_TURN 4

static uint8_t buffer[BUFFER_SIZE];
uint64_t pings_answered;

struct client *clients_new(const struct server *server, unsigned count) {
    struct client *clients = calloc(count, sizeof *clients);
    if (!clients) fail("no memory for %u clients", count);
    for (unsigned i = 0; i < count; i++) {
        clients[i].fd = -1;
        clients[i].number = i;
        clients[i].server = server;
    }
    return clients;
}

static uint32_t draw(void) {
    /* Masks and keys need not be secret here, only different. */
    static uint64_t state = 0x9e3779b97f4a7c15u;
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    return (uint32_t)(state >> 16);
}

void client_connect(struct client *client) {
    const struct server *server = client->server;
    int one = 1;
    client->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (client->fd < 0) fail("no socket for client %u: %s", client->number, strerror(errno));
    setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (client->receive_buffer)
        setsockopt(client->fd, SOL_SOCKET, SO_RCVBUF, &client->receive_buffer, sizeof client->receive_buffer);
    struct sockaddr_in address = {.sin_family = AF_INET};
    if (server->sources > 1) {
        /* The port is chosen at connect, so that each address has all of them. */
        setsockopt(client->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK + client->number % server->sources);
        if (bind(client->fd, (struct sockaddr *)&address, sizeof address) < 0) fail("bind: %s", strerror(errno));
    }
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(server->port);
    client->state = CLIENT_CONNECTING;
    client->room_wanted = true;
    if (connect(client->fd, (struct sockaddr *)&address, sizeof address) < 0 && errno != EINPROGRESS)
        fail("client %u cannot connect: %s", client->number, strerror(errno));
    loop_watch(client, true);
}

static ssize_t take(struct client *client, void *into, size_t size) {
    return client->tls ? tls_read(client->tls, into, size) : recv(client->fd, into, size, 0);
}

static ssize_t give(struct client *client, const void *bytes, size_t size) {
    return client->tls ? tls_write(client->tls, bytes, size) : send(client->fd, bytes, size, MSG_NOSIGNAL);
}

static void want_room(struct client *client, bool wanted) {
    if (client->room_wanted == wanted) return;
    client->room_wanted = wanted;
    loop_rewatch(client, wanted);
}

static void flush(struct client *client) {
    size_t done = 0;
    while (done < client->out_length) {
        ssize_t taken = give(client, client->out + done, client->out_length - done);
        if (taken < 0 && errno == EAGAIN) break;
        if (taken <= 0) fail("client %u cannot send: %s", client->number, strerror(errno));
        done += (size_t)taken;
    }
    client->out_length -= done;
    memmove(client->out, client->out + done, client->out_length);
    if (!client->out_length) {
        free(client->out);
        client->out = NULL;
    }
    want_room(client, client->out_length > 0);
}

static void push(struct client *client, const void *bytes, size_t length) {
    if (!client->out_length) {
        ssize_t taken = give(client, bytes, length);
        if (taken == (ssize_t)length) return;
        if (taken < 0 && errno != EAGAIN) fail("client %u cannot send: %s", client->number, strerror(errno));
        if (taken > 0) bytes = (const uint8_t *)bytes + taken, length -= (size_t)taken;
    }
    client->out = realloc(client->out, client->out_length + length);
    if (!client->out) fail("no memory");
    memcpy(client->out + client->out_length, bytes, length);
    client->out_length += length;
    want_room(client, true);
}

static void push_frame(struct client *client, unsigned opcode, const void *payload, size_t length) {
    uint8_t frame[FRAME_HEADER_MAX + 65536];
    if (length > 65536) fail("a message of %zu bytes", length);
    push(client, frame, frame_masked(frame, opcode, payload, length, draw()));
}

void client_send(struct client *client, const char *text, size_t length) {
    if (client->state != CLIENT_OPEN) fail("client %u is not open", client->number);
    push_frame(client, FRAME_TEXT, text, length);
}

static void upgrade(struct client *client) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuv";
    char key[WEBSOCKET_KEY_LENGTH + 1], request[512];
    /* 16 bytes in base64: 21 digits that are anything, one that leaves four bits out, two signs of the end. */
    for (int i = 0; i < 21; i++) key[i] = digits[draw() % 48];
    memcpy(key + 21, "A==", 4);
    websocket_accept(key, client->accept);
    const char *subprotocol = client->server->subprotocol;
    int length = snprintf(request, sizeof request,
                          "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                          "Sec-WebSocket-Key: %s\r\nSec-WebSocket-Version: 13\r\n%s%s%s\r\n",
                          client->server->path, client->server->port, key, subprotocol ? "Sec-WebSocket-Protocol: " : "",
                          subprotocol ? subprotocol : "", subprotocol ? "\r\n" : "");
    if (length >= (int)sizeof request) fail("the path is too long");
    client->state = CLIENT_UPGRADING;
    push(client, request, (size_t)length);
}

/* Whether the answer to the handshake was there; takes it from the bytes. */
static size_t read_answer(struct client *client, uint8_t *bytes, size_t length) {
    const uint8_t *end = memmem(bytes, length, "\r\n\r\n", 4);
    if (!end) {
        if (length > 8192) fail("an endless answer to the handshake");
        return 0;
    }
    size_t size = (size_t)(end - bytes) + 4;
    bytes[size - 2] = 0;
    const char *answer = (const char *)bytes;
    if (strncmp(answer, "HTTP/1.1 101 ", 13)) fail("the handshake was answered with: %.100s", answer);
    const char *accept = strcasestr(answer, "\r\nSec-WebSocket-Accept:");
    if (accept) accept += 23, accept += strspn(accept, " ");
    if (!accept || strncmp(accept, client->accept, WEBSOCKET_ACCEPT_LENGTH)) fail("a wrong Sec-WebSocket-Accept");
    if (client->server->subprotocol && !strcasestr(answer, client->server->subprotocol)) fail("another subprotocol");
    client->state = CLIENT_OPEN;
    if (client->opened) client->opened(client);
    return size;
}

static void hear_control(struct client *client, const struct frame *frame, const uint8_t *payload) {
    if (frame->opcode == FRAME_PING) {
        push_frame(client, FRAME_PONG, payload, frame->length);
        pings_answered++;
    } else if (frame->opcode == FRAME_CLOSE) {
        unsigned code = frame->length >= 2 ? (unsigned)payload[0] << 8 | payload[1] : 1005;
        int reason = frame->length > 2 ? (int)frame->length - 2 : 0;
        fail("the server closed client %u with %u %.*s", client->number, code, reason, (const char *)payload + 2);
    } else if (frame->opcode != FRAME_PONG) {
        fail("a frame with opcode %u", frame->opcode);
    }
}

/* Take all whole frames; how many bytes they had. */
static size_t read_frames(struct client *client, uint8_t *bytes, size_t length, uint64_t now) {
    size_t done = 0;
    struct frame frame;
    while (client->state == CLIENT_OPEN) {
        int whole = frame_read(bytes + done, length - done, &frame);
        if (whole < 0 || (frame.header && (frame.masked || !frame.last)))
            fail("client %u got a frame that is malformed, masked or a fragment", client->number);
        if (frame.header && frame.length > BUFFER_SIZE / 2) fail("a frame of %zu bytes", frame.length);
        if (!whole) break;
        const uint8_t *payload = bytes + done + frame.header;
        done += frame.header + frame.length;
        if (frame.opcode != FRAME_TEXT) hear_control(client, &frame, payload);
        else if (client->hear) client->hear(client, (const char *)payload, frame.length, now);
    }
    return done;
}

static void keep_rest(struct client *client, const uint8_t *bytes, size_t length) {
    if (length) {
        client->rest = malloc(length);
        if (!client->rest) fail("no memory");
        memcpy(client->rest, bytes, length);
    }
    client->rest_length = length;
}

static void read_some(struct client *client) {
    for (int i = 0; i < READS_A_TURN && client->fd >= 0; i++) {
        size_t length = client->rest_length, done = 0, space = BUFFER_SIZE - length;
        if (client->rest) {
            memcpy(buffer, client->rest, length);
            free(client->rest);
            client->rest = NULL;
            client->rest_length = 0;
        }
        ssize_t got = take(client, buffer + length, space);
        if (got == 0 || (got < 0 && errno != EAGAIN))
            fail("client %u was cut off: %s", client->number, got ? strerror(errno) : "end of stream");
        if (got > 0) length += (size_t)got;
        if (client->state == CLIENT_UPGRADING) done = read_answer(client, buffer, length);
        if (client->state == CLIENT_OPEN) done += read_frames(client, buffer + done, length - done, now_ns());
        if (client->fd < 0) return; /* It was cut while it listened. */
        keep_rest(client, buffer + done, length - done);
        /* A TLS record is at most 16 KiB, so a short read says nothing there. */
        if (got < 0 || (!client->tls && (size_t)got < space)) return;
    }
}

static void secure(struct client *client) {
    int state = tls_handshake(client->tls);
    if (state == 1) {
        want_room(client, false);
        upgrade(client);
    } else {
        want_room(client, state == 2);
    }
}

static void connected(struct client *client) {
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(client->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error) fail("client %u cannot connect: %s", client->number, strerror(error));
    if (client->server->secure) {
        client->tls = tls_new(client->fd);
        client->state = CLIENT_SECURING;
        secure(client);
    } else {
        want_room(client, false);
        upgrade(client);
    }
}

void client_ready(struct client *client, bool room, bool bytes) {
    if (client->state == CLIENT_CONNECTING) {
        connected(client);
    } else if (client->state == CLIENT_SECURING) {
        secure(client);
    } else {
        if (room && client->out_length) flush(client);
        if (bytes) read_some(client);
    }
}

void clients_open(struct client *clients, unsigned from, unsigned to, unsigned parallel) {
    unsigned begun = from, open = from;
    while (open < to) {
        while (begun < to && begun - open < parallel) client_connect(&clients[begun++]);
        loop_turn(now_ns() + 100 * MILLISECOND);
        /* Those before `open` are open; the others come in any order. */
        while (open < begun && clients[open].state == CLIENT_OPEN) open++;
    }
}

void client_cut(struct client *client) {
    struct linger reset = {.l_onoff = 1, .l_linger = 0};
    if (client->tls) tls_free(client->tls);
    /* A reset also leaves no port waiting on this side. */
    setsockopt(client->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    close(client->fd);
    free(client->rest);
    free(client->out);
    client->fd = -1;
    client->tls = NULL;
    client->rest = client->out = NULL;
    client->rest_length = client->out_length = 0;
    client->state = CLIENT_APART;
}

void client_deafen(struct client *client) { loop_ignore(client); }

void client_listen(struct client *client) { loop_watch(client, client->room_wanted); }
