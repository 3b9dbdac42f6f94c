#include "report.h"

#include <inttypes.h>
#include <stdio.h>

void report_begin(const char *scenario) { printf("{\"scenario\":\"%s\",\"error\":null", scenario); }

void report_count(const char *name, uint64_t value) { printf(",\"%s\":%" PRIu64, name, value); }

void report_number(const char *name, double value) { printf(",\"%s\":%.6f", name, value); }

void report_histogram(const char *name, const struct histogram *histogram) {
    printf(",\"%s\":{\"count\":%" PRIu64 ",\"p50_ms\":%.6f,\"p99_ms\":%.6f,\"max_ms\":%.6f}", name, histogram->count,
           (double)histogram_quantile(histogram, 0.5) / 1e6, (double)histogram_quantile(histogram, 0.99) / 1e6,
           (double)histogram->max / 1e6);
}

void report_end(void) {
    printf("}\n");
    fflush(stdout);
}
