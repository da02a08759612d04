#include "exporter/app/alert_text.h"

#include "exporter/fold/names.h"
#include "exporter/fold/workload_text.h"

namespace dnsexp {
namespace {

// Nobody has the address ::, so it stands for none.
std::string address_or_none(const dns_address& address) {
    return address.high == 0 && address.low == 0 ? std::string() : address_text(address);
}

}  // namespace

Alert make_alert(const Finding& finding, const dns_workload_key& workload, const WorkloadNames& names,
                 uint64_t unix_offset_ns) {
    Alert alert;
    alert.time_unix_ns = finding.time_ns + unix_offset_ns;
    alert.event_type = event_type_name(finding.type);
    alert.severity = static_cast<uint32_t>(finding.severity);
    alert.score = finding.score;
    alert.domain = finding.domain;
    alert.client = address_or_none(finding.client.address);
    alert.server = address_or_none(finding.server);
    alert.role = role_name(finding.role);
    if (finding.asker.known) {
        alert.pid = finding.asker.pid;
        alert.process = comm_text(workload);
        alert.container = printable_text(names.container);
        alert.pod = printable_text(names.pod);
        alert.namespace_ = printable_text(names.namespace_);
        alert.workload = printable_text(names.workload);
    }
    alert.details = finding.details;
    alert.folded = finding.folded;
    return alert;
}

}  // namespace dnsexp
