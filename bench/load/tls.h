/* TLS 1.3 under a client, where the generator was built with OpenSSL. */
#ifndef LOAD_TLS_H
#define LOAD_TLS_H

#include <stddef.h>
#include <sys/types.h>

struct tls;

/* A session on a connected socket. Certificates are not looked at: they are made for the run. */
struct tls *tls_new(int fd);
void tls_free(struct tls *tls);

/* As recv and send: -1 with errno EAGAIN if it has to wait. The handshake is done on the way. */
ssize_t tls_read(struct tls *tls, void *into, size_t size);
ssize_t tls_write(struct tls *tls, const void *bytes, size_t size);

/* 1 when the handshake is done, 0 if it waits for bytes, 2 if it waits for room. */
int tls_handshake(struct tls *tls);

#endif
