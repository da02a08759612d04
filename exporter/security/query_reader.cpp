#include "exporter/security/query_reader.h"

#include "exporter/fold/event_question.h"
#include "exporter/fold/names.h"

namespace dnsexp {
namespace {

constexpr size_t longest_escape = 4;  // \DDD

// On this host a query belongs to the workload that asked. In role server `asker` is the one that answered.
ClientId client_of(const dns_event& event) {
    const bool is_own = event.role != DNS_ROLE_SERVER && event.asker.known != 0;
    return {event.client, is_own ? event.asker.workload : 0U};
}

}  // namespace

QueryReader::QueryReader() {
    name_.reserve(DNS_NAME_MAX * longest_escape);
}

bool QueryReader::read(const dns_event& event, JudgedQuery& query) {
    const auto question = event_question(event);
    const auto labels = split_labels(question);
    if (!labels) return false;
    size_t type_at = 1;  // behind the root label
    if (labels->count != 0) {
        const size_t last = labels->count - 1;
        type_at += labels->start[last] + size_t{1} + labels->label(last).size();
    }
    if (question.size() < type_at + 2) return false;

    const RegistrableDomains::Share share = registrable_.share(*labels);
    size_t domain_at = 0;
    name_.clear();
    for (size_t i = 0; i < labels->count; ++i) {
        if (i != 0) name_ += '.';
        if (i == labels->count - share.labels) domain_at = name_.size();
        append_label(name_, labels->label(i));
    }
    if (labels->count == 0) name_ += '.';

    query.time_ns = event.query_time_ns;
    query.name = name_;
    query.domain = query.name.substr(domain_at);
    query.labels = *labels;
    query.below = labels->count - share.labels;
    query.has_known_suffix = share.has_known_suffix;
    query.name_hash = hash_bytes(query.name, seed_);
    query.domain_hash = hash_bytes(query.domain, seed_);
    query.type = static_cast<uint16_t>(question[type_at] << 8 | question[type_at + 1]);
    query.outcome = event.outcome;
    query.response_size = event.response_size;
    query.role = event.role;
    query.transport = event.transport;
    query.client = client_of(event);
    query.server = event.server;
    query.asker = event.asker;
    return true;
}

}  // namespace dnsexp
