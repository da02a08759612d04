/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
 * Who sends between two addresses, where only kprobes tell: they know the process, not the message. */
#ifndef SENDER_BPF_H
#define SENDER_BPF_H

#include "ebpf/task.bpf.h"
#include "ebpf/workload.bpf.h"

/* The other end's address and port, and one's own port. One's own address is not known of a socket that is not bound. */
struct dns_sender_key {
	struct dns_address peer;
	__u16 peer_port, own_port;
	__u8 role, pad[3];
};
DNS_STATIC_ASSERT(sizeof(struct dns_sender_key) == 24, "a hash key has no hidden padding");

/* Written by the kprobes, read by the programs on interfaces. Full: the one that sent least recently gives way. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1); /* DNS_SENDERS where there are kprobes */
	__type(key, struct dns_sender_key);
	__type(value, struct dns_task);
} senders SEC(".maps") __weak;

/* Who sent the message: a query by its client, a response by its server. */
static __always_inline void sender_find(const struct dns_event *event, __u32 role, struct dns_asker *asker)
{
	const __u32 answers = role == DNS_ROLE_SERVER;
	struct dns_sender_key key = {
		.peer = answers ? event->client : event->server,
		.peer_port = answers ? event->client_port : event->server_port,
		.own_port = answers ? event->server_port : event->client_port,
		.role = role,
	};
	struct dns_workload_key whose = { .role = role };
	const struct dns_task *task = bpf_map_lookup_elem(&senders, &key);
	if (!task)
		return;
	whose.cgroup = task->cgroup;
	__builtin_memcpy(whose.comm, task->comm, sizeof(whose.comm));
	asker->pid = task->pid;
	asker->tid = task->tid;
	asker->uid = task->uid;
	asker->known = 1;
	asker->workload = workload_claim(&whose);
}

#endif
