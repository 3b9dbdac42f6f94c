/* The load generator: `load SCENARIO PORT [options]` against a server on loopback. See docs/performance.md. */
#include <string.h>

#include "loop.h"
#include "message.h"
#include "options.h"
#include "scenarios.h"

static const struct {
    const char *name;
    void (*run)(const struct options *options);
} SCENARIOS[] = {
    {"paced", run_paced}, {"flooded", run_flooded},     {"quiet", run_quiet}, {"intake", run_intake}, {"rooms", run_rooms},
    {"idle", run_idle},   {"handshake", run_handshake}, {"storm", run_storm}, {"growth", run_growth},
};

int main(int count, char **words) {
    struct options options = options_read(count, words);
    if (options.words) texts_of_words();
    loop_start(options.scenario, options.limit, options.marks);
    for (size_t i = 0; i < sizeof SCENARIOS / sizeof *SCENARIOS; i++) {
        if (strcmp(SCENARIOS[i].name, options.scenario)) continue;
        SCENARIOS[i].run(&options);
        return 0;
    }
    fail("there is no such scenario");
}
