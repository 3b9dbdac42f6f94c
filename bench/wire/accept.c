#include "accept.h"

#include <stdint.h>
#include <string.h>

static const char GUID[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

static uint32_t rotate(uint32_t word, int bits) { return word << bits | word >> (32 - bits); }

/* SHA-1 (FIPS 180-4) of at most 119 bytes: two blocks are enough for a key and the GUID. */
static void sha1(const uint8_t *data, size_t length, uint8_t digest[20]) {
    uint32_t state[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
    uint8_t padded[128] = {0};
    size_t blocks = length + 9 <= 64 ? 1 : 2;
    memcpy(padded, data, length);
    padded[length] = 0x80;
    padded[blocks * 64 - 2] = (uint8_t)(length * 8 >> 8);
    padded[blocks * 64 - 1] = (uint8_t)(length * 8);
    for (size_t block = 0; block < blocks; block++) {
        const uint8_t *bytes = padded + block * 64;
        uint32_t words[80];
        for (int i = 0; i < 16; i++)
            words[i] = (uint32_t)bytes[i * 4] << 24 | (uint32_t)bytes[i * 4 + 1] << 16 |
                       (uint32_t)bytes[i * 4 + 2] << 8 | bytes[i * 4 + 3];
        for (int i = 16; i < 80; i++)
            words[i] = rotate(words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16], 1);
        uint32_t a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];
        for (int i = 0; i < 80; i++) {
            uint32_t mixed, constant;
            if (i < 20) mixed = (b & c) | (~b & d), constant = 0x5a827999;
            else if (i < 40) mixed = b ^ c ^ d, constant = 0x6ed9eba1;
            else if (i < 60) mixed = (b & c) | (b & d) | (c & d), constant = 0x8f1bbcdc;
            else mixed = b ^ c ^ d, constant = 0xca62c1d6;
            uint32_t next = rotate(a, 5) + mixed + e + constant + words[i];
            e = d, d = c, c = rotate(b, 30), b = a, a = next;
        }
        state[0] += a, state[1] += b, state[2] += c, state[3] += d, state[4] += e;
    }
    for (int i = 0; i < 20; i++) digest[i] = (uint8_t)(state[i / 4] >> (24 - i % 4 * 8));
}

void websocket_accept(const char key[WEBSOCKET_KEY_LENGTH], char accept[WEBSOCKET_ACCEPT_LENGTH + 1]) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint8_t text[WEBSOCKET_KEY_LENGTH + sizeof GUID - 1];
    uint8_t digest[21] = {0};
    memcpy(text, key, WEBSOCKET_KEY_LENGTH);
    memcpy(text + WEBSOCKET_KEY_LENGTH, GUID, sizeof GUID - 1);
    sha1(text, sizeof text, digest);
    for (int i = 0; i < 7; i++) {
        uint32_t three = (uint32_t)digest[i * 3] << 16 | (uint32_t)digest[i * 3 + 1] << 8 | digest[i * 3 + 2];
        for (int j = 0; j < 4; j++) accept[i * 4 + j] = digits[three >> (18 - j * 6) & 63];
    }
    accept[27] = '='; /* 20 bytes are one short of seven threes. */
    accept[28] = 0;
}
