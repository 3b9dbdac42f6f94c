/* What is written: each text begins with its writer, its number and the time when it was sent. */
#ifndef LOAD_MESSAGE_H
#define LOAD_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct stamp {
    unsigned writer;
    uint32_t number; /* 1 for the writer's first. */
    uint64_t sent_ns;
};

#define STAMP_LENGTH 31
#define TEXT_MAX 4000

/* Have all texts be of words from now on. */
void texts_of_words(void);
/* Write a text of `length` characters that begins with a stamp; no zero at its end. */
void stamp_write(char *into, size_t length, struct stamp stamp);
/* Fails if there is none. */
struct stamp stamp_read(const char *text, size_t length);

/* A message of the tutorial's wire with `size` bytes in all; its size. */
size_t tutorial_write(char *into, size_t size, struct stamp stamp);
/* The stamp of such a message. Fails if it is not as it was sent. To a client that was long behind, chatd may leave out
   the address, which it never writes to the disk: that is let pass if `late`. */
struct stamp tutorial_read(const char *payload, size_t length, bool late);

#endif
