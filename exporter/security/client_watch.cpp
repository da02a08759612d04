#include "exporter/security/client_watch.h"

#include <algorithm>
#include <cmath>
#include <span>

namespace dnsexp {
namespace {

constexpr uint16_t rcode_noerror = 0;   // RFC 1035, 4.1.1
constexpr uint16_t rcode_nxdomain = 3;  // RFC 1035, 4.1.1; RFC 8020

// Who looks for a host asks for its address; mail servers ask the rest about names that others gave them.
bool is_address_type(uint16_t type) {
    constexpr uint16_t a = 1, aaaa = 28, https = 65;  // RFC 1035, RFC 3596, RFC 9460
    return type == a || type == aaaa || type == https;
}

// Names that no public registry gives out: RFC 6761, RFC 6762, RFC 7686, RFC 9476, SSAC 113 (internal), and
// what routers and offices use. Search lists put them behind any word.
bool is_local(std::string_view domain) {
    static constexpr std::string_view tops[] = {"alt",       "arpa",    "corp",    "home",  "internal",
                                                "intranet",  "invalid", "lan",     "local", "localdomain",
                                                "localhost", "onion",   "private", "test"};
    const std::string_view top = domain.substr(domain.rfind('.') + 1);
    return std::find(std::begin(tops), std::end(tops), top) != std::end(tops);
}

// 0 to `most`, by log-odds.
uint32_t score_of(float log_odds, float most) {
    return static_cast<uint32_t>(std::lround(most / (1 + std::exp(-log_odds))));
}

Finding finding_of(const JudgedQuery& query, Severity severity) {
    Finding finding;
    finding.type = EventType::dga;
    finding.severity = severity;
    finding.time_ns = query.time_ns;
    finding.client = query.client;
    finding.server = query.server;
    finding.role = query.role;
    finding.asker = query.asker;
    return finding;
}

}  // namespace

ClientWatch::ClientWatch() : keys_(sets), clients_(capacity) {}

void ClientWatch::judge(const JudgedQuery& query, float name_log_odds, bool name_is_generated,
                        FindingSink& sink) {
    // A single label is looked for with a search list, the root and the like by software that probes.
    if (query.domain.find('.') == std::string_view::npos || is_local(query.domain)) return;
    // Under a suffix that nobody knows, an office's or another root's, only what looks generated is weighed.
    if (!query.has_known_suffix && !name_is_generated) return;
    const bool is_evidence =
        (query.outcome == rcode_noerror || query.outcome == rcode_nxdomain) && is_address_type(query.type);
    const uint64_t hash = hash_of(query.client);
    Client* client = is_evidence ? &find_or_admit(hash, query.time_ns) : find(hash);
    if (is_evidence) {
        client->last_ns = query.time_ns;
        weigh(query, name_log_odds, *client);
        if (client->test.is_found()) {
            if (!is_told(*client, query.time_ns)) tell_client(query, *client, sink);
            client->test.restart();
            client->examples = {};
        }
    }
    if (name_is_generated && (client == nullptr || !is_told(*client, query.time_ns)))
        tell_name(query, name_log_odds, sink);
}

void ClientWatch::weigh(const JudgedQuery& query, float name_log_odds, Client& client) const {
    const bool exists = query.outcome == rcode_noerror;
    if (client.test.knows(query.domain_hash, exists, query.time_ns)) return;  // traits cost more
    const DomainTraits traits = traits_of(query.domain, query.below, name_log_odds, seed_);
    const float weight = client.test.add(query.domain_hash, traits, exists, query.time_ns);
    if (client.test.missing() == 0) client.examples = {};
    const auto least =
        std::min_element(client.examples.begin(), client.examples.end(),
                         [](const Example& a, const Example& b) { return a.weight < b.weight; });
    if (weight > least->weight) *least = example_of(query.domain, weight);
}

ClientWatch::Example ClientWatch::example_of(std::string_view domain, float weight) {
    Example example;
    example.weight = weight;
    example.length = static_cast<uint8_t>(std::min(domain.size(), example.text.size()));
    std::copy_n(domain.begin(), example.length, example.text.begin());
    if (example.length < domain.size()) std::fill_n(example.text.end() - 3, 3, '.');
    return example;
}

bool ClientWatch::is_told(const Client& client, uint64_t time_ns) {
    return client.told_ns != 0 && time_ns < client.told_ns + hold_ns;
}

uint64_t ClientWatch::hash_of(const ClientId& id) const {
    const uint64_t words[] = {id.address.high, id.address.low, id.workload};
    const auto bytes = std::as_bytes(std::span(words));
    const uint64_t hash = hash_bytes({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, seed_);
    return std::max<uint64_t>(hash, 1);  // 0 is a free place
}

ClientWatch::Client* ClientWatch::find(uint64_t hash) {
    const size_t set = hash % sets;
    const auto& keys = keys_[set].hash;
    const auto key = std::find(keys.begin(), keys.end(), hash);
    if (key == keys.end()) return nullptr;
    return &clients_[set * ways + static_cast<size_t>(key - keys.begin())];
}

ClientWatch::Client& ClientWatch::find_or_admit(uint64_t hash, uint64_t time_ns) {
    if (Client* known = find(hash)) return *known;
    const auto first = clients_.begin() + static_cast<ptrdiff_t>(hash % sets * ways);
    const auto given = std::min_element(first, first + ways, [&](const Client& a, const Client& b) {
        const float suspicion_a = suspicion(a, time_ns), suspicion_b = suspicion(b, time_ns);
        return suspicion_a != suspicion_b ? suspicion_a < suspicion_b : a.last_ns < b.last_ns;
    });
    *given = Client{};
    keys_[hash % sets].hash[static_cast<size_t>(given - first)] = hash;
    return *given;
}

float ClientWatch::suspicion(const Client& client, uint64_t time_ns) {
    return is_told(client, time_ns) ? 1 : client.test.suspicion(time_ns);
}

// The client's own finding says it all while it is told of.
void ClientWatch::tell_name(const JudgedQuery& query, float log_odds, FindingSink& sink) {
    if (!sink.admit(EventType::dga, Severity::low, query.client, query.domain, query.time_ns)) return;
    Finding finding = finding_of(query, Severity::low);
    finding.score = score_of(log_odds, 49);  // a single weak sign stays below the middle
    finding.domain = query.domain;
    finding.details = "the registrable domain looks generated";
    sink.raise(std::move(finding));
}

void ClientWatch::tell_client(const JudgedQuery& query, Client& client, FindingSink& sink) {
    client.told_ns = std::max<uint64_t>(query.time_ns, 1);
    if (!sink.admit(EventType::dga, Severity::high, query.client, {}, query.time_ns)) return;
    const uint32_t missing = client.test.missing(), domains = client.test.domains();
    const uint32_t percent = 100 * missing / domains;
    Finding finding = finding_of(query, Severity::high);
    finding.score = 70 + 30 * missing / domains;  // high from 70
    finding.details = std::to_string(missing) + " of " + std::to_string(domains) + " new domains (" +
                      std::to_string(percent) + " %) do not exist and look alike:";
    for (const Example& example : client.examples)
        if (example.length != 0) finding.details.append(" ").append(example.text.data(), example.length);
    sink.raise(std::move(finding));
}

}  // namespace dnsexp
