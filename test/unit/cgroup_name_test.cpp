#include "exporter/workload/cgroup_name.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

using namespace dnsexp;

namespace {

const std::string kId = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const std::string kNode = "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210";
const std::string kUid = "72f7f152-440c-66ac-9084-e0fc1d8a910c";
const std::string kUidInSlice = "72f7f152_440c_66ac_9084_e0fc1d8a910c";
const std::string kHash = "5f4dcc3b5aa765d61d8327deb882cf99";

struct Form {
    std::string origin;
    std::string path;
    ContainerRuntime runtime;
    std::string container_id;
    std::string pod_uid;
    std::string unit;
};

void check(const Form& form) {
    INFO(form.origin << ": " << form.path);
    const CgroupName name = parse_cgroup_path(form.path);
    CHECK(static_cast<int>(name.runtime) == static_cast<int>(form.runtime));
    CHECK(name.container_id == form.container_id);
    CHECK(name.pod_uid == form.pod_uid);
    CHECK(name.unit == form.unit);
}

void check_all(const std::vector<Form>& forms) {
    for (const Form& form : forms) check(form);
}

std::string slices(const std::string& root, const std::string& quality) {
    const std::string base = root.empty() ? "kubepods" : root + "-kubepods";
    const std::string above = root.empty() ? "" : "/" + root + ".slice";
    if (quality.empty()) return above + "/" + base + ".slice/" + base + "-pod" + kUidInSlice + ".slice";
    return above + "/" + base + ".slice/" + base + "-" + quality + ".slice/" + base + "-" + quality + "-pod" +
           kUidInSlice + ".slice";
}

}  // namespace

TEST_CASE("a kubelet's pods are known under the systemd driver") {
    using R = ContainerRuntime;
    const std::string cri = "cri-containerd-" + kId + ".scope";
    const std::string node = "/system.slice/docker-" + kNode + ".scope";
    check_all({
        {"containerd", slices("", "burstable") + "/" + cri, R::containerd, kId, kUid, cri},
        {"best effort", slices("", "besteffort") + "/" + cri, R::containerd, kId, kUid, cri},
        {"guaranteed", slices("", "") + "/" + cri, R::containerd, kId, kUid, cri},
        {"CRI-O", slices("", "burstable") + "/crio-" + kId + ".scope", R::crio, kId, kUid,
         "crio-" + kId + ".scope"},
        {"CRI-O with crun's inner folder", slices("", "") + "/crio-" + kId + ".scope/container", R::crio, kId,
         kUid, "crio-" + kId + ".scope"},
        {"cri-dockerd", slices("", "") + "/docker-" + kId + ".scope", R::docker, kId, kUid,
         "docker-" + kId + ".scope"},
        {"kubelet --cgroup-root", slices("kubelet", "besteffort") + "/" + cri, R::containerd, kId, kUid, cri},
        {"kind", node + slices("kubelet", "") + "/" + cri, R::containerd, kId, kUid, cri},
        {"static pod",
         "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" + kHash + ".slice/" + cri,
         R::containerd, kId, kHash, cri},
        {"the pod without a container", slices("", "burstable"), R::none, "", kUid, ""},
        {"CRI-O's conmon", slices("", "") + "/crio-conmon-" + kId + ".scope", R::none, "", kUid,
         "crio-conmon-" + kId + ".scope"},
    });
}

TEST_CASE("a kubelet's pods are known under the cgroupfs driver") {
    using R = ContainerRuntime;
    check_all({
        {"best effort", "/kubepods/besteffort/pod" + kUid + "/" + kId, R::other, kId, kUid, ""},
        {"burstable", "/kubepods/burstable/pod" + kUid + "/" + kId, R::other, kId, kUid, ""},
        {"guaranteed", "/kubepods/pod" + kUid + "/" + kId, R::other, kId, kUid, ""},
        {"static pod", "/kubepods/burstable/pod" + kHash + "/" + kId, R::other, kId, kHash, ""},
        {"CRI-O", "/kubepods/burstable/pod" + kUid + "/crio-" + kId, R::crio, kId, kUid, ""},
        {"CRI-O's conmon", "/kubepods/pod" + kUid + "/crio-conmon-" + kId, R::none, "", kUid, ""},
        {"kind, both drivers",
         "/system.slice/docker-" + kNode + ".scope/kubelet/kubepods/burstable/pod" + kUid + "/" + kId,
         R::other, kId, kUid, "docker-" + kNode + ".scope"},
        {"kind, the pod's own folder", "/docker/" + kNode + "/kubelet/kubepods/pod" + kUid, R::none, "", kUid,
         ""},
        {"containerd that was given slices",
         "/kubepods-burstable-pod" + kUidInSlice + ".slice:cri-containerd:" + kId, R::containerd, kId, kUid,
         ""},
        {"the same below its service",
         "/system.slice/containerd.service/kubepods-pod" + kUidInSlice + ".slice:cri-containerd:" + kId,
         R::containerd, kId, kUid, "containerd.service"},
    });
}

TEST_CASE("containers outside Kubernetes are known") {
    using R = ContainerRuntime;
    const std::string user = "/user.slice/user-1000.slice/user@1000.service";
    check_all({
        {"Docker, cgroupfs", "/docker/" + kId, R::docker, kId, "", ""},
        {"Docker, systemd", "/system.slice/docker-" + kId + ".scope", R::docker, kId, "",
         "docker-" + kId + ".scope"},
        {"Docker --cgroup-parent", "/batch/" + kId, R::other, kId, "", ""},
        {"Docker rootless", user + "/user.slice/docker-" + kId + ".scope", R::docker, kId, "",
         "docker-" + kId + ".scope"},
        {"Docker in Docker", "/docker/" + kNode + "/docker/" + kId, R::docker, kId, "", ""},
        {"Docker in a pod", "/kubepods/pod" + kUid + "/" + kNode + "/docker/" + kId, R::docker, kId, kUid,
         ""},
        {"a container's own systemd", "/system.slice/docker-" + kId + ".scope/init.scope", R::docker, kId, "",
         "init.scope"},
        {"a service of a container's systemd", "/docker/" + kId + "/system.slice/named.service", R::docker,
         kId, "", "named.service"},
        {"a folder of the container's", "/system.slice/docker-" + kId + ".scope/payload", R::docker, kId, "",
         "docker-" + kId + ".scope"},
        {"nerdctl", "/system.slice/nerdctl-" + kId + ".scope", R::containerd, kId, "",
         "nerdctl-" + kId + ".scope"},
        {"Podman", "/machine.slice/libpod-" + kId + ".scope", R::podman, kId, "", "libpod-" + kId + ".scope"},
        {"Podman with crun's inner folder", "/machine.slice/libpod-" + kId + ".scope/container", R::podman,
         kId, "", "libpod-" + kId + ".scope"},
        {"Podman rootless", user + "/user.slice/libpod-" + kId + ".scope", R::podman, kId, "",
         "libpod-" + kId + ".scope"},
        {"Podman's pod", "/machine.slice/machine-libpod_pod_" + kNode + ".slice/libpod-" + kId + ".scope",
         R::podman, kId, "", "libpod-" + kId + ".scope"},
        {"Podman, cgroupfs", "/libpod_parent/libpod-" + kId, R::podman, kId, "", ""},
        {"Podman's pod, cgroupfs", "/libpod_parent/" + kNode + "/libpod-" + kId, R::podman, kId, "", ""},
        {"Podman --cgroups=split", "/system.slice/nginx.service/libpod-payload-" + kId, R::podman, kId, "",
         "nginx.service"},
        {"LXC", "/lxc.payload.web1", R::lxc, "web1", "", ""},
        {"a service of LXC's", "/lxc.payload.web1/system.slice/named.service", R::lxc, "web1", "",
         "named.service"},
        {"LXC before 4", "/lxc/web1", R::lxc, "web1", "", ""},
        {"Proxmox VE", "/lxc/101/ns/system.slice/named.service", R::lxc, "101", "", "named.service"},
        {"nspawn by hand", "/machine.slice/machine-my\\x2dbox.scope/payload", R::nspawn, "my-box", "",
         "machine-my-box.scope"},
        {"nspawn as a unit", "/machine.slice/systemd-nspawn@deb.service/payload/system.slice/named.service",
         R::nspawn, "deb", "", "named.service"},
    });
}

TEST_CASE("plain services, sessions and folders are no containers") {
    using R = ContainerRuntime;
    const std::string user = "/user.slice/user-1000.slice/user@1000.service";
    check_all({
        {"the root", "/", R::none, "", "", ""},
        {"nothing", "", R::none, "", "", ""},
        {"a service", "/system.slice/nginx.service", R::none, "", "", "nginx.service"},
        {"an instance", "/system.slice/system-getty.slice/getty@tty1.service", R::none, "", "",
         "getty@tty1.service"},
        {"systemd 257's delegated folder", "/system.slice/nginx.service/.control", R::none, "", "",
         "nginx.service"},
        {"a session", "/user.slice/user-1000.slice/session-3.scope", R::none, "", "", "session-3.scope"},
        {"a user's scope", user + "/app.slice/app-org.foo\\x2dbar-12.scope", R::none, "", "",
         "app-org.foo-bar-12.scope"},
        {"a user's manager", user + "/init.scope", R::none, "", "", "init.scope"},
        {"PID 1", "/init.scope", R::none, "", "", "init.scope"},
        {"a unit with a controller's name, which systemd escapes", "/system.slice/_cpu.service", R::none, "",
         "", "cpu.service"},
        {"a slice alone", "/system.slice", R::none, "", "", ""},
        {"the pods' slice", "/kubepods.slice/kubepods-burstable.slice", R::none, "", "", ""},
        {"Podman's conmon", "/machine.slice/libpod-conmon-" + kId + ".scope", R::none, "", "",
         "libpod-conmon-" + kId + ".scope"},
        {"Podman's pod itself, cgroupfs", "/libpod_parent/" + kId, R::none, "", "", ""},
        {"LXC's monitor", "/lxc.monitor.web1", R::none, "", "", ""},
        {"nspawn's supervisor", "/machine.slice/systemd-nspawn@deb.service/supervisor", R::none, "", "",
         "systemd-nspawn@deb.service"},
        {"nspawn's supervisor in a container",
         "/docker/" + kId + "/machine.slice/machine-deb.scope/supervisor", R::docker, kId, "",
         "machine-deb.scope"},
        {"libvirt's guest", "/machine.slice/machine-qemu\\x2d1\\x2dvm.scope/libvirt/emulator", R::none, "",
         "", "machine-qemu-1-vm.scope"},
    });
}

TEST_CASE("a text that only resembles an id is none") {
    const std::string short_id = kId.substr(1), long_id = kId + "0";
    const std::string upper = "ABCDEF" + kId.substr(6), letter = "g" + kId.substr(1);
    for (const std::string& id :
         {short_id, long_id, upper, letter, std::string("0123456789ab"), std::string()}) {
        INFO(id);
        for (const std::string& path : {"/docker/" + id, "/system.slice/docker-" + id + ".scope",
                                        "/crio-" + id, "/a.slice:cri-containerd:" + id,
                                        "/libpod_parent/libpod-" + id, "/a.service/libpod-payload-" + id}) {
            const CgroupName name = parse_cgroup_path(path);
            CHECK(static_cast<int>(name.runtime) == static_cast<int>(ContainerRuntime::none));
            CHECK(name.container_id.empty());
        }
    }
    for (const std::string& path :
         {"/docker-" + kId, "/docker-" + kId + ".service", "/xdocker-" + kId + ".scope",
          "/a.slice:unknown:" + kId, "/a.slice:cri-containerd:" + kId + ":x", "/cri-containerd:" + kId,
          "/libpod-payload-" + kId + ".scope", std::string("/lxc.payload."), std::string("/a/lxc/web1"),
          std::string("/machine-.scope"), std::string("/machine-a.service"),
          std::string("/systemd-nspawn@a.scope"), std::string("/machine-systemd-nspawn@a.service"),
          std::string("/machine-a\\x20b.scope"), "/machine-" + std::string(65, 'a') + ".scope"}) {
        INFO(path);
        CHECK(static_cast<int>(parse_cgroup_path(path).runtime) == static_cast<int>(ContainerRuntime::none));
    }
}

TEST_CASE("a text that only resembles a pod's uid is none") {
    std::string upper = kUid, moved = kUid, letter = kUid;
    upper[0] = 'A';
    std::swap(moved[8], moved[9]);
    letter[35] = 'g';
    for (const std::string& uid : {upper, moved, letter, kUid.substr(1), kUid + "0", kHash.substr(1),
                                   kHash + "0", kUidInSlice, std::string()}) {
        INFO(uid);
        CHECK(parse_cgroup_path("/kubepods/besteffort/pod" + uid + "/" + kId).pod_uid.empty());
    }
    for (const std::string& path :
         {"/kubepods.slice/kubepods-pod" + kUid + ".slice", "/kubepods.slice/kubepods-pod" + kUidInSlice,
          "/kubepods.slice/kubepods-" + kUidInSlice + ".slice",
          "/x.slice/xkubepods-pod" + kUidInSlice + ".slice", "/x.slice/x-pod" + kUidInSlice + ".slice",
          "/pod" + kUid, "/besteffort/pod" + kUid, "/kubepods/other/pod" + kUid,
          "/kubepods/burstable/besteffort/pod" + kUid, "/kubepods/" + kUid}) {
        INFO(path);
        CHECK(parse_cgroup_path(path).pod_uid.empty());
    }
}

TEST_CASE("an escape that would make a '/' or a NUL, or that is cut, stays as it is") {
    CHECK(parse_cgroup_path("/a\\x2fb\\x00c.service").unit == "a\\x2fb\\x00c.service");
    CHECK(parse_cgroup_path("/a\\x2.scope").unit == "a\\x2.scope");
    CHECK(parse_cgroup_path("/a\\xzz\\.scope").unit == "a\\xzz\\.scope");
    CHECK(parse_cgroup_path("/lxc.payload.a\\x41").container_id == "a\\x41");  // LXC has no such escapes
    CHECK(parse_cgroup_path("/caf\xc3\xa9\n.service").unit == "caf\xc3\xa9\n.service");
    CHECK(parse_cgroup_path("/.service").unit.empty());
    CHECK(parse_cgroup_path("/a.service/.scope").unit == "a.service");
}

TEST_CASE("a path that can't be a cgroup's gives nothing") {
    const std::string head = "/a.service";
    std::string longest = head;
    while (longest.size() + 2 <= 4096) longest += "/b";
    REQUIRE(longest.size() == 4096);
    CHECK(parse_cgroup_path(longest).unit == "a.service");
    CHECK(parse_cgroup_path(longest + "b").unit.empty());
    CHECK(parse_cgroup_path(head + "/" + std::string(255, 'b')).unit == "a.service");
    CHECK(parse_cgroup_path(head + "/" + std::string(256, 'b')).unit.empty());
    CHECK(parse_cgroup_path(head + std::string("/b\0c", 4)).unit.empty());
}

TEST_CASE("empty folder names change nothing") {
    CHECK(parse_cgroup_path("//docker//" + kId + "/").runtime == ContainerRuntime::docker);
    CHECK(parse_cgroup_path("docker/" + kId).container_id == kId);
}
