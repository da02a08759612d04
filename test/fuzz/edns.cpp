// The walk over a message's records to its OPT record, against one that has the whole message before it.
#include <vector>

#include "test/fuzz/parse.h"
#include "test/fuzz/same.h"
#include "test/support/edns_reader.h"
#include "test/support/naive_edns.h"

using namespace dnsexp::test;

namespace {

void compare(const EdnsRead& dual, const NaiveEdns& naive) {
    if (naive.looks > DNS_EDNS_STEPS) {
        same("result of a walk too long", dual.result, uint32_t{DNS_EDNS_CUT});
        return;
    }
    same("result", dual.result, naive.result);
    same("payload size", dual.walk.payload_size, naive.payload_size);
    same("extended RCODE", dual.walk.extended_rcode, naive.extended_rcode);
    same("version", dual.walk.version, naive.version);
    same("DO", dual.walk.dnssec_ok, naive.dnssec_ok);
    same("errors", dual.walk.error_count, std::min<size_t>(naive.info_codes.size(), DNS_EDNS_ERRORS));
    for (size_t i = 0; i < dual.walk.error_count; ++i)
        same("info code", dual.walk.errors[i], naive.info_codes[i]);
}

}  // namespace

// The first two octets: how many octets of the message were cut off. A message follows.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size < 2) return 0;
    constexpr size_t longest = 0xffff;
    const std::vector<uint8_t> message(data + 2, data + std::min(size, longest + 2));
    const auto length = static_cast<uint32_t>(message.size());
    const size_t cut = std::min<size_t>(data[0] * 256U + data[1], message.size());
    // As much memory as octets: a read past the end shows.
    const std::vector<uint8_t> here(message.begin(), message.end() - static_cast<ptrdiff_t>(cut));
    const auto [reason, parsed] = parse_message(here, length);
    if (reason != DNS_OK) return 0;
    const uint32_t records = dns_question_end(&parsed);
    const EdnsRead dual = read_edns(here, parsed, records, length, static_cast<uint32_t>(here.size()));
    if (dual.result >= DNS_EDNS_RESULTS || dual.walk.error_count > DNS_EDNS_ERRORS) __builtin_trap();
    compare(dual, NaiveEdnsParser(here, length)
                      .find(records, size_t{parsed.answer_count} + parsed.authority_count,
                            parsed.additional_count));
    return 0;
}
