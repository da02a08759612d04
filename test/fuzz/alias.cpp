// The walk over an answer section's CNAME targets, against one that has the whole message before it.
#include <vector>

#include "test/fuzz/parse.h"
#include "test/fuzz/same.h"
#include "test/support/alias_reader.h"
#include "test/support/naive_alias.h"

using namespace dnsexp::test;

namespace {

void compare(const AliasRead& dual, std::vector<NaiveAlias> naive) {
    std::erase_if(naive, [](const NaiveAlias& alias) { return alias.looks > DNS_ALIAS_STEPS; });
    same("targets", dual.names.size(), naive.size());
    for (size_t i = 0; i < naive.size(); ++i) {
        same("length of a target", dual.names[i].size(), naive[i].name.size());
        for (size_t k = 0; k < naive[i].name.size(); ++k)
            same("octet of a target", dual.names[i][k], naive[i].name[k]);
    }
}

}  // namespace

// The first octet: bit 0 says that the packet begins behind the question, as a TCP segment may. The next two:
// how many octets of the message were cut off. A message follows.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size < 3) return 0;
    constexpr size_t longest = 0xffff;
    const bool has_beginning = (data[0] & 1) == 0;
    const std::vector<uint8_t> message(data + 3, data + std::min(size, longest + 3));
    const auto length = static_cast<uint32_t>(message.size());
    const size_t cut = std::min<size_t>(data[1] * 256U + data[2], message.size());
    const std::vector<uint8_t> here(message.begin(), message.end() - static_cast<ptrdiff_t>(cut));
    const auto [reason, parsed] = parse_message(here, length);
    if (reason != DNS_OK) return 0;
    const uint32_t records = dns_question_end(&parsed);
    const uint32_t before = has_beginning ? 0 : records;
    // As much memory as octets: a read past either end shows.
    const std::vector<uint8_t> packet(here.begin() + before, here.end());
    const AliasPlace place{0 - before, records - before, length - before,
                           static_cast<uint32_t>(packet.size())};
    const AliasRead dual = read_aliases(packet, place, parsed.answer_count);
    NaiveAliasParser naive(here, length, has_beginning);
    compare(dual, naive.find(records, parsed.answer_count));
    if (naive.looks() < DNS_ALIAS_STEPS) same("end of a walk", dual.ended, true);
    return 0;
}
