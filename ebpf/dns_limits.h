/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
 * Sizes of what the kernel side and the user side share. */
#ifndef DNS_LIMITS_H
#define DNS_LIMITS_H

enum {
	DNS_HEADER_LENGTH = 12,
	DNS_NAME_MAX = 255,                     /* RFC 1035, 2.3.4: octets, length octets included */
	DNS_QUESTION_MAX = DNS_NAME_MAX + 4,    /* name, QTYPE, QCLASS */
	DNS_MESSAGE_PREFIX = 276,               /* header and longest question, rounded up to whole words of the hash */
	DNS_PORTS_MAX = 8,
	DNS_SERVERS_MAX = 256,                  /* upper bound of capture.max_servers */
	DNS_SERVER_OTHER = 0,                   /* slot of every server that has none of its own; own ones start at 1 */
	DNS_SERVER_TABLE = 1024,                /* power of two, 4 x DNS_SERVERS_MAX: probes stay short */
	DNS_OWN_TABLE = 1024,                   /* own addresses, same layout */
	DNS_PROBES = 8,
	DNS_INTERFACES_MAX = 64,                /* slots of interfaces; slot 0 is `other` */
	DNS_INTERFACE_TABLE = 1024,
	DNS_LATENCY_EDGES_MAX = 31,             /* plus the last bucket, +Inf */
	DNS_LATENCY_BUCKETS = DNS_LATENCY_EDGES_MAX + 1,
	DNS_LATENCY_TYPES = 5,                  /* A, AAAA, HTTPS, PTR, other: the latency metric's budget */
	DNS_SIZE_EDGES = 10,
	DNS_SIZE_BUCKETS = DNS_SIZE_EDGES + 1,
	DNS_OPCODES = 16,
	DNS_FLAG_SETS = 128,                    /* AA TC RD RA AD CD DO as a number of seven bits */
	DNS_EDNS_EDGES = 10,
	DNS_EDNS_BUCKETS = DNS_EDNS_EDGES + 1,
	DNS_INFO_CODES = 64,                    /* info codes of RFC 8914: 0..62, the last slot is all others */
	DNS_INFO_CODE_OTHER = DNS_INFO_CODES - 1,
	DNS_RCODES_NAMED = 24,                  /* RCODEs below have an outcome of their own: IANA's last is BADCOOKIE, 23 */
	DNS_EXTRA_RCODES = 4,                   /* the first others that are seen have one too */
	DNS_PENDING_WAYS = 4,
	DNS_TRAFFIC_ENTRIES = 2048,
	DNS_FLOW_WAYS = 4,
	DNS_FLOW_SETS = 512,                    /* power of two; one flow is one direction of a connection on one interface */
	DNS_FLOWS = DNS_FLOW_SETS * DNS_FLOW_WAYS,
	DNS_TCP_PREFIX = 2,                     /* the length before each message (RFC 1035, 4.2.2) */
	DNS_FLOW_HEAD = 280,                    /* length, header and longest question, in whole words */
	DNS_WORKLOADS = 1024,                   /* power of two; slots of processes by role, cgroup and name */
	DNS_WORKLOAD_OTHERS = 2,                /* the first slots: `other` of each role, whose number is the role */
	DNS_COMM_LENGTH = 16,                   /* the kernel's TASK_COMM_LEN, a NUL included */
	DNS_SOCKET_PENDING_SETS = 4096,         /* power of two: 16,384 queries that sockets wait for */
	DNS_SENDERS = 8192,                     /* sockets whose sender is remembered where there are only kprobes */
	DNS_SOCKET_LANES = 4,                   /* runs of the sockets' programs on one CPU that may be under way at a time */
	DNS_NAME_WORDS = 32,                    /* 8-octet words of the longest name */
	DNS_FETCH_SETS = 4096,                  /* power of two: questions that resolvers have asked of late */
	DNS_FETCH_WAYS = 7,                     /* with its lock, a set is one cache line */
	DNS_RESOLVERS = 4096,                   /* power of two: marks of those that queries have come to */
	DNS_CLIENT_SETS = 1024,                 /* power of two: 4,096 clients whose queries a second are counted */
	DNS_CLIENT_WAYS = 4,
	DNS_CALLS = 1024                        /* threads that may be in getaddrinfo() at a time */
};

#endif
