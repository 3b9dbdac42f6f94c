#include "frame.h"

#include <string.h>

int frame_read(const uint8_t *data, size_t available, struct frame *frame) {
    frame->header = 0;
    if (available < 2) return 0;
    if (data[0] & 0x70) return -1;
    frame->last = data[0] & 0x80;
    frame->opcode = data[0] & 0x0f;
    frame->masked = data[1] & 0x80;
    size_t length = data[1] & 0x7f, header = 2;
    if (length == 126) {
        if (available < 4) return 0;
        length = (size_t)data[2] << 8 | data[3];
        header = 4;
    } else if (length == 127) {
        if (available < 10) return 0;
        length = 0;
        for (int i = 2; i < 10; i++) length = length << 8 | data[i];
        if (length >> 62) return -1;
        header = 10;
    }
    if (frame->opcode >= 8 && (length > 125 || !frame->last)) return -1;
    if (frame->masked) {
        if (available < header + 4) return 0;
        memcpy(frame->mask, data + header, 4);
        header += 4;
    }
    frame->header = header;
    frame->length = length;
    return available - header >= length;
}

static size_t head(uint8_t *into, unsigned opcode, size_t length, uint8_t masked) {
    into[0] = (uint8_t)(0x80 | opcode);
    if (length < 126) {
        into[1] = (uint8_t)(masked | length);
        return 2;
    }
    if (length < 65536) {
        into[1] = masked | 126;
        into[2] = (uint8_t)(length >> 8);
        into[3] = (uint8_t)length;
        return 4;
    }
    into[1] = masked | 127;
    for (int i = 0; i < 8; i++) into[2 + i] = (uint8_t)(length >> (56 - i * 8));
    return 10;
}

size_t frame_head(uint8_t *into, unsigned opcode, size_t length) { return head(into, opcode, length, 0); }

size_t frame_masked(uint8_t *into, unsigned opcode, const void *payload, size_t length, uint32_t mask) {
    size_t start = head(into, opcode, length, 0x80);
    memcpy(into + start, &mask, 4);
    memcpy(into + start + 4, payload, length);
    frame_unmask(into + start + 4, length, into + start);
    return start + 4 + length;
}

void frame_unmask(uint8_t *payload, size_t length, const uint8_t mask[4]) {
    uint8_t eight[8];
    uint64_t word, both;
    memcpy(eight, mask, 4);
    memcpy(eight + 4, mask, 4);
    memcpy(&both, eight, 8);
    size_t i = 0;
    for (; i + 8 <= length; i += 8) {
        memcpy(&word, payload + i, 8);
        word ^= both;
        memcpy(payload + i, &word, 8);
    }
    for (; i < length; i++) payload[i] ^= mask[i & 3];
}
