#include "exporter/security/known_shapes.h"

#include <algorithm>
#include <array>
#include <span>

#include "exporter/security/query_class.h"

namespace dnsexp {
namespace {

// Registrable domains. An operator that lets customers answer for names of their own has no place
// here.
constexpr std::array known_domains = std::to_array<std::string_view>({
    // content delivery and clouds
    "aaplimg.com",
    "akadns.net",
    "akamai.net",
    "akamaiedge.net",
    "akamaihd.net",
    "akamaized.net",
    "alicdn.com",
    "amazonaws.com",
    "apple-dns.net",
    "b-cdn.net",
    "cdngslb.com",
    "cdninstagram.com",
    "cloudapp.net",
    "cloudflare.net",
    "cloudfront.net",
    "edgecastcdn.net",
    "edgekey.net",
    "edgesuite.net",
    "fastly.net",
    "fbcdn.net",
    "footprint.net",
    "googlesyndication.com",
    "googleusercontent.com",
    "googlevideo.com",
    "gvt1.com",
    "gvt2.com",
    "hwcdn.net",
    "llnwd.net",
    "msedge.net",
    "nflxvideo.net",
    "tiktokcdn.com",
    "trafficmanager.net",
    "twimg.com",
    "windows.net",
    // virus scanners and reputation
    "avast.com",
    "avcdn.net",
    "avira.com",
    "bitdefender.net",
    "brightcloud.com",
    "cloudmark.com",
    "cymru.com",
    "e5.sk",
    "eset.com",
    "f-secure.com",
    "fsapi.com",
    "kaspersky-labs.com",
    "mcafee.com",
    "rspamd.com",
    "senderbase.org",
    "sophosxl.net",
    "symantec.com",
    "trendmicro.com",
    "trustedsource.org",
    // block lists
    "abuseat.org",
    "abusix.zone",
    "barracudacentral.org",
    "dnswl.org",
    "invaluement.com",
    "mailspike.net",
    "nordspam.com",
    "sorbs.net",
    "spamcop.net",
    "spameatingmonkey.net",
    "spamhaus.net",
    "spamhaus.org",
    "surbl.org",
    "uceprotect.net",
    "uribl.com",
});

constexpr auto sorted_domains = [] {
    auto sorted = known_domains;
    std::sort(sorted.begin(), sorted.end());
    return sorted;
}();

constexpr size_t ipv4_labels = 4;
constexpr size_t ipv6_labels = 32;
constexpr size_t longest_reverse_label = 24;  // octets; parts of zones as in RFC 2317 are shorter
constexpr size_t longest_service = 20;        // octets of an underscored label; `_acme-challenge` has 15
constexpr size_t service_prefix = 48;  // octets beside the underscored labels: a GUID and a little more

using Label = std::span<const uint8_t>;

template <typename Test>
bool all(Label label, Test test) {
    return std::all_of(label.begin(), label.end(), test);
}

bool is_digit(uint8_t byte) {
    return byte >= '0' && byte <= '9';
}

bool is_hex(uint8_t byte) {
    const uint8_t lower = ascii_lower(byte);
    return is_digit(byte) || (lower >= 'a' && lower <= 'f');
}

bool is_base32(uint8_t byte) {  // RFC 4648, 6
    const uint8_t lower = ascii_lower(byte);
    return (byte >= '2' && byte <= '7') || (lower >= 'a' && lower <= 'z');
}

bool same_text(Label label, std::string_view lower) {
    return label.size() == lower.size() &&
           std::equal(label.begin(), label.end(), lower.begin(),
                      [](uint8_t a, char b) { return ascii_lower(a) == static_cast<uint8_t>(b); });
}

bool is_octet_number(Label label) {
    return label.size() <= 3 && all(label, is_digit);
}

bool is_nibble(Label label) {
    return label.size() == 1 && is_hex(label[0]);
}

// RFC 5782, 2.1 and 2.4: the address reversed, in front of the list's name.
bool is_address_lookup(const JudgedQuery& query) {
    const auto leads = [&](size_t count, auto test) {
        if (query.below < count) return false;
        for (size_t i = 0; i < count; ++i)
            if (!test(query.labels.label(i))) return false;
        return true;
    };
    return leads(ipv4_labels, is_octet_number) || leads(ipv6_labels, is_nibble);
}

// MD5, SHA-1, SHA-256 in hexadecimal digits; SHA-1 and SHA-256 in base32.
bool is_digest(Label label) {
    const size_t size = label.size();
    if (size == 32 || size == 40) return all(label, is_hex) || (size == 32 && all(label, is_base32));
    return size == 52 && all(label, is_base32);
}

// A digest below a zone that says that it holds digests. SHA-256 in hexadecimal digits does not fit a label.
bool is_digest_lookup(const JudgedQuery& query) {
    if (query.below < 2 || !is_digest(query.labels.label(0))) return false;
    static constexpr std::array words =
        std::to_array<std::string_view>({"hash", "hashes", "md5", "sha1", "sha256", "malware", "hbl", "ebl",
                                         "_file", "_url", "_email", "_cw"});
    for (size_t i = 1; i < query.labels.count; ++i)
        for (const std::string_view word : words)
            if (same_text(query.labels.label(i), word)) return true;
    return false;
}

// Kubernetes' names of services and pods, and what search lists append them to. Their suffix is nobody's on
// the Internet.
bool is_cluster_name(const JudgedQuery& query) {
    if (query.has_known_suffix || query.below == 0) return false;
    if (query.domain == "cluster.local") return true;
    const Label last = query.labels.label(query.below - 1);
    return same_text(last, "svc") || same_text(last, "pod");
}

bool is_reverse_name(const JudgedQuery& query) {
    if (query.domain != "in-addr.arpa" && query.domain != "ip6.arpa") return false;
    for (size_t i = 0; i < query.below; ++i)
        if (query.labels.label(i).size() > longest_reverse_label) return false;
    return true;
}

bool is_service_label(Label label) {
    return label.size() >= 2 && label.size() <= longest_service && label[0] == '_' &&
           all(label.subspan(1), [](uint8_t byte) {
               const uint8_t lower = ascii_lower(byte);
               return byte == '-' || is_digit(byte) || (lower >= 'a' && lower <= 'z');
           });
}

// The other labels are bounded, so that no tunnel gets far by an underscore.
bool is_service_name(const JudgedQuery& query) {
    size_t services = 0, others = 0;
    for (size_t i = 0; i < query.below; ++i) {
        const Label label = query.labels.label(i);
        if (is_service_label(label))
            ++services;
        else
            others += label.size();
    }
    return services != 0 && services <= 3 && others <= service_prefix;
}

}  // namespace

bool is_search_attempt(const JudgedQuery& query) {
    static constexpr std::array common = std::to_array<std::string_view>(
        {"com", "net", "org", "io", "edu", "gov", "local", "arpa", "dev", "cloud", "de", "uk", "cn", "jp"});
    for (size_t i = 1; i < query.below; ++i)
        for (const std::string_view tld : common)
            if (same_text(query.labels.label(i), tld)) return true;
    return false;
}

KnownShapes::KnownShapes(const SecurityConfig& config)
    : allowed_(config.allowed_domains.begin(), config.allowed_domains.end()) {}

bool KnownShapes::is_allowed(std::string_view name) const {
    if (allowed_.empty()) return false;
    if (allowed_.contains(name)) return true;
    for (size_t i = 0; i < name.size(); ++i) {
        if (name[i] == '\\')
            ++i;  // what is escaped, a dot too, is no structure
        else if (name[i] == '.' && allowed_.contains(name.substr(i + 1)))
            return true;
    }
    return false;
}

bool KnownShapes::is_quiet(const JudgedQuery& query) const {
    if (is_allowed(query.name)) return true;
    if (use_of_type(query.type) == TypeUse::unused) return false;
    return std::binary_search(sorted_domains.begin(), sorted_domains.end(), query.domain) ||
           is_address_lookup(query) || is_reverse_name(query) || is_service_name(query) ||
           is_cluster_name(query) || is_digest_lookup(query);
}

}  // namespace dnsexp
