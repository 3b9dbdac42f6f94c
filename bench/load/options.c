#include "options.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loop.h"

enum kind { WHOLE, REAL, SWITCH, TEXT };

struct option {
    const char *name;
    enum kind kind;
    size_t place;
    double least, most;
};

#define PLACE(field) offsetof(struct options, field)

static const struct option OPTIONS[] = {
    {"--clients", WHOLE, PLACE(clients), 1, 60000},
    {"--writers", WHOLE, PLACE(writers), 1, 60000},
    {"--rooms", WHOLE, PLACE(rooms), 1, 60000},
    {"--parallel", WHOLE, PLACE(parallel), 1, 60000},
    {"--bytes", WHOLE, PLACE(bytes), 100, 4000},
    {"--count", WHOLE, PLACE(count), 1, 1e6},
    {"--sources", WHOLE, PLACE(server.sources), 1, 200},
    {"--rate", REAL, PLACE(rate), 0.1, 1e5},
    {"--warmup", REAL, PLACE(warmup), 0, 60},
    {"--seconds", REAL, PLACE(seconds), 0.05, 600},
    {"--settle", REAL, PLACE(settle), 0, 60},
    {"--limit", REAL, PLACE(limit), 1, 1200},
    {"--slow", SWITCH, PLACE(slow), 0, 0},
    {"--fill", SWITCH, PLACE(fill), 0, 0},
    {"--pinged", SWITCH, PLACE(pinged), 0, 0},
    {"--words", SWITCH, PLACE(words), 0, 0},
    {"--marks", SWITCH, PLACE(marks), 0, 0},
    {"--tls", SWITCH, PLACE(server.secure), 0, 0},
    {"--path", TEXT, PLACE(server.path), 0, 0},
    {"--subprotocol", TEXT, PLACE(server.subprotocol), 0, 0},
};

static double read_number(const char *name, const char *text, double least, double most) {
    char *end;
    double value = strtod(text, &end);
    if (!*text || *end || !(value >= least && value <= most)) fail("%s takes a number from %g to %g", name, least, most);
    return value;
}

static const struct option *find(const char *name) {
    for (size_t i = 0; i < sizeof OPTIONS / sizeof *OPTIONS; i++)
        if (!strcmp(OPTIONS[i].name, name)) return &OPTIONS[i];
    fail("there is no option %s", name);
}

struct options options_read(int count, char **words) {
    struct options options = {
        .server = {.path = "/ws", .sources = 1},
        .clients = 1000, .writers = 1, .rooms = 1, .parallel = 64, .bytes = 200, .count = 100,
        .rate = 20, .warmup = 0.5, .seconds = 3, .settle = 0.5, .limit = 120,
    };
    if (count < 3) fail("usage: load SCENARIO PORT [--option value ...]");
    options.scenario = words[1];
    options.server.port = (uint16_t)read_number("the port", words[2], 1, 65535);
    for (int i = 3; i < count; i++) {
        const struct option *option = find(words[i]);
        char *field = (char *)&options + option->place;
        if (option->kind == SWITCH) {
            *(bool *)field = true;
            continue;
        }
        if (++i == count) fail("%s takes a value", option->name);
        if (option->kind == TEXT) *(const char **)field = words[i];
        else if (option->kind == REAL) *(double *)field = read_number(option->name, words[i], option->least, option->most);
        else *(unsigned *)field = (unsigned)read_number(option->name, words[i], option->least, option->most);
    }
    if (options.writers > options.clients) fail("there are more writers than clients");
    return options;
}
