/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
 * Every map key, map value and ring record that the kernel side and the user side share: once, in fixed-width types,
 * with padding written out (padding is part of a hash key, so keys are zeroed or have none). */
#ifndef DNS_ABI_H
#define DNS_ABI_H

#include "ebpf/dns_limits.h"
#include "ebpf/dns_platform.h"

/* ---- small closed sets ---- */

/* What this host is in a transaction (the terms of README.md). */
enum dns_role { DNS_ROLE_CLIENT, DNS_ROLE_SERVER, DNS_ROLE_LOCAL, DNS_ROLES };
enum dns_transport { DNS_UDP, DNS_TCP, DNS_TRANSPORTS };
enum dns_direction { DNS_INGRESS, DNS_EGRESS, DNS_DIRECTIONS };
enum dns_kind { DNS_QUERY, DNS_RESPONSE, DNS_KINDS }; /* the QR bit */
enum dns_ip { DNS_IPV4, DNS_IPV6, DNS_IP_VERSIONS };

/* What became of a packet: a DNS message, or why it is none. The first ledger sums these by protocol. */
enum dns_reason {
	DNS_OK,                     /* a message */
	DNS_SHORT_HEADER,           /* payload shorter than the 12 octets of a DNS header (RFC 1035, 4.1.1) */
	DNS_BAD_UDP_LENGTH,         /* the UDP length field contradicts the packet's */
	DNS_BAD_LABEL,              /* label type 01 or 10 in the question (RFC 6891, 5) */
	DNS_COMPRESSED_QUESTION,    /* compression pointer in the question's name */
	DNS_NAME_TOO_LONG,          /* more than 255 octets (RFC 1035, 2.3.4) */
	DNS_TRUNCATED_QUESTION,     /* the message ends inside its first question */
	DNS_TRUNCATED_PACKET,       /* the packet ends inside its IP, UDP or TCP header */
	DNS_FRAGMENT,               /* IP fragment after the first: it has no ports to read */
	DNS_BAD_IP_HEADER,          /* impossible IPv4 header length or version */
	DNS_EXTENSION_HEADERS,      /* more IPv6 extension headers than are followed */
	DNS_SEGMENTED,              /* further datagrams of one segmentation-offload (GSO, GRO) packet */
	DNS_TCP_NO_MESSAGE_START,   /* TCP payload of a stream out of step that does not begin with a DNS message */
	DNS_LOAD_FAILED,            /* the kernel would not hand out the packet's bytes */
	DNS_TCP_OUT_OF_ORDER,       /* TCP payload behind a hole, or before all else, that does not begin with a message */
	DNS_TCP_BUSY,               /* TCP payload of a stream that another CPU was following at that moment */
	DNS_TCP_LOST,               /* a message whose beginning lies in TCP payload that was not read */
	DNS_TCP_CONTINUATION,       /* no error: TCP payload in which no message's question ends */
	DNS_TCP_RETRANSMISSION,     /* no error: TCP payload that was seen before */
	DNS_REASONS
};

/* Protocol of dns_packets_total. UNKNOWN: the packet has no ports to read. */
enum dns_protocol { DNS_PROTO_UDP = DNS_UDP, DNS_PROTO_TCP = DNS_TCP, DNS_PROTO_UNKNOWN, DNS_PROTOCOLS };

/* Outcome of a transaction: an RCODE (RFC 6891, 6.1.3: 12 bits where there is an OPT record), or one of these. OTHER
 * stands for the RCODEs without a name that came after the first DNS_EXTRA_RCODES ones. */
enum dns_outcome { DNS_OUTCOME_OTHER = 0xfffd, DNS_OUTCOME_TIMEOUT = 0xfffe, DNS_OUTCOME_UNTRACKED = 0xffff };

/* What became of a message's walk to its OPT record. */
enum dns_edns_result {
	DNS_EDNS_FOUND,
	DNS_EDNS_ABSENT,
	DNS_EDNS_CUT,       /* it lies behind more records, labels or options than are walked, or behind the packet's end */
	DNS_EDNS_MALFORMED,
	DNS_EDNS_RESULTS
};

/* Encapsulations that are looked into where selected: bits of dns_settings.tunnels. */
enum dns_tunnel {
	DNS_TUNNEL_GRE = 1,    /* RFC 2784, RFC 2890, of IP or Ethernet */
	DNS_TUNNEL_IPIP = 2,   /* IPv4 or IPv6 in either (RFC 2003, RFC 2473, RFC 4213) */
	DNS_TUNNEL_PPPOE = 4,  /* RFC 2516 */
	DNS_TUNNEL_VXLAN = 8,  /* RFC 7348, port 4789 and Linux's 8472 */
	DNS_TUNNEL_GENEVE = 16 /* RFC 8926, port 6081 */
};

/* Secret keys of the NH hash (UMAC, RFC 4418, 5.2), drawn at each load, so that nobody can aim at a set of the pending
 * table or at another transaction's tag. Two 32-bit keys hash one 8-octet word. */
struct dns_hash_keys {
	__u32 name[2 * DNS_NAME_WORDS];
	__u32 question[2]; /* type, class and length of the name */
	__u32 tag[10];     /* two addresses, and a word of ports, id and role */
	__u32 address[4];
};

/* IPv4 addresses are held as ::ffff:a.b.c.d (RFC 4291, 2.5.5.2), so one comparison serves both families. */
struct dns_address {
	__u64 high, low; /* the 16 octets as they are on the wire, loaded in host byte order */
};

/* ---- exact lane ---- */

struct dns_stats {
	__u64 packets[DNS_PROTOCOLS][DNS_REASONS]; /* of TCP: payload segments */
	__u64 opcodes[DNS_KINDS][DNS_OPCODES];
	__u64 flag_sets[DNS_KINDS][DNS_FLAG_SETS];
	__u64 sizes[DNS_KINDS][DNS_TRANSPORTS][DNS_SIZE_BUCKETS]; /* octets of the DNS message, not cumulative */
	__u64 size_sums[DNS_KINDS][DNS_TRANSPORTS];
	__u64 multicast[DNS_KINDS];            /* standard queries to a group and their answers: they have no outcome */
	__u64 stream_errors[DNS_REASONS];      /* messages of TCP streams that are not counted, by reason */
	__u64 edns_sizes[DNS_EDNS_BUCKETS];    /* UDP payload sizes that queries offer, octets, not cumulative */
	__u64 edns_size_sum;
	__u64 edns_walks[DNS_EDNS_RESULTS];
	__u64 info_codes[DNS_INFO_CODES];      /* Extended DNS Errors of failed and empty responses */
	__u64 flows_new, flows_evicted;        /* entries of the table of TCP streams: taken, and taken from another */
	__u64 events_submitted;     /* records handed to the ring */
	__u64 events_ring_full;     /* records that the ring refused */
	__u64 events_untracked;     /* transactions that ended UNTRACKED: no record is made */
	__u64 traffic_map_full;     /* outcomes counted under the coarse key, because the traffic map was full */
	__u64 pending_contended;    /* queries not tracked, because their set was busy at each try */
	__u64 lanes_busy;           /* messages of sockets that were not looked at, because each lane was taken */
	__u64 sockets_tracked;      /* queries of sockets that were put into the pending table */
	__u64 sockets_ended;        /* of those, the ones that have left it, timed-out ones apart */
	__u64 cache_hits, cache_misses; /* answers of resolvers, by whether they had to ask for them */
	__u64 hit_latency[DNS_LATENCY_BUCKETS], hit_latency_sum_ns; /* of the hits; as in dns_latency */
	__u64 referrals;            /* answers that clients got which only say who to ask next */
	__u64 fetches_evicted;      /* questions of resolvers that were forgotten while an answer might still wait for them */
	__u64 clients_evicted;      /* clients that asked less than others, and gave way in the second in which they asked */
	__u64 clients_no_room;      /* queries not counted of their client, because all others of its set are over the limit */
	__u64 records_limited;      /* records of sockets not sent, because more were due than the limit */
	__u64 map_failures;         /* a lookup that can't fail did: always 0 */
};

/* What the programs at getaddrinfo() counted. */
struct dns_call_stats {
	__u64 begun, returned;  /* calls with a name, but for those inside another call of the same thread */
	__u64 events_submitted; /* records handed to the ring, at most two a call */
	__u64 events_ring_full; /* records that the ring refused */
	__u64 limited;          /* calls of which no record is sent, because more came than the limit */
	__u64 forgotten;        /* calls whose return was not seen, or not known any more when it came */
};

struct dns_interface_stats {
	__u64 messages[DNS_DIRECTIONS][DNS_KINDS][DNS_TRANSPORTS][DNS_IP_VERSIONS];
};

struct dns_server_stats { /* index: server slot * DNS_ROLES + role */
	__u64 retransmissions, truncated, unmatched, late, duplicate, empty;
	__u64 unreachable; /* ICMP said so of a query to it */
};

struct dns_latency { /* index: (server slot * DNS_ROLES + role) * DNS_LATENCY_TYPES + latency type */
	__u64 sum_ns;
	__u64 buckets[DNS_LATENCY_BUCKETS]; /* not cumulative; bucket i holds edge[i-1] < latency <= edge[i] */
};

struct dns_traffic_key {
	__u16 server;    /* slot */
	__u16 outcome;   /* RCODE or enum dns_outcome */
	__u8 type;       /* slot of dns_classify.h */
	__u8 role, transport, pad;
};

struct dns_traffic {
	__u64 responses;   /* every response with this RCODE, matched or not */
	__u64 queries;     /* transactions that ended with this outcome */
	__u64 undelivered; /* of those, the ones whose event did not reach the ring */
};

/* ---- workloads ---- */

/* A workload: processes of one name in one cgroup, in one role. */
struct dns_workload_key {
	__u64 cgroup;  /* id; with DNS_CGROUP_V1 that of the hierarchy of version 1 */
	__u8 comm[DNS_COMM_LENGTH];
	__u64 role;    /* client: who asked; server: who answered */
};
#define DNS_CGROUP_V1 (1ULL << 63)

/* A process. */
struct dns_task {
	__u64 cgroup; /* as in dns_workload_key */
	__u32 pid, tid, uid, pad;
	__u8 comm[DNS_COMM_LENGTH]; /* the process's; the thread's where the kernel has no BTF */
};

/* Whose a socket is. */
struct dns_owner {
	struct dns_task task;
	__u64 slots[2]; /* of its workload, by role: generation << 16 | slot, or DNS_SLOT_UNKNOWN */
	__u32 group;    /* dns_group_of */
	__u32 pad;
};
#define DNS_SLOT_UNKNOWN (~0ULL)

/* Index of dns_workload.outcomes: an RCODE that has a name, or one of these. */
enum {
	DNS_WORKLOAD_RCODE_OTHER = DNS_RCODES_NAMED,
	DNS_WORKLOAD_TIMEOUT,
	DNS_WORKLOAD_UNTRACKED,
	DNS_WORKLOAD_OUTCOMES,
	DNS_WORKLOAD_OUTCOME_MASK = 31
};

struct dns_workload { /* index: slot */
	__u64 outcomes[DNS_WORKLOAD_OUTCOME_MASK + 1]; /* queries that ended so */
	__u64 latency_sum_ns;
	__u64 latency[DNS_LATENCY_BUCKETS];    /* of answered ones; not cumulative */
};

/* Who sent a message. All zero where it is not known. */
struct dns_asker {
	__u32 pid, tid, uid; /* of the process that called; pid is the thread group's */
	__u16 workload;      /* slot */
	__u16 known;         /* 1: the fields above are filled */
};

/* Which hierarchy of cgroups tells containers apart: that of version 2, or a controller's of version 1. */
enum dns_hierarchy { DNS_HIERARCHY_UNIFIED, DNS_HIERARCHY_PIDS, DNS_HIERARCHY_MEMORY, DNS_HIERARCHY_CPUACCT };

enum dns_backend { DNS_BACKEND_NONE, DNS_BACKEND_CGROUP, DNS_BACKEND_KPROBE };

/* ---- pending queries ---- */

/* How a transaction is counted. */
struct dns_pending_facts {
	__u16 server; /* slot */
	__u8 type;    /* slot */
	__u8 role, transport, pad[3];
} __attribute__((aligned(8)));

/* What the response and the sweep need; the addresses and the name are in the detail array, at the same index. */
struct dns_pending_record {
	__u64 tag;      /* seeded hash of both endpoints, id, role and transport */
	__u64 question; /* seeded hash of the lower-cased QNAME, QTYPE and QCLASS; 0 without a question */
	struct dns_pending_facts facts;
	struct dns_asker asker;
	__u64 pad;
};

/* One set is one map value, 256 octets. A word: 48 bits of send time (ns), 13 bits of tag, 3 bits of state. */
struct dns_pending_set {
	__u64 word[DNS_PENDING_WAYS];
	struct dns_pending_record record[DNS_PENDING_WAYS];
	__u64 pad[4]; /* the lock variant keeps its bpf_spin_lock here */
};

enum dns_pending_state {
	DNS_PENDING_FREE,
	DNS_PENDING_LIVE,      /* a query waits for its response */
	DNS_PENDING_BUSY,      /* an insert is filling the slot */
	DNS_PENDING_DONE,      /* answered; kept so that a second response is known as duplicate */
	DNS_PENDING_TIMED_OUT  /* given up; kept so that its response is known as late */
};

enum {
	DNS_PENDING_STATE_BITS = 3,
	DNS_PENDING_STATE_MASK = 7,
	DNS_PENDING_TAG_BITS = 13,
	DNS_PENDING_TIME_SHIFT = 16
};
#define DNS_TIME48_MASK 0xffffffffffffULL /* times of the table are modulo 2^48 ns (78 h) */

/* ---- TCP streams ---- */

/* Where reading stands in a stream: the sequence number of the next octet that is needed, and how many octets of a
 * message's length, header and question are already there (in the flow's head of the same index). */
struct dns_flow_cursor {
	__u32 at;
	__u32 have;
};

/* One direction of one TCP connection; dns_stream.h says what the numbers mean. */
struct dns_flow {
	__u64 tag;
	struct dns_flow_cursor cursor[2];
	__u32 low, high;    /* sequence numbers that were seen: [low, high), with holes */
	__u32 island;       /* where what lies behind the hole begins */
	__u32 unread;       /* from here to the island, payload was seen and not read */
	__u32 time;         /* of the last segment, in units of 2^20 ns (about a millisecond) */
	__u8 state;         /* enum dns_flow_state */
	__u8 first;         /* index of the cursor before the hole */
	__u8 behind;        /* enum dns_flow_behind */
	__u8 busy;          /* a CPU follows it now */
};

enum dns_flow_state {
	DNS_FLOW_NEW,       /* nothing known */
	DNS_FLOW_TENTATIVE, /* takes the next octets for the beginning of a message; not proved yet */
	DNS_FLOW_SYNCED,
	DNS_FLOW_LOST       /* out of step: each segment may begin with a message */
};

enum dns_flow_behind { /* what lies behind a hole */
	DNS_BEHIND_NOTHING = 0,   /* there is no hole */
	DNS_BEHIND_TENTATIVE = 1, /* the island may begin with a message */
	DNS_BEHIND_READ = 2,      /* the island is being followed by the other cursor */
	DNS_BEHIND_UNREAD = 4     /* the island, or what lies before it, was not read: `unread` counts */
};

/* ---- detail lane ---- */

/* Who sends an event. What a socket has seen an interface may have seen too, or several, so the two are not mixed. */
enum dns_event_lane {
	DNS_EVENT_WIRE,   /* programs on interfaces: each finished transaction */
	DNS_EVENT_SOCKET, /* programs on sockets: a query that was sent or has come, or what became of it */
	DNS_EVENT_CALL    /* the C library's getaddrinfo(): called, or returned */
};

/* What a socket's program found out; bits of dns_event.found. */
enum dns_found {
	DNS_FOUND_SEARCH = 1,   /* a client's answer that may belong to a search */
	DNS_FOUND_HIT = 2,      /* a resolver's answer: from its cache */
	DNS_FOUND_MISS = 4,     /* a resolver's answer: it had to ask */
	DNS_FOUND_REFERRAL = 8, /* a client's answer: none, but who to ask next */
	DNS_FOUND_RESOLVER = 16 /* whose socket it is, answers queries itself */
};

/* Who called getaddrinfo(). */
struct dns_caller {
	__u64 cgroup; /* as in dns_workload_key */
	__u8 comm[DNS_COMM_LENGTH];
	__u64 pad;
};

/* One finished transaction; of sockets also one that begins (kind), with latency and outcome 0. Also the value of the
 * pending detail array. Only `message_length` octets of `message` are written and sent, so a record's size is
 * DNS_EVENT_FIXED + message_length. A call's `outcome` is what getaddrinfo() returned, with its sign turned (EAI_* of
 * netdb.h), and its message the name that it was given, without an end mark; when the call begins it is empty if the name's
 * page was not in memory. */
struct dns_event {
	__u64 query_time_ns; /* CLOCK_MONOTONIC of the query */
	__u64 latency_ns;    /* to the response; for TIMEOUT the age at which it was given up */
	union {
		struct {
			struct dns_address client, server;
		};
		struct dns_caller caller; /* of a call */
	};
	struct dns_asker asker;
	union {
		__u32 ifindex;
		__u32 group; /* of sockets: a hash of the process's name and cgroup (dns_group_of) */
	};
	__u16 client_port, server_port; /* host byte order */
	__u16 query_size, response_size; /* octets of the DNS message; the query's is 0 in the response's record */
	__u16 outcome;
	__u16 server_slot;
	__u8 role, transport, ip, type;
	__u16 message_length;
	__u8 swept;          /* 1: found by the sweep program, which leaves its counting to the user side */
	__u8 lane;           /* enum dns_event_lane */
	__u8 kind;           /* of sockets and calls: enum dns_kind of what made the record */
	__u8 found;          /* of sockets: enum dns_found */
	__u8 tcp_prefix[2];  /* length prefix of a TCP message (RFC 1035, 4.2.2), loaded in one go with what follows */
	__u8 message[DNS_MESSAGE_PREFIX]; /* DNS header and first question, as on the wire; of sockets, more of a response */
};
#define DNS_EVENT_FIXED __builtin_offsetof(struct dns_event, message)

/* ---- clients ---- */

/* How often a client asks, as interfaces see it; dns_client.h says what the words hold. */
struct dns_client {
	struct dns_address address;
	__u64 latest; /* the second that is being counted, or was last; 0: free */
	__u64 over;   /* the last second before that one which was over the limit; 0: none */
};

struct dns_client_set {
	struct dns_client way[DNS_CLIENT_WAYS];
} __attribute__((aligned(64))); /* two cache lines */

/* ---- tables that both sides write ---- */

struct dns_server_entry { /* the kernel fills free entries under a lock; the user side only reads */
	struct dns_address address;
	__u32 slot; /* 0: free entry */
	__u32 pad;
};

struct dns_own_entry { /* written by the user side only; the kernel reads */
	struct dns_address address;
	__u32 used;
	__u32 pad;
};

struct dns_interface_entry { /* written by the user side only */
	__u32 ifindex; /* 0: free */
	__u32 slot;
};

/* What a reload may change. */
struct dns_settings {
	__u64 port_filter; /* bit (port mod 64) is set for each port of the list: one test for most other traffic */
	__u32 tunnels; /* enum dns_tunnel: looked into; 0 for none */
	__u32 port_count;
	__u16 ports[DNS_PORTS_MAX];
	__u32 latency_edge_count;
	__u32 rate_limit_qps; /* a client that asks more often in a second is busy; 0: clients are not counted */
	__u64 latency_edges_ns[DNS_LATENCY_BUCKETS]; /* rising; the rest is filled with the highest value */
};

DNS_STATIC_ASSERT(sizeof(struct dns_workload_key) == 32, "a hash key has no hidden padding");
DNS_STATIC_ASSERT(sizeof(struct dns_traffic_key) == 8, "a hash key has no hidden padding");
DNS_STATIC_ASSERT(sizeof(struct dns_pending_record) == 48, "four records and four words make one set");
DNS_STATIC_ASSERT(sizeof(struct dns_pending_set) == 256, "a set is four cache lines");
DNS_STATIC_ASSERT(__builtin_offsetof(struct dns_event, tcp_prefix) + 2 == DNS_EVENT_FIXED, "prefix and message join");
DNS_STATIC_ASSERT(DNS_EVENT_FIXED % 8 == 4, "so that the question, 12 octets on, is word-aligned");
DNS_STATIC_ASSERT(sizeof(struct dns_event) % 8 == 0, "map values are multiples of 8");
DNS_STATIC_ASSERT(sizeof(struct dns_flow) == 48, "no hidden padding");
DNS_STATIC_ASSERT(sizeof(struct dns_server_entry) == 24, "no hidden padding");
DNS_STATIC_ASSERT(sizeof(struct dns_client_set) == 128, "two lines");

#endif
