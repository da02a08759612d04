/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
 * Every map: who writes it, who reads it, what full means. Sizes given as 1 are set before load. All is weak, so that
 * the linker makes one of what several objects declare. */
#ifndef MAPS_BPF_H
#define MAPS_BPF_H

#include "ebpf/budget.bpf.h"
#include "ebpf/dns_abi.h"
#include "ebpf/dns_alias.h"
#include "ebpf/dns_classify.h"
#include "ebpf/dns_edns.h"
#include "ebpf/dns_frame.h"
#include "ebpf/dns_stream.h"
#include "ebpf/events.bpf.h"

/* A way of a pending set that was chosen, and why. */
struct dns_pending_choice {
	__u64 word;
	__u64 score;
	__u32 way;
	__u32 result; /* enum pending_result */
};

/* One message under observation. */
struct dns_observed {
	__u64 tag;
	__u64 now;     /* CLOCK_MONOTONIC ns */
	__u32 length;  /* octets of the DNS message */
	__u32 role;
	__u32 ifindex;
	__u32 outcome; /* of a response: its RCODE as a traffic key has it */
	/* offsets in the packet: of the records behind the question, of the message's end, of the end of what is there, and of
	 * its first octet, ~0 where that is not in the packet */
	__u32 records, end, present, message;
};

/* A query, or the response to it, as its socket sees it. */
struct sockets_message {
	__u64 tag;      /* of the transaction, but for its question */
	__u64 question; /* hash; 0: the message has none */
	__u64 now;      /* CLOCK_MONOTONIC ns */
	__u32 id, role;
	__u32 workload; /* slot: of the one that asks, is to answer, or answers */
	__u32 pid, tid, uid;
	__u32 group;    /* dns_group_of; 0: not known */
	__u32 outcome;  /* of a response, with the upper bits of its OPT record */
};

/* What has ended by it: the query that is answered, or one that had to give way. */
struct sockets_end {
	__u64 age_ns;
	__u32 workload; /* slot */
	__u32 outcome;  /* of one that gave way */
	__u32 ended, pad;
};

/* A segment and its stream. The flow is a copy; flow.bpf.h takes it from the table and puts it back. */
struct dns_following {
	struct dns_segment segment;
	struct dns_flow flow;
	__u32 set, way;
	__u32 payload, present; /* offsets in the packet: of the payload, and of its end as far as it is there */
};

/* Octets that are to be put behind a head that is there already. */
struct dns_load {
	__u32 from;   /* offset in the packet */
	__u32 behind; /* octets of the head, counted from where a TCP message's length lies */
	__u32 wanted; /* at most DNS_STREAM_HEAD are loaded */
	__u32 got;
};

/* Where a program counts and keeps its state. TC and XDP programs, and those that see what arrives at sockets, run with
 * softirqs off and never nest on one CPU. What leaves sockets is seen in process context too, where a softirq, or another
 * process, may come between: each such run takes one of the other lanes for itself (lane.bpf.h). */
enum {
	DNS_LANE_WIRE,
	DNS_LANE_ARRIVING,
	DNS_LANE_LEAVING, /* and those behind it */
	DNS_LANES = DNS_LANE_LEAVING + DNS_SOCKET_LANES
};

enum { SCRATCH_SPILL = 512 }; /* octets: a head's mask, so that an offset that is masked with it stays inside */

/* What a program needs while it looks at one packet. Partly because the stack is small; partly because the verifier
 * takes what is read back from a map for any number, and so walks the code behind once, not once for each way to get
 * there. */
struct dns_scratch {
	struct dns_event event;
	__u8 spill[SCRATCH_SPILL]; /* what is loaded behind a TCP message's head may run over the event */
	struct dns_message message;
	struct dns_observed observed;
	struct dns_following following;
	struct dns_edns edns;
	struct dns_load load;
	__u8 window[DNS_EDNS_WINDOW + 4];
	struct dns_frame frame;
	struct dns_address source, destination;
	struct dns_pending_choice choice;
	struct sockets_message socket;
	struct sockets_end end;
	struct dns_alias alias;
	struct dns_settings meant; /* of a socket's packet: its own port in place of the listed ones */
	__u64 claims, releases; /* of a lane: their difference is how many runs have it or try to */
};

/* What arrives at a socket was on an interface a moment ago, most often, so its cache lines are at hand: one scratch for
 * both. */
static __always_inline __u32 dns_scratch_of(__u32 lane) { return lane > DNS_LANE_ARRIVING ? lane - 1 : 0; }

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, DNS_LANES - 1);
	__type(key, __u32); /* dns_scratch_of(lane) */
	__type(value, struct dns_scratch);
} scratch SEC(".maps") __weak;

/* Counters: written by the programs of the CPU that have the lane, read at scrape. Arrays can't be full. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, DNS_LANES);
	__type(key, __u32); /* the lane: what interfaces show and what sockets show is not mixed */
	__type(value, struct dns_stats);
} stats SEC(".maps") __weak;

struct { /* key: interface slot */
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, DNS_INTERFACES_MAX);
	__type(key, __u32);
	__type(value, struct dns_interface_stats);
} interface_stats SEC(".maps") __weak;

struct { /* key: server slot * DNS_ROLES + role */
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct dns_server_stats);
} server_stats SEC(".maps") __weak;

struct { /* key: dns_latency_index() */
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct dns_latency);
} latency SEC(".maps") __weak;

/* Full: counts go to the key with server and type `other`, which the user side has put in before anything is attached.
 * Entries are never deleted. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, DNS_TRAFFIC_ENTRIES);
	__type(key, struct dns_traffic_key);
	__type(value, struct dns_traffic);
} traffic SEC(".maps") __weak;

/* Pending queries, cmpxchg variant: written by the programs and by the user side's sweep, both by compare-and-swap.
 * Full: the oldest of the set gives way and is counted. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct dns_pending_set);
} pending_cas SEC(".maps") __weak;

/* The same under a lock per set, for kernels whose BPF has no cmpxchg. The lock lies where the other one has padding. */
struct dns_pending_locked {
	__u64 word[DNS_PENDING_WAYS];
	struct dns_pending_record record[DNS_PENDING_WAYS];
	struct bpf_spin_lock lock;
	__u32 pad[7];
};
DNS_STATIC_ASSERT(sizeof(struct dns_pending_locked) == sizeof(struct dns_pending_set), "one layout, two variants");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct dns_pending_locked);
} pending_lock SEC(".maps") __weak;

/* Endpoints and question of the pending query at the same index; written by the insert that owns the slot, read by the
 * sweep when the query has timed out. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct dns_event);
} pending_detail SEC(".maps") __weak;

/* Slots of workloads, by key. Written by the programs that claim one; the user side takes out what is idle. Full: `other`. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, DNS_WORKLOADS);
	__type(key, struct dns_workload_key);
	__type(value, __u32);
} workload_slots SEC(".maps") __weak;

/* Whose a slot is; written by the program that claimed it, before it is in workload_slots. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, DNS_WORKLOADS);
	__type(key, __u32);
	__type(value, struct dns_workload_key);
} workload_keys SEC(".maps") __weak;

/* Counters of a slot: atomic adds, since programs of sockets interrupt each other. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, DNS_WORKLOADS);
	__type(key, __u32);
	__type(value, struct dns_workload);
} workloads SEC(".maps") __weak;

/* Word left for the programs on interfaces: who asked this question, or has just answered it. */
struct dns_socket_word {
	__u32 question;      /* 32 bits of its hash */
	__u32 pid, tid, uid; /* as in dns_asker; pid 0: not known */
};

/* Queries that sockets wait for, or are to answer. Two cache lines a set: the programs of sockets find and end a query by
 * the first alone, which moves from CPU to CPU. The words are those of dns_pending_set, never BUSY. Full: the oldest of the
 * set gives way and is counted. Mappable only because the kernel then begins the array at a page. */
struct dns_socket_set {
	__u64 word[DNS_PENDING_WAYS];
	__u32 check[DNS_PENDING_WAYS];    /* bits of the tag and of the question */
	__u16 workload[DNS_PENDING_WAYS]; /* slot */
	struct bpf_spin_lock lock;
	__u32 expected;                   /* written so that the line is at hand; nobody reads it */
	struct dns_socket_word left[DNS_PENDING_WAYS];
};
DNS_STATIC_ASSERT(__builtin_offsetof(struct dns_socket_set, left) == 64, "the first line");
DNS_STATIC_ASSERT(sizeof(struct dns_socket_set) == 128, "two lines");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, DNS_SOCKET_PENDING_SETS);
	__type(key, __u32);
	__type(value, struct dns_socket_set);
} socket_pending SEC(".maps") __weak;

/* Questions that resolvers have asked, and when: what tells a cache's hits from its misses (cache.bpf.h). One set is a
 * cache line; a way is a word of dns_fetch.h. Full: the oldest gives way; counted where an answer may still wait for it. */
struct dns_fetch_set {
	struct bpf_spin_lock lock;
	__u32 pad;
	__u64 way[DNS_FETCH_WAYS];
};
DNS_STATIC_ASSERT(sizeof(struct dns_fetch_set) == 64, "a cache line");
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, DNS_FETCH_SETS);
	__type(key, __u32);
	__type(value, struct dns_fetch_set);
} fetches SEC(".maps") __weak;

/* How many records of sockets may still be sent now (record.bpf.h). */
struct dns_budget {
	struct dns_allowance plain, urgent;
};
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct dns_budget);
} budget SEC(".maps") __weak;

/* TCP streams: one set is a map value. Full: the set's idlest gives way; counted, and the message too that it was in. */
struct dns_flow_set {
	struct bpf_spin_lock lock;
	__u32 pad;
	struct dns_flow flow[DNS_FLOW_WAYS];
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, DNS_FLOW_SETS);
	__type(key, __u32);
	__type(value, struct dns_flow_set);
} flows SEC(".maps") __weak;

/* Heads of the flow at the same index, one for each cursor; used by the CPU that holds the flow. */
struct dns_flow_heads {
	__u64 words[2][DNS_FLOW_HEAD / 8];
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, DNS_FLOWS);
	__type(key, __u32);
	__type(value, struct dns_flow_heads);
} flow_heads SEC(".maps") __weak;

/* Slots that are claimed once and kept: servers and types outside the registry. The lock makes two CPUs that meet a new
 * one at the same time agree. */
struct dns_claims {
	struct bpf_spin_lock lock;
	__u32 pad;
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct dns_claims);
} claims SEC(".maps") __weak;

#endif
