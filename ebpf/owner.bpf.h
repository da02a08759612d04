/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
 * Whose a socket is: kept with the socket, so that it goes when the socket goes. */
#ifndef OWNER_BPF_H
#define OWNER_BPF_H

#include "ebpf/cache.bpf.h"
#include "ebpf/task.bpf.h"
#include "ebpf/workload.bpf.h"

/* Sockets that spoke of DNS, and those that were accepted from one. Made by the hooks and, for sockets that were there
 * before, by the user side. */
struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC | BPF_F_CLONE);
	__type(key, int);
	__type(value, struct dns_owner);
} owners SEC(".maps");

/* The process that runs now has the socket. */
static __always_inline void owner_set(struct dns_owner *owner, const __u32 core)
{
	const __u64 id = bpf_get_current_pid_tgid();
	if (owner->task.tid == (__u32)id && owner->task.pid == id >> 32)
		return;
	task_current(&owner->task, core);
	owner->slots[0] = owner->slots[1] = DNS_SLOT_UNKNOWN;
	owner->group = cache_group(owner->task.cgroup, core ? owner->task.comm : 0);
}

/* The slot of its workload. */
static __always_inline __u32 owner_slot(struct dns_owner *owner, __u32 role)
{
	const __u64 generation = *(volatile __u32 *)&workload_generation, known = owner->slots[role & 1];
	struct dns_workload_key key = { .cgroup = owner->task.cgroup, .role = role };
	__u32 slot;
	if (known >> 16 == generation)
		return known & 0xffff;
	__builtin_memcpy(key.comm, owner->task.comm, sizeof(key.comm));
	slot = workload_claim(&key);
	owner->slots[role & 1] = generation << 16 | slot;
	cache_remember(slot, owner->group);
	return slot;
}

#endif
