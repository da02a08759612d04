// TLS settings as an OpenSSL context, and how a connection takes one while its handshake begins.
#pragma once

#include <openssl/ssl.h>

#include <functional>
#include <memory>

#include "exporter/base/result.h"
#include "exporter/web/web_config.h"

namespace dnsexp {

struct SslContextFree {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using SslContext = std::unique_ptr<SSL_CTX, SslContextFree>;

// Reads the files. Neither sessions nor tickets: each handshake is a full one, under the settings of its
// time. Errors name the key: a file that can't be read, no certificate, a key that does not fit it.
Result<SslContext> make_tls_context(const TlsSettings& settings);

// What chooses a context made by make_tls_context() for a new connection; called on several threads. Null
// refuses the connection.
using ChooseContext = std::function<SslContext()>;

// A context to accept connections with: each takes all settings of the one that is chosen when its first
// message has come. `choose` must live as long.
Result<SslContext> make_front_context(const ChooseContext* choose);

}  // namespace dnsexp
