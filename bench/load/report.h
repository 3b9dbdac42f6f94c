/* The result of a run: one JSON object on the last line. */
#ifndef LOAD_REPORT_H
#define LOAD_REPORT_H

#include <stdint.h>

#include "histogram.h"

void report_begin(const char *scenario);
void report_count(const char *name, uint64_t value);
void report_number(const char *name, double value);
/* Count, median, 99th percentile and maximum, the last three in milliseconds. */
void report_histogram(const char *name, const struct histogram *histogram);
void report_end(void);

#endif
