#include "histogram.h"

void histogram_add(struct histogram *histogram, uint64_t nanoseconds) {
    /* The first 2 * 128 values have a bucket each; from there on a power of two has 128 of them. */
    unsigned shift = 0;
    if (nanoseconds >= 2 * HISTOGRAM_STEPS) shift = 63 - (unsigned)__builtin_clzll(nanoseconds) - 7;
    histogram->buckets[shift * HISTOGRAM_STEPS + (nanoseconds >> shift)]++;
    histogram->count++;
    if (nanoseconds > histogram->max) histogram->max = nanoseconds;
}

uint64_t histogram_quantile(const struct histogram *histogram, double part) {
    uint64_t wanted = (uint64_t)(part * (double)histogram->count + 0.999999);
    uint64_t seen = 0;
    if (histogram->count == 0) return 0;
    if (wanted == 0) wanted = 1;
    for (unsigned i = 0; i < HISTOGRAM_POWERS * HISTOGRAM_STEPS; i++) {
        seen += histogram->buckets[i];
        if (seen < wanted) continue;
        unsigned shift = i < 2 * HISTOGRAM_STEPS ? 0 : i / HISTOGRAM_STEPS - 1;
        uint64_t top = (((uint64_t)(i - shift * HISTOGRAM_STEPS) + 1) << shift) - 1;
        return top < histogram->max ? top : histogram->max;
    }
    return histogram->max;
}
