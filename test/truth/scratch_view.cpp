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
    explicit Members(const btf* types) : types_(types) {}

    // Octets from the struct's start to a member of this size; "a.b" is member b of member a. Remembers the
    // name of one that isn't there.
    size_t offset_of(int32_t type, std::string_view path, size_t size) {
        const std::string_view name = path.substr(0, path.find('.'));
        const btf_type* in = btf__type_by_id(types_, static_cast<uint32_t>(type));
        const btf_member* member = btf_members(in);
        for (uint32_t i = 0; i < btf_vlen(in); ++i) {
            if (name != btf__name_by_offset(types_, member[i].name_off)) continue;
            const size_t offset = btf_member_bit_offset(in, i) / 8;
            if (name != path)
                return offset +
                       offset_of(static_cast<int32_t>(member[i].type), path.substr(name.size() + 1), size);
            if (btf__resolve_size(types_, member[i].type) == static_cast<int64_t>(size)) return offset;
        }
        missing_ = path;
        return 0;
    }
    [[nodiscard]] const std::string& missing() const { return missing_; }

  private:
    const btf* types_;
    std::string missing_;
};

}  // namespace

Result<ScratchView> ScratchView::make(const LoadedPrograms& programs) {
    const btf* types = bpf_object__btf(programs.skeleton->obj);
    const int id = types ? btf__find_by_name_kind(types, struct_name, BTF_KIND_STRUCT) : -ENOENT;
    if (id < 0) return Error{"find the type", struct_name, -id, "", "build the BPF object with -g"};
    Members members(types);
    const auto offset = [&](const char* path, size_t size) { return members.offset_of(id, path, size); };
    const Offsets offsets = {
        offset("event", sizeof(dns_event)),         offset("message", sizeof(dns_message)),
        offset("frame", sizeof(dns_frame)),         offset("source", sizeof(dns_address)),
        offset("destination", sizeof(dns_address)), offset("following.segment", sizeof(dns_segment)),
        offset("observed.length", sizeof(uint32_t))};
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
    const auto copy = [&](auto& member, size_t offset) {
        std::memcpy(&member, value + offset, sizeof member);
    };
    copy(last.event, offsets_.event);
    copy(last.message, offsets_.message);
    copy(last.frame, offsets_.frame);
    copy(last.source, offsets_.source);
    copy(last.destination, offsets_.destination);
    copy(last.segment, offsets_.segment);
    copy(last.length, offsets_.length);
    return last;
}

}  // namespace dnsexp::test
