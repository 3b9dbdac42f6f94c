/* The answer to a WebSocket's opening handshake (RFC 6455, 4.2.2). */
#ifndef WIRE_ACCEPT_H
#define WIRE_ACCEPT_H

#define WEBSOCKET_KEY_LENGTH 24
#define WEBSOCKET_ACCEPT_LENGTH 28

/* Sec-WebSocket-Accept for a Sec-WebSocket-Key of 24 characters, with a zero at the end. */
void websocket_accept(const char key[WEBSOCKET_KEY_LENGTH], char accept[WEBSOCKET_ACCEPT_LENGTH + 1]);

#endif
