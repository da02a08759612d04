#include "exporter/workload/cgroup_name.h"

#include <linux/limits.h>

#include <algorithm>
#include <optional>

namespace dnsexp {
namespace {

constexpr size_t kContainerIdDigits = 64;  // all OCI engines here take a random SHA-256 as id
constexpr size_t kConfigHashDigits = 32;   // kubelet: MD5 of a static pod's manifest
constexpr size_t kUidLength = 36;          // RFC 9562 section 4
constexpr size_t kMachineNameMax = 64;     // HOST_NAME_MAX: systemd's machine names are host names

bool is_hex(std::string_view text) {
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_container_id(std::string_view text) {
    return text.size() == kContainerIdDigits && is_hex(text);
}

bool take_prefix(std::string_view& text, std::string_view prefix) {
    if (!text.starts_with(prefix)) return false;
    text.remove_prefix(prefix.size());
    return true;
}

bool take_suffix(std::string_view& text, std::string_view suffix) {
    if (!text.ends_with(suffix)) return false;
    text.remove_suffix(suffix.size());
    return true;
}

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return -1;
}

// systemd.unit(5), "String escaping": \xHH. An escape of '/' or NUL stays as it is: no file name holds those.
std::string unescape(std::string_view text) {
    std::string out;
    for (size_t i = 0; i < text.size(); ++i) {
        if (i + 3 < text.size() && text[i] == '\\' && text[i + 1] == 'x') {
            const int high = hex_value(text[i + 2]);
            const int low = hex_value(text[i + 3]);
            const int byte = high * 16 + low;
            if (high >= 0 && low >= 0 && byte != 0 && byte != '/') {
                out += static_cast<char>(byte);
                i += 3;
                continue;
            }
        }
        out += text[i];
    }
    return out;
}

// One folder of the path, with the two above it and the one below; empty where there are none.
struct Place {
    std::string_view name;
    std::string_view parent;
    std::string_view grandparent;
    std::string_view below;
};

std::optional<std::string> unit_of(std::string_view name) {
    std::string_view stem = name;
    if ((!take_suffix(stem, ".service") && !take_suffix(stem, ".scope")) || stem.empty()) return std::nullopt;
    // systemd puts a '_' before a unit whose name the kernel's own files could take (cpu.service).
    take_prefix(name, "_");
    return unescape(name);
}

// A pod's uid, whose groups of digits stand apart by `dash`; nothing for any other text.
std::optional<std::string> uid_of(std::string_view text, char dash) {
    if (text.size() == kConfigHashDigits && is_hex(text)) return std::string(text);
    if (text.size() != kUidLength) return std::nullopt;
    std::string uid(text);
    for (const size_t at : {8, 13, 18, 23}) {
        if (text[at] != dash) return std::nullopt;
        uid[at] = '0';
    }
    if (!is_hex(uid)) return std::nullopt;
    for (const size_t at : {8, 13, 18, 23}) uid[at] = '-';
    return uid;
}

// kubelet, systemd driver: [root-]kubepods[-burstable|-besteffort]-pod<uid>.slice, the uid with '_'.
std::optional<std::string> pod_of_slice(std::string_view slice) {
    if (!take_suffix(slice, ".slice")) return std::nullopt;
    const size_t dash = slice.rfind('-');
    if (dash == std::string_view::npos) return std::nullopt;
    std::string_view pod = slice.substr(dash + 1);
    std::string_view above = slice.substr(0, dash);
    if (!take_suffix(above, "-burstable")) take_suffix(above, "-besteffort");
    if (above != "kubepods" && !above.ends_with("-kubepods")) return std::nullopt;
    return take_prefix(pod, "pod") ? uid_of(pod, '_') : std::nullopt;
}

// kubelet, cgroupfs driver: kubepods/[burstable/|besteffort/]pod<uid>.
std::optional<std::string> pod_of_folder(const Place& place) {
    const bool in_class = place.parent == "burstable" || place.parent == "besteffort";
    if ((in_class ? place.grandparent : place.parent) != "kubepods") return std::nullopt;
    std::string_view pod = place.name;
    return take_prefix(pod, "pod") ? uid_of(pod, '-') : std::nullopt;
}

std::optional<std::string> pod_of(const Place& place) {
    // containerd that was told of slices but not to ask systemd makes a folder "SLICE:cri-containerd:ID".
    if (auto uid = pod_of_slice(place.name.substr(0, place.name.find(':')))) return uid;
    return pod_of_folder(place);
}

struct Container {
    ContainerRuntime runtime;
    std::string id;
};

struct EngineForm {
    std::string_view prefix;
    ContainerRuntime runtime;
    bool scope;   // PREFIX-ID.scope and SLICE:PREFIX:ID, the systemd driver
    bool folder;  // PREFIX-ID, the cgroupfs driver
};

constexpr EngineForm kEngineForms[] = {
    {"cri-containerd", ContainerRuntime::containerd, true, false},
    {"nerdctl", ContainerRuntime::containerd, true, false},
    {"crio", ContainerRuntime::crio, true, true},
    {"docker", ContainerRuntime::docker, true, false},
    {"libpod", ContainerRuntime::podman, true, true},
    {"libpod-payload", ContainerRuntime::podman, false, true},  // --cgroups=split, as Quadlet's units run
};

// runc's form SLICE:PREFIX:ID, which an engine hands over and which a runtime without systemd takes
// literally.
std::optional<Container> container_of_triple(std::string_view name) {
    const size_t first = name.find(':');
    if (first == std::string_view::npos) return std::nullopt;
    const size_t second = name.find(':', first + 1);
    if (second == std::string_view::npos) return std::nullopt;
    const std::string_view prefix = name.substr(first + 1, second - first - 1);
    const std::string_view id = name.substr(second + 1);
    for (const EngineForm& form : kEngineForms)
        if (form.scope && prefix == form.prefix && is_container_id(id))
            return Container{form.runtime, std::string(id)};
    return std::nullopt;
}

std::optional<Container> container_of_engine(std::string_view name) {
    const bool scope = take_suffix(name, ".scope");
    for (const EngineForm& form : kEngineForms) {
        std::string_view id = name;
        if (!(scope ? form.scope : form.folder) || !take_prefix(id, form.prefix) || !take_prefix(id, "-"))
            continue;
        if (is_container_id(id)) return Container{form.runtime, std::string(id)};
    }
    return std::nullopt;
}

// The cgroupfs driver of Docker and of a kubelet's runtime: the id alone.
std::optional<Container> container_of_bare_id(const Place& place) {
    if (!is_container_id(place.name)) return std::nullopt;
    if (place.parent == "libpod_parent") return std::nullopt;  // a pod of Podman's; libpod-ID lies below it
    const auto runtime = place.parent == "docker" ? ContainerRuntime::docker : ContainerRuntime::other;
    return Container{runtime, std::string(place.name)};
}

// LXC 4 and later: lxc.payload.NAME anywhere. Before, and Proxmox VE still: /lxc/NAME.
std::optional<Container> container_of_lxc(const Place& place) {
    std::string_view name = place.name;
    const bool old_form = place.parent == "lxc" && place.grandparent.empty();
    if ((!take_prefix(name, "lxc.payload.") && !old_form) || name.empty()) return std::nullopt;
    return Container{ContainerRuntime::lxc, std::string(name)};
}

bool is_machine_name(std::string_view name) {
    if (name.empty() || name.size() > kMachineNameMax) return false;
    return std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
               c == '.' || c == '_';
    });
}

// libvirt registers its guests as qemu-NUMBER-NAME: what runs in that scope is the emulator, no container.
bool is_virtual_machine(std::string_view name) {
    if (!take_prefix(name, "qemu-")) return false;
    const size_t digits = std::min(name.find_first_not_of("0123456789"), name.size());
    return digits > 0 && digits < name.size() && name[digits] == '-';
}

// systemd-nspawn by hand: machine-NAME.scope; as a unit: systemd-nspawn@NAME.service.
// Its own process sits beside the container's payload, in "supervisor".
std::optional<Container> container_of_nspawn(const Place& place) {
    if (place.below == "supervisor") return std::nullopt;
    std::string_view name = place.name;
    const bool scope = name.ends_with(".scope");
    if (!take_prefix(name, scope ? "machine-" : "systemd-nspawn@")) return std::nullopt;
    if (!take_suffix(name, scope ? ".scope" : ".service")) return std::nullopt;
    std::string machine = unescape(name);
    if (!is_machine_name(machine) || is_virtual_machine(machine)) return std::nullopt;
    return Container{ContainerRuntime::nspawn, std::move(machine)};
}

std::optional<Container> container_of(const Place& place) {
    if (auto found = container_of_engine(place.name)) return found;
    if (auto found = container_of_triple(place.name)) return found;
    if (auto found = container_of_bare_id(place)) return found;
    if (auto found = container_of_lxc(place)) return found;
    return container_of_nspawn(place);
}

void read_place(const Place& place, CgroupName& name) {
    if (auto unit = unit_of(place.name)) name.unit = std::move(*unit);
    if (auto uid = pod_of(place)) {
        name.pod_uid = std::move(*uid);
        // A pod of a cluster within a container: the container that is the node is not the pod's.
        name.runtime = ContainerRuntime::none;
        name.container_id.clear();
    }
    if (auto container = container_of(place)) {
        name.runtime = container->runtime;
        name.container_id = std::move(container->id);
    }
}

}  // namespace

CgroupName parse_cgroup_path(std::string_view path) {
    if (path.size() > PATH_MAX || path.find('\0') != std::string_view::npos) return {};
    CgroupName name;
    Place place;
    while (!path.empty()) {
        const size_t end = std::min(path.find('/'), path.size());
        const std::string_view component = path.substr(0, end);
        path.remove_prefix(std::min(end + 1, path.size()));
        if (component.size() > NAME_MAX) return {};
        if (component.empty()) continue;
        place = {component, place.name, place.parent, path.substr(0, path.find('/'))};
        read_place(place, name);
    }
    return name;
}

}  // namespace dnsexp
