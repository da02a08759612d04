#include "exporter/fold/transaction_row.h"

#include "exporter/fold/event_question.h"
#include "exporter/fold/names.h"
#include "exporter/fold/wire_name.h"

namespace dnsexp {
namespace {

// Empty where the octets end before the QTYPE does.
std::string question_type(std::span<const uint8_t> question) {
    const auto labels = split_labels(question);
    if (!labels) return {};
    size_t at = 1;  // after the root label
    for (size_t i = 0; i < labels->count; ++i) at += size_t{1} + labels->label(i).size();
    if (question.size() < at + 2) return {};
    return type_name(static_cast<uint16_t>(question[at] << 8 | question[at + 1]));
}

}  // namespace

TransactionRow transaction_row(const dns_event& event, uint64_t unix_offset_ns) {
    TransactionRow row;
    const auto question = event_question(event);
    row.time_unix_ns = event.query_time_ns + unix_offset_ns;
    row.name = presentation_name(question);
    row.type = question_type(question);
    row.server = address_text(event.server);
    row.client = address_text(event.client);
    row.role = role_name(event.role);
    row.transport = transport_name(event.transport);
    row.outcome = outcome_name(event.outcome);
    if (event.outcome != DNS_OUTCOME_TIMEOUT) row.latency_ns = event.latency_ns;
    if (event.asker.known)
        row.process = TransactionRow::Process{event.asker.pid, event.asker.tid, event.asker.uid};
    return row;
}

void name_workload(TransactionRow& row, const std::string& comm, const WorkloadNames& names) {
    row.comm = comm;
    row.container = printable_text(names.container);
    row.pod = printable_text(names.pod);
    row.namespace_ = printable_text(names.namespace_);
    row.workload = printable_text(names.workload);
}

}  // namespace dnsexp
