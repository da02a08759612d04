#include "exporter/web/pem.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <limits>

namespace dnsexp {
namespace {

struct BioFree {
    void operator()(BIO* bio) const { BIO_free(bio); }
};
using Bio = std::unique_ptr<BIO, BioFree>;

// A view of the text; null where it is empty, too long or there is no memory.
Bio bio_of(std::string_view text) {
    if (text.empty() || text.size() > std::numeric_limits<int>::max()) return {};
    return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// Without it OpenSSL would ask at the terminal.
int no_passphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*user*/) {
    return -1;
}

}  // namespace

std::vector<Certificate> read_certificates(std::string_view pem) {
    std::vector<Certificate> certificates;
    const Bio bio = bio_of(pem);
    while (bio) {
        Certificate certificate(PEM_read_bio_X509(bio.get(), nullptr, no_passphrase, nullptr));
        if (!certificate) break;
        certificates.push_back(std::move(certificate));
    }
    ERR_clear_error();  // of the end
    return certificates;
}

PrivateKey read_private_key(std::string_view pem) {
    const Bio bio = bio_of(pem);
    PrivateKey key;
    if (bio) key.reset(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr));
    ERR_clear_error();
    return key;
}

std::string openssl_reason() {
    const unsigned long code = ERR_peek_last_error();
    const char* reason = code != 0 ? ERR_reason_error_string(code) : nullptr;
    ERR_clear_error();
    return reason != nullptr ? reason : "OpenSSL tells no reason";
}

}  // namespace dnsexp
