/* Frames of a WebSocket (RFC 6455, 5.2). */
#ifndef WIRE_FRAME_H
#define WIRE_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FRAME_TEXT = 1, FRAME_BINARY = 2, FRAME_CLOSE = 8, FRAME_PING = 9, FRAME_PONG = 10 };

#define FRAME_HEADER_MAX 14

struct frame {
    unsigned opcode;
    bool last;
    bool masked;
    uint8_t mask[4];
    size_t header; /* Bytes before the payload. */
    size_t length; /* Bytes of payload. */
};

/* Read the head of a frame: 1 if frame and payload are all there, 0 if bytes are missing yet, -1 if it is malformed.
   At 0, `frame->length` says how long the payload is if `frame->header` is not 0. */
int frame_read(const uint8_t *data, size_t available, struct frame *frame);

/* Write the head of an unmasked frame; its length. */
size_t frame_head(uint8_t *into, unsigned opcode, size_t length);

/* Write a whole masked frame, at most FRAME_HEADER_MAX + length bytes; its length. */
size_t frame_masked(uint8_t *into, unsigned opcode, const void *payload, size_t length, uint32_t mask);

/* Take the mask off (or put it on). */
void frame_unmask(uint8_t *payload, size_t length, const uint8_t mask[4]);

#endif
