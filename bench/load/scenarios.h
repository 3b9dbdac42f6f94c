/* The scenarios: each opens its clients, does its work, and reports. */
#ifndef LOAD_SCENARIOS_H
#define LOAD_SCENARIOS_H

#include "options.h"

void run_paced(const struct options *options);
void run_flooded(const struct options *options);
void run_quiet(const struct options *options);
void run_intake(const struct options *options);
void run_rooms(const struct options *options);
void run_handshake(const struct options *options);
void run_idle(const struct options *options);
void run_storm(const struct options *options);
void run_growth(const struct options *options);

#endif
