#include "test/truth/scratch_view.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include <cerrno>
#include <cstring>
#include <string_view>

namespace dnsexp::test {
namespace {

constexpr const char* struct_name = "dns_scratch";
constexpr size_t per_cpu_alignment = 8;  // the kernel rounds each CPU's value up to it

class Members {
  public:
    Members(const btf* types, const btf_type* type) : types_(types), type_(type) {}

    // Octets from the struct's start to a member of this size. Remembers the name of one that isn't there.
    size_t offset_of(const char* name, size_t size) {
        const btf_member* member = btf_members(type_);
        for (uint32_t i = 0; i < btf_vlen(type_); ++i)
            if (name == std::string_view(btf__name_by_offset(types_, member[i].name_off)) &&
                btf__resolve_size(types_, member[i].type) == static_cast<int64_t>(size))
                return btf_member_bit_offset(type_, i) / 8;
        missing_ = name;
        return 0;
    }
    [[nodiscard]] const std::string& missing() const { return missing_; }

  private:
    const btf* types_;
    const btf_type* type_;
    std::string missing_;
};

}  // namespace

Result<ScratchView> ScratchView::make(const LoadedPrograms& programs) {
    const btf* types = bpf_object__btf(programs.skeleton->obj);
    const int id = types ? btf__find_by_name_kind(types, struct_name, BTF_KIND_STRUCT) : -ENOENT;
    if (id < 0) return Error{"find the type", struct_name, -id, "", "build the BPF object with -g"};
    Members members(types, btf__type_by_id(types, static_cast<uint32_t>(id)));
    const Offsets offsets = {
        members.offset_of("event", sizeof(dns_event)), members.offset_of("message", sizeof(dns_message)),
        members.offset_of("frame", sizeof(dns_frame)), members.offset_of("source", sizeof(dns_address)),
        members.offset_of("destination", sizeof(dns_address))};
    if (!members.missing().empty())
        return Error{"find the member", members.missing(), 0, "not there, or of another size", struct_name};
    const bpf_map* map = programs.skeleton->maps.scratch;
    const size_t stride =
        (bpf_map__value_size(map) + per_cpu_alignment - 1) / per_cpu_alignment * per_cpu_alignment;
    return ScratchView(bpf_map__fd(map), stride, static_cast<size_t>(libbpf_num_possible_cpus()), offsets);
}

Result<LastPacket> ScratchView::read(size_t cpu) {
    const uint32_t zero = 0;
    if (bpf_map_lookup_elem(map_, &zero, values_.data()) != 0)
        return Error{"read map", "scratch", errno, "", ""};
    const uint8_t* value = values_.data() + cpu * stride_;
    LastPacket last;
    std::memcpy(&last.event, value + offsets_.event, sizeof last.event);
    std::memcpy(&last.message, value + offsets_.message, sizeof last.message);
    std::memcpy(&last.frame, value + offsets_.frame, sizeof last.frame);
    std::memcpy(&last.source, value + offsets_.source, sizeof last.source);
    std::memcpy(&last.destination, value + offsets_.destination, sizeof last.destination);
    return last;
}

}  // namespace dnsexp::test
