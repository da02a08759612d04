#include "exporter/http/message.h"

#include "exporter/http/landing_page.h"

namespace dnsexp {

HttpResponse make_response(int status, const char* content_type, std::string body) {
    HttpResponse response;
    response.status = status;
    response.headers = {{"Content-Type", content_type},
                        {"X-Content-Type-Options", "nosniff"},
                        {"Content-Security-Policy", kContentSecurityPolicy},
                        {"Cache-Control", "no-store"}};
    response.body = std::move(body);
    return response;
}

}  // namespace dnsexp
