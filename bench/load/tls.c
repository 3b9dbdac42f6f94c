#include "tls.h"

#include <errno.h>

#include "loop.h"

#ifdef WITH_TLS

#include <openssl/err.h>
#include <openssl/ssl.h>

static SSL *session(struct tls *tls) { return (SSL *)tls; }

static SSL_CTX *context(void) {
    static SSL_CTX *made;
    if (made) return made;
    made = SSL_CTX_new(TLS_client_method());
    /* One cipher for all servers, since each would prefer another. */
    if (!made || !SSL_CTX_set_min_proto_version(made, TLS1_3_VERSION) ||
        !SSL_CTX_set_ciphersuites(made, "TLS_AES_128_GCM_SHA256"))
        fail("OpenSSL cannot be set up");
    SSL_CTX_set_mode(made, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(made, SSL_SESS_CACHE_OFF);
    return made;
}

struct tls *tls_new(int fd) {
    SSL *made = SSL_new(context());
    if (!made || !SSL_set_fd(made, fd)) fail("no TLS session could be made");
    SSL_set_connect_state(made);
    return (struct tls *)made;
}

void tls_free(struct tls *tls) { SSL_free(session(tls)); }

static ssize_t outcome(SSL *ssl, int result) {
    switch (SSL_get_error(ssl, result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
        errno = EAGAIN;
        return -1;
    case SSL_ERROR_ZERO_RETURN:
        return 0;
    default:
        if (!errno) errno = EPROTO;
        return -1;
    }
}

ssize_t tls_read(struct tls *tls, void *into, size_t size) {
    size_t got;
    errno = 0;
    ERR_clear_error();
    int result = SSL_read_ex(session(tls), into, size, &got);
    return result > 0 ? (ssize_t)got : outcome(session(tls), result);
}

ssize_t tls_write(struct tls *tls, const void *bytes, size_t size) {
    size_t taken;
    errno = 0;
    ERR_clear_error();
    int result = SSL_write_ex(session(tls), bytes, size, &taken);
    return result > 0 ? (ssize_t)taken : outcome(session(tls), result);
}

int tls_handshake(struct tls *tls) {
    ERR_clear_error();
    int result = SSL_connect(session(tls));
    if (result == 1) return 1;
    int error = SSL_get_error(session(tls), result);
    if (error == SSL_ERROR_WANT_READ) return 0;
    if (error == SSL_ERROR_WANT_WRITE) return 2;
    fail("the TLS handshake failed: %s", ERR_reason_error_string(ERR_peek_error()));
}

#else

#define NONE fail("the generator was built without OpenSSL")
struct tls *tls_new(int fd) { (void)fd, NONE; }
void tls_free(struct tls *tls) { (void)tls, NONE; }
ssize_t tls_read(struct tls *tls, void *into, size_t size) { (void)tls, (void)into, (void)size, NONE; }
ssize_t tls_write(struct tls *tls, const void *bytes, size_t size) { (void)tls, (void)bytes, (void)size, NONE; }
int tls_handshake(struct tls *tls) { (void)tls, NONE; }

#endif
