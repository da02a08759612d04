// Certificates and handshakes for the unit tests of the web configuration, without a socket.
#pragma once

#include <openssl/ssl.h>

#include <string>

namespace dnsexp {

// A folder that is gone at the end, with the files of a server that has signed its own certificate.
class WebFolder {
  public:
    WebFolder();
    ~WebFolder();
    WebFolder(const WebFolder&) = delete;
    WebFolder& operator=(const WebFolder&) = delete;

    [[nodiscard]] std::string path(const std::string& name) const { return folder_ + "/" + name; }
    // Replaces the file at once, as rename(2) does.
    void write(const std::string& name, const std::string& text) const;
    // NAME.crt and NAME.key, for P-256, with this common name and DNS name.
    void write_certificate(const std::string& name, const std::string& common_name) const;

  private:
    std::string folder_;
};

// What the client saw of a handshake with the server's context. `client` may have settings and a certificate.
struct HandshakeSeen {
    bool done = false;  // on both sides
    int version = 0;    // as on the wire
    std::string server_name;
    std::string protocol;       // of ALPN
    bool client_known = false;  // the server holds its certificate as verified
    bool can_be_resumed = false;
};
HandshakeSeen shake_hands(SSL_CTX* server, SSL_CTX* client);

}  // namespace dnsexp
