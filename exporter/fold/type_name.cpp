// The IANA registry "Resource Record (RR) TYPEs", as of the assignments in ebpf/dns_classify.h.
#include <array>

#include "exporter/fold/names.h"

namespace dnsexp {
namespace {

constexpr std::array<std::string_view, 69> types_from_0 = {
    "",        "A",          "NS",     "MD",       "MF",    "CNAME",    "SOA",   "MB",   "MG",     "MR",
    "NULL",    "WKS",        "PTR",    "HINFO",    "MINFO", "MX",       "TXT",   "RP",   "AFSDB",  "X25",
    "ISDN",    "RT",         "NSAP",   "NSAP-PTR", "SIG",   "KEY",      "PX",    "GPOS", "AAAA",   "LOC",
    "NXT",     "EID",        "NIMLOC", "SRV",      "ATMA",  "NAPTR",    "KX",    "CERT", "A6",     "DNAME",
    "SINK",    "OPT",        "APL",    "DS",       "SSHFP", "IPSECKEY", "RRSIG", "NSEC", "DNSKEY", "DHCID",
    "NSEC3",   "NSEC3PARAM", "TLSA",   "SMIMEA",   "",      "HIP",      "NINFO", "RKEY", "TALINK", "CDS",
    "CDNSKEY", "OPENPGPKEY", "CSYNC",  "ZONEMD",   "SVCB",  "HTTPS",    "DSYNC", "HHIT", "BRID"};

constexpr uint16_t spf = 99;
constexpr std::array<std::string_view, 11> types_from_spf = {"SPF", "UINFO", "UID", "GID",   "UNSPEC", "NID",
                                                             "L32", "L64",   "LP",  "EUI48", "EUI64"};

constexpr uint16_t tkey = 249;
constexpr std::array<std::string_view, 16> types_from_tkey = {
    "TKEY", "TSIG", "IXFR", "AXFR",     "MAILB",   "MAILA",  "ANY", "URI",
    "CAA",  "AVC",  "DOA",  "AMTRELAY", "RESINFO", "WALLET", "CLA", "IPN"};

template <size_t N>
std::string_view within(const std::array<std::string_view, N>& names, uint16_t first, uint16_t type) {
    return type >= first && type < first + N ? names[type - first] : std::string_view();
}

std::string_view assigned_type(uint16_t type) {
    if (type < types_from_0.size()) return types_from_0[type];
    if (type < tkey) return type == 128 ? "NXNAME" : within(types_from_spf, spf, type);
    if (type == 32768) return "TA";
    return type == 32769 ? "DLV" : within(types_from_tkey, tkey, type);
}

}  // namespace

std::string type_name(uint16_t type) {
    const std::string_view name = assigned_type(type);
    return name.empty() ? "TYPE" + std::to_string(type) : std::string(name);
}

}  // namespace dnsexp
