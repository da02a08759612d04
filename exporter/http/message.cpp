#include "exporter/http/message.h"

#include <strings.h>

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

void set_headers(HttpResponse& response, const std::vector<std::pair<std::string, std::string>>& headers) {
    for (const auto& header : headers) {
        std::erase_if(response.headers, [&](const auto& own) {
            return own.first.size() == header.first.size() &&
                   strncasecmp(own.first.data(), header.first.data(), header.first.size()) == 0;
        });
        response.headers.push_back(header);
    }
}

}  // namespace dnsexp
