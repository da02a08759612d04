// Queries as judges see them, made by hand, and a sink that keeps what they find.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "exporter/security/finding.h"
#include "exporter/security/judged_query.h"
#include "exporter/security/query_reader.h"
#include "test/support/packet_builder.h"
#include "test/support/snapshots.h"

namespace dnsexp::testing {

inline constexpr uint64_t one_second = 1'000'000'000;

// One finished transaction. Times begin at an hour, since 0 is no time that a kernel gives.
struct Asked {
    std::string name;              // `\DDD` is the octet of that number (RFC 1035, 5.1); no other escapes
    uint16_t type = 1;             // A
    uint16_t outcome = 0;          // NOERROR
    uint32_t client = 0x0a000001;  // 10.0.0.1
    uint64_t time_ns = 3600 * one_second;
    uint16_t response_size = 90;  // octets of the message; tells nothing after a TIMEOUT
    uint16_t workload = 0;        // slot; 0: not known
    uint8_t role = DNS_ROLE_SERVER;
};

inline std::string unescaped(std::string_view text) {
    std::string octets;
    for (size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\\' || text.size() - i < 4) {
            octets += text[i];
            continue;
        }
        octets +=
            static_cast<char>((text[i + 1] - '0') * 100 + (text[i + 2] - '0') * 10 + (text[i + 3] - '0'));
        i += 3;
    }
    return octets;
}

// On the wire: dots end labels, but for those written `\046`.
inline void append_name(test::Bytes& wire, std::string_view text) {
    while (!text.empty()) {
        const std::string_view written = text.substr(0, text.find('.'));
        const std::string label = unescaped(written);
        wire.push_back(static_cast<uint8_t>(label.size()));
        wire.insert(wire.end(), label.begin(), label.end());
        text.remove_prefix(std::min(text.size(), written.size() + 1));
    }
    wire.push_back(0);
}

// As the kernel side would have written it. The name must fit a question: labels of 63 octets, 255 in all.
inline dns_event event_of(const Asked& asked) {
    dns_event event{};
    event.query_time_ns = asked.time_ns;
    event.client = ipv4(asked.client);
    event.server = ipv4(0xc0000235);
    event.client_port = 40000;
    event.server_port = 53;
    event.outcome = asked.outcome;
    event.response_size = asked.outcome == DNS_OUTCOME_TIMEOUT ? uint16_t{0} : asked.response_size;
    event.role = asked.role;
    event.asker = {100, 100, 1000, asked.workload, static_cast<uint16_t>(asked.workload != 0)};
    event.lane = DNS_EVENT_WIRE;
    test::Bytes message(DNS_HEADER_LENGTH);
    append_name(message, asked.name);
    test::append_be16(message, asked.type);
    test::append_be16(message, 1);  // IN
    event.message_length = static_cast<uint16_t>(std::min<size_t>(message.size(), sizeof event.message));
    std::copy_n(message.begin(), event.message_length, event.message);
    return event;
}

class JudgedQueries {
  public:
    // Valid until the next call.
    const JudgedQuery& of(const Asked& asked) {
        event_ = event_of(asked);
        query_ = {};
        (void)reader_.read(event_, query_);
        return query_;
    }

  private:
    QueryReader reader_;
    dns_event event_{};
    JudgedQuery query_;
};

// Keeps the first finding of each type, severity, client and domain; counts what is folded into it.
class FindingShelf : public FindingSink {
  public:
    std::vector<Finding> findings;

    bool admit(EventType type, Severity severity, const ClientId& client, std::string_view domain,
               uint64_t /*time_ns*/) override {
        ++asked_;
        for (Finding& one : findings)
            if (one.type == type && one.severity == severity && one.client == client &&
                one.domain == domain) {
                ++one.folded;
                return false;
            }
        return true;
    }
    void raise(Finding finding) override { findings.push_back(std::move(finding)); }

    [[nodiscard]] size_t count(EventType type, Severity at_least = Severity::low) const {
        return static_cast<size_t>(std::count_if(findings.begin(), findings.end(), [&](const Finding& one) {
            return one.type == type && one.severity >= at_least;
        }));
    }
    // How often a judge had something to tell, folded or not.
    [[nodiscard]] uint64_t asked() const { return asked_; }

  private:
    uint64_t asked_ = 0;
};

}  // namespace dnsexp::testing
