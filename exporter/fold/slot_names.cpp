#include "exporter/fold/slot_names.h"

#include "exporter/fold/names.h"

namespace dnsexp {
namespace {

std::string find_or_other(const std::map<uint32_t, std::string>& names, uint32_t slot) {
    const auto found = names.find(slot);
    return found != names.end() ? found->second : std::string(other_label);
}

}  // namespace

SlotNames::SlotNames(const RawSnapshot& snapshot) : extra_types_(snapshot.extra_types) {
    for (const auto& [slot, address] : snapshot.server_slots)
        if (slot != DNS_SERVER_OTHER) servers_[slot] = address_text(address);
    for (const InterfaceSlot& interface : snapshot.interface_slots)
        interfaces_[interface.slot] = printable_text(interface.name);
}

std::string SlotNames::server(uint32_t slot) const {
    return find_or_other(servers_, slot);
}

std::string SlotNames::interface(uint32_t slot) const {
    return find_or_other(interfaces_, slot);
}

std::string SlotNames::type(uint32_t slot) const {
    if (slot < DNS_TYPE_SLOT_EXTRA) {
        const uint32_t type = dns_type_of_slot(slot);
        return type != 0 ? type_name(static_cast<uint16_t>(type)) : std::string(other_label);
    }
    const size_t extra = slot - DNS_TYPE_SLOT_EXTRA;
    return extra < extra_types_.size() ? type_name(extra_types_[extra]) : std::string(other_label);
}

}  // namespace dnsexp
