/* The floor: what the kernel alone costs. A WebSocket server that tells everybody what anybody says, and does nothing
   else: it takes a message apart only as far as its frame. `floor PORT each` sends each message to each listener by
   itself; `floor PORT batch` sends each listener at once all that one round of epoll brought. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../wire/accept.h"
#include "../wire/frame.h"

#define INPUT_SIZE (1u << 20)
#define EVENTS_A_TURN 1024
#define MESSAGE_MAX 65536u

struct client {
    int fd; /* -1 once it has gone. */
    bool open;
    size_t place;
    uint8_t *rest; /* What came of a frame or a request that is not all there. */
    size_t rest_length;
    uint8_t *backlog; /* What the socket did not take. */
    size_t backlog_length;
};

static int epoll;
static struct client **clients;
static size_t client_count, client_room;
static struct client **gone;
static size_t gone_count, gone_room;
static bool batching;
static uint8_t *batch;
static size_t batch_length, batch_room;

static void die(const char *what) {
    perror(what);
    exit(1);
}

static void *grow(void *array, size_t count, size_t *room, size_t size) {
    if (count < *room) return array;
    *room = count * 2 + 64;
    array = realloc(array, *room * size);
    if (!array) die("memory");
    return array;
}

static void watch(struct client *client, int operation, uint32_t events) {
    struct epoll_event event = {.events = events, .data.ptr = client};
    if (epoll_ctl(epoll, operation, client->fd, &event) < 0) die("epoll_ctl");
}

static void leave(struct client *client) {
    if (client->fd < 0) return;
    close(client->fd);
    client->fd = -1;
    clients[client->place] = clients[--client_count];
    clients[client->place]->place = client->place;
    /* An event of this turn may still point to it. */
    gone = grow(gone, gone_count, &gone_room, sizeof *gone);
    gone[gone_count++] = client;
}

static void bury(void) {
    while (gone_count) {
        struct client *client = gone[--gone_count];
        free(client->rest);
        free(client->backlog);
        free(client);
    }
}

static void give(struct client *client, const uint8_t *bytes, size_t length) {
    if (!client->backlog_length) {
        ssize_t taken = send(client->fd, bytes, length, MSG_NOSIGNAL);
        if (taken == (ssize_t)length) return;
        if (taken < 0 && errno != EAGAIN) {
            /* Its end is told by epoll. */
            return;
        }
        if (taken > 0) bytes += taken, length -= (size_t)taken;
        watch(client, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
    }
    client->backlog = realloc(client->backlog, client->backlog_length + length);
    if (!client->backlog) die("memory");
    memcpy(client->backlog + client->backlog_length, bytes, length);
    client->backlog_length += length;
}

static void flush(struct client *client) {
    ssize_t taken = send(client->fd, client->backlog, client->backlog_length, MSG_NOSIGNAL);
    if (taken <= 0) return;
    client->backlog_length -= (size_t)taken;
    memmove(client->backlog, client->backlog + taken, client->backlog_length);
    if (client->backlog_length) return;
    free(client->backlog);
    client->backlog = NULL;
    watch(client, EPOLL_CTL_MOD, EPOLLIN);
}

static void tell_all(const uint8_t *bytes, size_t length) {
    for (size_t i = 0; i < client_count; i++)
        if (clients[i]->open) give(clients[i], bytes, length);
}

static void broadcast(const uint8_t *payload, size_t length) {
    uint8_t frame[FRAME_HEADER_MAX + MESSAGE_MAX];
    size_t head = frame_head(frame, FRAME_TEXT, length);
    memcpy(frame + head, payload, length);
    if (!batching) {
        tell_all(frame, head + length);
        return;
    }
    while (batch_room < batch_length + head + length) batch = grow(batch, batch_room, &batch_room, 1);
    memcpy(batch + batch_length, frame, head + length);
    batch_length += head + length;
}

/* The bytes of the request, once it has been answered. */
static size_t shake_hands(struct client *client, uint8_t *bytes, size_t length) {
    const uint8_t *end = memmem(bytes, length, "\r\n\r\n", 4);
    if (!end) {
        if (length > 8192) leave(client);
        return 0;
    }
    size_t size = (size_t)(end - bytes) + 4;
    bytes[size - 1] = 0;
    char *key = strcasestr((char *)bytes, "\r\nSec-WebSocket-Key:");
    char accept[WEBSOCKET_ACCEPT_LENGTH + 1], answer[256];
    if (key) key += 20, key += strspn(key, " ");
    if (!key || strcspn(key, " \r") != WEBSOCKET_KEY_LENGTH) {
        static const char refusal[] = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        give(client, (const uint8_t *)refusal, sizeof refusal - 1);
        leave(client);
        return 0;
    }
    websocket_accept(key, accept);
    int written = snprintf(answer, sizeof answer,
                           "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                           "Sec-WebSocket-Accept: %s\r\n\r\n",
                           accept);
    give(client, (const uint8_t *)answer, (size_t)written);
    client->open = true;
    return size;
}

static size_t read_frames(struct client *client, uint8_t *bytes, size_t length) {
    size_t done = 0;
    struct frame frame;
    while (client->fd >= 0) {
        int whole = frame_read(bytes + done, length - done, &frame);
        if (whole < 0 || (frame.header && (!frame.masked || !frame.last || frame.length > MESSAGE_MAX))) {
            leave(client);
            break;
        }
        if (!whole) break;
        uint8_t *payload = bytes + done + frame.header;
        frame_unmask(payload, frame.length, frame.mask);
        done += frame.header + frame.length;
        if (frame.opcode == FRAME_TEXT) broadcast(payload, frame.length);
        else if (frame.opcode == FRAME_CLOSE) leave(client);
    }
    return done;
}

static void read_some(struct client *client) {
    static uint8_t input[INPUT_SIZE];
    size_t length = client->rest_length, done = 0;
    if (client->rest) memcpy(input, client->rest, length);
    ssize_t got = recv(client->fd, input + length, INPUT_SIZE - length, 0);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) {
        leave(client);
        return;
    }
    length += (size_t)got;
    free(client->rest);
    client->rest = NULL;
    client->rest_length = 0;
    if (!client->open) done = shake_hands(client, input, length);
    if (client->open) done += read_frames(client, input + done, length - done);
    if (client->fd < 0 || done == length) return;
    client->rest_length = length - done;
    client->rest = malloc(client->rest_length);
    if (!client->rest) die("memory");
    memcpy(client->rest, input + done, client->rest_length);
}

static void welcome(int listener) {
    int fd, one = 1;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        struct client *client = calloc(1, sizeof *client);
        if (!client) die("memory");
        client->fd = fd;
        client->place = client_count;
        clients = grow(clients, client_count, &client_room, sizeof *clients);
        clients[client_count++] = client;
        watch(client, EPOLL_CTL_ADD, EPOLLIN);
    }
}

static int listen_on(uint16_t port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0 || listen(fd, 4096) < 0) die("listen");
    return fd;
}

int main(int count, char **words) {
    struct epoll_event events[EVENTS_A_TURN];
    if (count != 3 || (strcmp(words[2], "each") && strcmp(words[2], "batch"))) {
        fprintf(stderr, "usage: floor PORT each|batch\n");
        return 2;
    }
    batching = !strcmp(words[2], "batch");
    epoll = epoll_create1(EPOLL_CLOEXEC);
    int listener = listen_on((uint16_t)atoi(words[1]));
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    if (epoll < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event) < 0) die("epoll");
    for (;;) {
        int ready = epoll_wait(epoll, events, EVENTS_A_TURN, -1);
        for (int i = 0; i < ready; i++) {
            struct client *client = events[i].data.ptr;
            if (!client) {
                welcome(listener);
                continue;
            }
            if (client->fd >= 0 && events[i].events & EPOLLOUT && client->backlog_length) flush(client);
            if (client->fd >= 0 && events[i].events & ~(uint32_t)EPOLLOUT) read_some(client);
        }
        if (batch_length) {
            tell_all(batch, batch_length);
            batch_length = 0;
        }
        bury();
    }
}
