// Octets of a DNS message: what is read lies within it, and a message's numbers are within their bounds.
#include "test/fuzz/parse.h"

using namespace dnsexp::test;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::span<const uint8_t> octets(data, size);
    const auto [reason, message] = parse_message(octets, static_cast<uint32_t>(size));
    if (reason >= DNS_REASONS) __builtin_trap();
    if (reason != DNS_OK) return 0;
    if (message.name_length > DNS_NAME_MAX || message.labels >= DNS_LABELS_MAX) __builtin_trap();
    if (message.name_length != 0 && DNS_HEADER_LENGTH + message.name_length + 4 > size) __builtin_trap();
    if ((message.question_count == 0) != (message.name_length == 0)) __builtin_trap();
    if (dns_question_end(&message) > size || dns_rcode(&message) != (data[3] & 15)) __builtin_trap();
    // What can begin a stream in one direction can where the direction is not known.
    const auto length = static_cast<uint32_t>(size);
    for (const uint32_t kind : {uint32_t{DNS_QUERY}, uint32_t{DNS_RESPONSE}})
        if (dns_plausible_start(length, &message, kind) &&
            (kind != dns_kind(&message) || !dns_plausible_start(length, &message, DNS_KINDS)))
            __builtin_trap();
    return 0;
}
