#define _GNU_SOURCE
#include "loop.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "client.h"

#define EVENTS_A_TURN 1024

static const char *scenario;
static uint64_t deadline;
static bool marks_wanted;
static int epoll = -1;

void loop_start(const char *name, double limit_seconds, bool marks) {
    scenario = name;
    marks_wanted = marks;
    deadline = now_ns() + (uint64_t)(limit_seconds * 1e9);
    /* Should the program hang outside of its loop, the kernel ends it. */
    alarm((unsigned)limit_seconds + 10);
    epoll = epoll_create1(EPOLL_CLOEXEC);
    if (epoll < 0) fail("no epoll: %s", strerror(errno));
}

static void control(int operation, struct client *client, uint32_t events) {
    struct epoll_event event = {.events = events, .data.ptr = client};
    if (epoll_ctl(epoll, operation, client->fd, &event) < 0) fail("epoll_ctl: %s", strerror(errno));
}

void loop_watch(struct client *client, bool room) { control(EPOLL_CTL_ADD, client, EPOLLIN | (room ? EPOLLOUT : 0)); }

void loop_rewatch(struct client *client, bool room) { control(EPOLL_CTL_MOD, client, EPOLLIN | (room ? EPOLLOUT : 0)); }

void loop_ignore(struct client *client) { control(EPOLL_CTL_DEL, client, 0); }

void loop_turn(uint64_t until) {
    struct epoll_event events[EVENTS_A_TURN];
    uint64_t now = now_ns();
    if (now > deadline) fail("the run took longer than it may");
    uint64_t wait = until > now ? until - now : 0;
    struct timespec timeout = {.tv_sec = (time_t)(wait / SECOND), .tv_nsec = (long)(wait % SECOND)};
    if (wait > SECOND) timeout = (struct timespec){.tv_sec = 1};
    int count = epoll_pwait2(epoll, events, EVENTS_A_TURN, &timeout, NULL);
    if (count < 0 && errno != EINTR) fail("epoll_wait: %s", strerror(errno));
    for (int i = 0; i < count; i++) {
        struct client *client = events[i].data.ptr;
        /* It may have been cut in this very turn. */
        if (client->fd >= 0) client_ready(client, events[i].events & EPOLLOUT, events[i].events & ~(uint32_t)EPOLLOUT);
    }
}

void loop_until(uint64_t until) {
    while (now_ns() < until) loop_turn(until);
}

void loop_mark(const char *name) {
    if (!marks_wanted) return;
    char answer;
    printf("mark %s\n", name);
    fflush(stdout);
    if (read(STDIN_FILENO, &answer, 1) != 1) fail("nobody answers to the mark %s", name);
}

void fail(const char *format, ...) {
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    /* It may quote what a server said. */
    for (char *c = text; *c; c++)
        if (*c == '"' || *c == '\\' || (unsigned char)*c < 32 || (unsigned char)*c > 126) *c = '\'';
    printf("{\"scenario\":\"%s\",\"error\":\"%s\"}\n", scenario ? scenario : "", text);
    fflush(stdout);
    _exit(1);
}
