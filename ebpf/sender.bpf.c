/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
 * Who sends, by kprobes: for hosts where no program can be attached to a cgroup. They see the process, its socket and the
 * address that it sends to, not the message. */
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "ebpf/dns_transport.h"
#include "ebpf/sender.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* What is read of the kernel's own structs. */
struct in6_addr_words {
	__u64 words[2];
};
struct sock_common {
	union {
		__u32 skc_daddr;
	};
	union {
		__u16 skc_dport;
	};
	union {
		__u16 skc_num;
	};
	unsigned short skc_family;
	struct in6_addr_words skc_v6_daddr;
} __attribute__((preserve_access_index));
struct sock {
	struct sock_common __sk_common;
} __attribute__((preserve_access_index));
struct msghdr {
	void *msg_name;
	int msg_namelen;
} __attribute__((preserve_access_index));

/* struct sockaddr_in and sockaddr_in6, which are the system's interface (linux/in.h, linux/in6.h). */
enum { SENDER_IPV4 = 2, SENDER_IPV6 = 10 };
struct sender_sockaddr {
	__u16 family, port;
	__u32 word; /* IPv4: the address; IPv6: flow information */
	__u64 address[2];
};

static __always_inline struct dns_address sender_address4(__u32 address)
{
	const struct dns_address mapped = { .low = 0xffff0000ULL | (__u64)address << 32 }; /* ::ffff:a.b.c.d */
	return mapped;
}

/* The other end, if it is DNS that is spoken: filled into `key`. */
static __always_inline __u32 sender_peer(const struct sock *sk, const struct msghdr *msg, struct dns_sender_key *key)
{
	struct sender_sockaddr to = {};
	const void *name = msg ? BPF_CORE_READ(msg, msg_name) : 0;
	key->own_port = BPF_CORE_READ(sk, __sk_common.skc_num);
	if (name) {
		bpf_probe_read_kernel(&to, sizeof(to), name);
	} else {
		to.family = BPF_CORE_READ(sk, __sk_common.skc_family);
		to.port = BPF_CORE_READ(sk, __sk_common.skc_dport);
		to.word = BPF_CORE_READ(sk, __sk_common.skc_daddr);
		BPF_CORE_READ_INTO(&to.address, sk, __sk_common.skc_v6_daddr);
	}
	key->peer_port = bpf_ntohs(to.port);
	if (to.family == SENDER_IPV4)
		key->peer = sender_address4(to.word);
	else if (to.family == SENDER_IPV6)
		key->peer = (struct dns_address){ .high = to.address[0], .low = to.address[1] };
	else
		return 0;
	key->role = dns_port_listed(&settings, key->peer_port) ? DNS_ROLE_CLIENT : DNS_ROLE_SERVER;
	return key->role == DNS_ROLE_CLIENT || dns_port_listed(&settings, key->own_port);
}

static __always_inline int sender_sends(const struct sock *sk, const struct msghdr *msg)
{
	struct dns_sender_key key = {};
	struct dns_task task = {};
	if (!sender_peer(sk, msg, &key))
		return 0;
	task_current(&task, 1);
	bpf_map_update_elem(&senders, &key, &task, BPF_ANY); /* the map is the kprobes' own; full, it forgets */
	return 0;
}

SEC("kprobe/udp_sendmsg") int dns_udp_send(struct pt_regs *context)
{
	return sender_sends((const struct sock *)PT_REGS_PARM1(context), (const struct msghdr *)PT_REGS_PARM2(context));
}

SEC("kprobe/udpv6_sendmsg") int dns_udp6_send(struct pt_regs *context)
{
	return sender_sends((const struct sock *)PT_REGS_PARM1(context), (const struct msghdr *)PT_REGS_PARM2(context));
}

SEC("kprobe/tcp_sendmsg") int dns_tcp_send(struct pt_regs *context)
{
	return sender_sends((const struct sock *)PT_REGS_PARM1(context), 0);
}
