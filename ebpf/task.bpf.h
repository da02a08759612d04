/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
 * The process that runs now, as a hook in its context sees it. */
#ifndef TASK_BPF_H
#define TASK_BPF_H

#include <bpf/bpf_core_read.h>

#include "ebpf/config.bpf.h"

/* What is read of the kernel's own structs; libbpf finds the members by the running kernel's BTF. */
struct kernfs_node {
	__u64 id;
} __attribute__((preserve_access_index));
struct cgroup {
	struct kernfs_node *kn;
} __attribute__((preserve_access_index));
struct cgroup_subsys_state {
	struct cgroup *cgroup;
} __attribute__((preserve_access_index));
struct css_set {
	struct cgroup_subsys_state *subsys[1];
} __attribute__((preserve_access_index));
struct task_struct {
	struct task_struct *group_leader;
	char comm[DNS_COMM_LENGTH];
	struct css_set *cgroups;
} __attribute__((preserve_access_index));
enum cgroup_subsys_id { pids_cgrp_id, memory_cgrp_id, cpuacct_cgrp_id };

const volatile __u32 task_hierarchy __weak = DNS_HIERARCHY_UNIFIED; /* enum dns_hierarchy: which cgroup a process is in */

static __always_inline __u64 task_v1_cgroup(const struct task_struct *task)
{
	const struct css_set *set = BPF_CORE_READ(task, cgroups);
	const struct cgroup_subsys_state *state = 0;
	__u64 index = task_hierarchy == DNS_HIERARCHY_PIDS   ? bpf_core_enum_value(enum cgroup_subsys_id, pids_cgrp_id)
		      : task_hierarchy == DNS_HIERARCHY_MEMORY ? bpf_core_enum_value(enum cgroup_subsys_id, memory_cgrp_id)
							 : bpf_core_enum_value(enum cgroup_subsys_id, cpuacct_cgrp_id);
	bpf_probe_read_kernel(&state, sizeof(state), (const char *)set + bpf_core_field_offset(struct css_set, subsys) +
							      index * sizeof(state));
	return BPF_CORE_READ(state, cgroup, kn, id) | DNS_CGROUP_V1;
}

/* `core`: the kernel's structs may be read, so the name is the process's; else it is the thread's. */
static __always_inline void task_current(struct dns_task *to, const __u32 core)
{
	const __u64 id = bpf_get_current_pid_tgid();
	to->pid = id >> 32;
	to->tid = id;
	to->uid = bpf_get_current_uid_gid();
	to->pad = 0;
	to->cgroup = bpf_get_current_cgroup_id();
	if (core) {
		const struct task_struct *task = (const struct task_struct *)bpf_get_current_task();
		BPF_CORE_READ_INTO(&to->comm, task, group_leader, comm);
		if (task_hierarchy != DNS_HIERARCHY_UNIFIED)
			to->cgroup = task_v1_cgroup(task);
	} else {
		bpf_get_current_comm(to->comm, sizeof(to->comm));
	}
}

#endif
