#include "exporter/fetch/transfer.h"

#include <algorithm>
#include <cerrno>
#include <exception>

#include "exporter/fetch/token_file.h"
#include "exporter/fetch/url.h"
#include "exporter/version.h"

namespace dnsexp {
namespace {

constexpr const char* kUserAgent = "ebpf_dns_exporter/" DNSEXP_VERSION;
// All headers of a response: twice what common servers take of a request.
constexpr size_t kMaxHeaderOctets = 65'536;
constexpr size_t kMaxHeaderValue = 1'024;
// A peer that vanished is noticed after 30 s of silence and nine unanswered probes (Linux's
// tcp_keepalive_probes).
constexpr long kKeepAliveIdleSeconds = 30;
constexpr long kKeepAliveIntervalSeconds = 10;

bool is_printable(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](unsigned char c) { return c >= ' ' && c < 0x7f; });
}

bool is_success(int status) {
    return status >= 200 && status < 300;
}

// Sets options until one fails; that one's code stays.
class Options {
  public:
    explicit Options(CURL* easy) : easy_(easy) {}
    template <typename Value>
    void set(CURLoption option, Value value) {
        if (code == CURLE_OK) code = curl_easy_setopt(easy_, option, value);
    }
    CURLcode code = CURLE_OK;

  private:
    CURL* easy_;
};

}  // namespace

Result<std::unique_ptr<Transfer>> Transfer::make(const FetchRequest& request, const std::string& url,
                                                 const FetchSink* sink) {
    std::unique_ptr<Transfer> transfer(new Transfer(request, url, sink));
    transfer->easy_.reset(curl_easy_init());
    if (!transfer->easy_) return transfer->error(ENOMEM, "");
    if (auto added = transfer->add_headers(); !added) return std::move(added).error();
    if (auto set = transfer->set_options(); !set) return std::move(set).error();
    return transfer;
}

Status Transfer::add_headers() {
    auto origin = url_origin(url_);
    if (!origin) return std::move(origin).error();
    std::vector<std::string> lines = request_.headers;
    // libcurl would wait for "100 Continue" before a large body; not all servers send it.
    if (request_.method == FetchMethod::post) lines.emplace_back("Expect:");
    if (!request_.bearer_token_file.empty()) {
        if (origin->scheme != "https" && !is_loopback_host(origin->host))
            return error(0, "a token is not sent in the clear", "use https://");
        auto token = read_token_file(request_.bearer_token_file);
        if (!token) return std::move(token).error();
        lines.push_back("Authorization: Bearer " + *token);
    }
    for (const std::string& line : lines) {
        if (!is_printable(line)) return error(EINVAL, "a header with other than printable ASCII");
        curl_slist* longer = curl_slist_append(headers_.get(), line.c_str());
        if (longer == nullptr) return error(ENOMEM, "");
        (void)headers_.release();  // now part of the longer one
        headers_.reset(longer);
    }
    return ok();
}

Status Transfer::set_options() {
    Options options(easy());
    options.set(CURLOPT_URL, url_.c_str());
    options.set(CURLOPT_ERRORBUFFER, why_);
    options.set(CURLOPT_NOSIGNAL, 1L);    // signals belong to os/
    options.set(CURLOPT_QUICK_EXIT, 1L);  // a stop does not wait for the thread that resolves a name
    options.set(CURLOPT_PROTOCOLS_STR, "http,https");
    options.set(CURLOPT_FOLLOWLOCATION, 0L);  // the Fetcher does, within the origin
    options.set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    options.set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    options.set(CURLOPT_SSL_VERIFYPEER, 1L);
    options.set(CURLOPT_SSL_VERIFYHOST, 2L);
    options.set(CURLOPT_CA_CACHE_TIMEOUT, 0L);  // the file may be renewed
    if (!request_.ca_file.empty()) {
        options.set(CURLOPT_CAINFO, request_.ca_file.c_str());
        // Else the system's folder of authorities is trusted too.
        options.set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));
    }
    options.set(CURLOPT_USERAGENT, kUserAgent);
    options.set(CURLOPT_HTTPHEADER, headers_.get());
    options.set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request_.connect_timeout.count()));
    options.set(CURLOPT_TIMEOUT_MS, static_cast<long>(request_.total_timeout.count()));
    options.set(CURLOPT_TCP_KEEPALIVE, 1L);
    options.set(CURLOPT_TCP_KEEPIDLE, kKeepAliveIdleSeconds);
    options.set(CURLOPT_TCP_KEEPINTVL, kKeepAliveIntervalSeconds);
    options.set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);  // a proxy's answer is not the server's
    // A proxy's loopback is not ours.
    if (const auto origin = url_origin(url_); origin && is_loopback_host(origin.value().host))
        options.set(CURLOPT_NOPROXY, "*");
    if (request_.method == FetchMethod::post) {
        options.set(CURLOPT_POST, 1L);
        options.set(CURLOPT_POSTFIELDS, request_.body.data());
        options.set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
    }
    options.set(CURLOPT_HEADERFUNCTION, &Transfer::on_header);
    options.set(CURLOPT_HEADERDATA, this);
    options.set(CURLOPT_WRITEFUNCTION, &Transfer::on_body);
    options.set(CURLOPT_WRITEDATA, this);
    if (options.code != CURLE_OK) return error(0, curl_easy_strerror(options.code));
    return ok();
}

size_t Transfer::on_header(char* data, size_t size, size_t count, void* self) {
    try {
        return static_cast<Transfer*>(self)->take_header({data, size * count}) ? size * count : 0;
    } catch (const std::exception&) {  // out of memory; must not unwind through C
        return 0;
    }
}

size_t Transfer::on_body(char* data, size_t size, size_t count, void* self) {
    try {
        return static_cast<Transfer*>(self)->take_body({data, size * count}) ? size * count : 0;
    } catch (const std::exception&) {
        return 0;
    }
}

bool Transfer::take_header(std::string_view line) {
    last_byte_ = std::chrono::steady_clock::now();
    header_octets_ += line.size();
    if (header_octets_ > kMaxHeaderOctets) limit_passed_ = kMaxHeaderOctets;
    const bool last = line == "\r\n" || line == "\n";
    if (!limit_passed_ && last && sink_ != nullptr && sink_->on_start && is_success(status()))
        sink_->on_start();
    return !limit_passed_;
}

bool Transfer::take_body(std::string_view piece) {
    last_byte_ = std::chrono::steady_clock::now();
    if (sink_ != nullptr && is_success(status())) {
        response_.stopped = !sink_->on_piece(piece);
        return !response_.stopped;
    }
    if (piece.size() > request_.max_body - response_.body.size()) limit_passed_ = request_.max_body;
    if (!limit_passed_) response_.body += piece;
    return !limit_passed_;
}

Result<FetchResponse> Transfer::finish(CURLcode code) {
    if (limit_passed_) return error(EFBIG, "more than " + std::to_string(*limit_passed_) + " octets");
    if (code != CURLE_OK && !response_.stopped) {
        const std::string detail = why_[0] != '\0' ? why_ : curl_easy_strerror(code);
        if (code == CURLE_OPERATION_TIMEDOUT) return error(ETIMEDOUT, detail);
        if (code == CURLE_PEER_FAILED_VERIFICATION) {
            const std::string whose = request_.ca_file.empty() ? "the system" : request_.ca_file;
            return error(0, detail,
                         "its certificate must name the host and be signed by an authority of " + whose);
        }
        return error(0, detail);
    }
    response_.status = status();
    response_.etag = header("ETag");
    response_.last_modified = header("Last-Modified");
    curl_off_t seconds = 0;  // libcurl says 0 where the header is absent
    if (curl_easy_getinfo(easy(), CURLINFO_RETRY_AFTER, &seconds) == CURLE_OK && seconds > 0)
        response_.retry_after = std::chrono::seconds(seconds);
    return std::move(response_);
}

int Transfer::status() const {
    long status = 0;
    curl_easy_getinfo(easy(), CURLINFO_RESPONSE_CODE, &status);
    return static_cast<int>(status);
}

std::string Transfer::header(const char* name) const {
    curl_header* found = nullptr;
    if (curl_easy_header(easy(), name, 0, CURLH_HEADER, -1, &found) != CURLHE_OK) return "";
    const std::string_view value = found->value;
    return value.size() <= kMaxHeaderValue && is_printable(value) ? std::string(value) : "";
}

std::string Transfer::redirect() const {
    const char* url = nullptr;
    if (curl_easy_getinfo(easy(), CURLINFO_REDIRECT_URL, &url) != CURLE_OK || url == nullptr) return "";
    return url;
}

Error Transfer::error(int errnum, std::string detail, std::string hint) const {
    return Error{"fetch", shown_url(url_), errnum, std::move(detail), std::move(hint)};
}

}  // namespace dnsexp
