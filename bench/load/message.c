#include "message.h"

#include <string.h>

#include "loop.h"

static const char HEAD[] = "{\"email\":\"load@example.org\",\"username\":\"load\",\"message\":\"";
static const char LATE_HEAD[] = "{\"email\":\"\",\"username\":\"load\",\"message\":\"";
static const char TAIL[] = "\"}";
#define HEAD_LENGTH (sizeof HEAD - 1)
#define LATE_HEAD_LENGTH (sizeof LATE_HEAD - 1)
#define TAIL_LENGTH (sizeof TAIL - 1)

static bool of_words;

void texts_of_words(void) { of_words = true; }

/* Of 65,536 words the n-th is said about a n-th as often as the first: half of all that is said is of 256 of them. */
static void write_words(char *into, size_t length) {
    static uint64_t state = 88172645463325252u;
    size_t at = 0;
    while (at < length) {
        state ^= state << 13, state ^= state >> 7, state ^= state << 17;
        uint64_t half = (uint64_t)1 << (state >> 60);
        uint64_t letters = (half + (state & (half - 1))) * 0x9E3779B97F4A7C15u;
        size_t word = 2 + (letters >> 60) % 8;
        for (; word > 0 && at < length; word--, letters /= 19) into[at++] = "aeioubcdfghklmnprst"[letters % 19];
        if (at < length) into[at++] = ' ';
    }
}

static void write_hex(char *into, unsigned digits, uint64_t value) {
    for (unsigned i = digits; i-- > 0; value >>= 4) into[i] = "0123456789abcdef"[value & 15];
}

static uint64_t read_hex(const char *from, unsigned digits) {
    uint64_t value = 0;
    for (unsigned i = 0; i < digits; i++) {
        unsigned digit = (unsigned char)from[i];
        /* '0' to '9' are 0x30 to 0x39, 'a' to 'f' 0x61 to 0x66. */
        if (digit - '0' > 9 && digit - 'a' > 5) fail("a text without a stamp: %.31s", from);
        value = value << 4 | ((digit & 15) + (digit >> 6) * 9);
    }
    return value;
}

void stamp_write(char *into, size_t length, struct stamp stamp) {
    if (length < STAMP_LENGTH || length > TEXT_MAX) fail("a text of %zu characters", length);
    if (of_words)
        write_words(into + STAMP_LENGTH, length - STAMP_LENGTH);
    else
        memset(into, 'x', length);
    write_hex(into, 4, stamp.writer);
    into[4] = '-';
    write_hex(into + 5, 8, stamp.number);
    into[13] = '-';
    write_hex(into + 14, 16, stamp.sent_ns);
    into[30] = '-';
}

struct stamp stamp_read(const char *text, size_t length) {
    if (length < STAMP_LENGTH) fail("a text without a stamp");
    return (struct stamp){
        .writer = (unsigned)read_hex(text, 4),
        .number = (uint32_t)read_hex(text + 5, 8),
        .sent_ns = read_hex(text + 14, 16),
    };
}

size_t tutorial_write(char *into, size_t size, struct stamp stamp) {
    if (size < HEAD_LENGTH + STAMP_LENGTH + TAIL_LENGTH) fail("a message of %zu bytes", size);
    memcpy(into, HEAD, HEAD_LENGTH);
    stamp_write(into + HEAD_LENGTH, size - HEAD_LENGTH - TAIL_LENGTH, stamp);
    memcpy(into + size - TAIL_LENGTH, TAIL, TAIL_LENGTH);
    return size;
}

struct stamp tutorial_read(const char *payload, size_t length, bool late) {
    const char *head = HEAD;
    size_t head_length = HEAD_LENGTH;
    if (late && length > LATE_HEAD_LENGTH && !memcmp(payload, LATE_HEAD, LATE_HEAD_LENGTH))
        head = LATE_HEAD, head_length = LATE_HEAD_LENGTH;
    /* Go's encoder ends each message with a newline. */
    if (length > 0 && payload[length - 1] == '\n') length--;
    if (length < head_length + STAMP_LENGTH + TAIL_LENGTH || memcmp(payload, head, head_length) ||
        memcmp(payload + length - TAIL_LENGTH, TAIL, TAIL_LENGTH))
        fail("not a message as it was sent: %.*s", (int)(length < 200 ? length : 200), payload);
    return stamp_read(payload + head_length, length - head_length - TAIL_LENGTH);
}
