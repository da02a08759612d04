// What the path of a cgroup says about who lives in it.
#pragma once

#include <string>
#include <string_view>

namespace dnsexp {

enum class ContainerRuntime { none, containerd, crio, docker, podman, lxc, nspawn, other };

// `other`: a container for certain, but the path doesn't say whose (the cgroupfs driver of a kubelet names it
// by its id alone).
//
// Only `pod_uid` and an OCI container's id are safe text (hex digits and '-'). An LXC or nspawn name and
// `unit` come from whoever may make cgroups: they may hold any byte but '/' and NUL, so escape them at the
// edge (label, log, JSON). No field is longer than 255 octets (NAME_MAX).
struct CgroupName {
    ContainerRuntime runtime = ContainerRuntime::none;
    std::string container_id;  // 64 lower-case hex digits; LXC's or nspawn's name for those; else empty
    std::string pod_uid;       // 8-4-4-4-12 lower-case hex digits, or the 32 of a static pod's config hash
    std::string unit;          // x.service or y.scope (a login session is a scope), without \xHH escapes
};

// Reads a path as the cgroup's folder has it below the root of its hierarchy ("/system.slice/nginx.service").
//
// Of several containers, pods or units that the path goes through, the innermost wins, so that a cluster
// whose nodes are containers (kind) shows its own pods, and a container that makes cgroups for itself stays
// that container. A container may so make a cgroup that bears another one's id: the path is a statement of
// those who may write below it, not a proof. A text that only resembles an id is none. The monitor processes
// of CRI-O, Podman and nspawn (conmon, supervisor) are not in the container that they watch.
//
// A path that can't be a cgroup's (longer than PATH_MAX, a name longer than NAME_MAX, a NUL) gives an empty
// CgroupName. Pure; thread-safe.
CgroupName parse_cgroup_path(std::string_view path);

}  // namespace dnsexp
