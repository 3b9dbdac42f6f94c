/* Many durations in little memory: each power of two has 128 steps, so a percentile is at most 0.8 % too high. */
#ifndef LOAD_HISTOGRAM_H
#define LOAD_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_STEPS 128
#define HISTOGRAM_POWERS 58

struct histogram {
    uint64_t count;
    uint64_t max;
    uint32_t buckets[HISTOGRAM_POWERS * HISTOGRAM_STEPS];
};

void histogram_add(struct histogram *histogram, uint64_t nanoseconds);

/* The nanoseconds that a part of the durations (0.5 is the median) does not exceed; 0 if there are none. */
uint64_t histogram_quantile(const struct histogram *histogram, double part);

#endif
