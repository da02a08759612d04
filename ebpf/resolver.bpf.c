/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
 * The C library's getaddrinfo(): who calls it, for what name, how long it takes and what it returns. An object of its own.
 * Its programs run in process context, may be interrupted and, in newer kernels, preempted: so what they need while they run
 * lies in the thread's own entry, not on its CPU. */
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "ebpf/budget.bpf.h"
#include "ebpf/dns_abi.h"
#include "ebpf/events.bpf.h"
#include "ebpf/task.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

enum {
	CALLS_RATE = 1, /* calls in a unit of the budget's time that records are sent of, on one CPU */
	CALLS_BURST = 4096
};
/* A call that is older has ended in some other way: by longjmp(), or with its thread. The longest search list, with three
 * servers that are asked twice for five seconds each, takes less. */
#define CALLS_LONGEST_NS 300000000000ULL

/* A thread's call of getaddrinfo(). */
struct call {
	__u64 stack; /* pointer at the entry: tells the outer call from one inside it */
	__u64 node;  /* address of the name */
	__u32 told;  /* 1: records are sent of it */
	__u32 pad;
	struct dns_event event;
};

/* By thread. Full: the least recently begun is forgotten, and counted when it returns. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, DNS_CALLS);
	__type(key, __u32);
	__type(value, struct call);
} calls SEC(".maps");

/* Counters: atomic adds, read at scrape. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct dns_call_stats);
} call_stats SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct dns_allowance);
} call_budget SEC(".maps");

static struct call call_template; /* all zero; too large for the stack */

static __always_inline struct dns_call_stats *call_counters(void)
{
	const __u32 zero = 0;
	return bpf_map_lookup_elem(&call_stats, &zero);
}

static __always_inline void call_add(__u64 *counter) { __sync_fetch_and_add(counter, 1); }

static __always_inline __u32 call_allowed(__u64 now)
{
	const __u32 zero = 0;
	struct dns_allowance *left = bpf_map_lookup_elem(&call_budget, &zero);
	return left && budget_take(left, now, CALLS_RATE, CALLS_BURST);
}

/* The thread's entry for a call that begins with this stack; null: it is inside another one, or there is no room. */
static __always_inline struct call *call_open(struct dns_call_stats *stats, __u32 tid, __u64 stack, __u64 now)
{
	struct call *call = bpf_map_lookup_elem(&calls, &tid);
	if (!call) {
		bpf_map_update_elem(&calls, &tid, &call_template, BPF_ANY);
		return bpf_map_lookup_elem(&calls, &tid);
	}
	if (stack < call->stack && now - call->event.query_time_ns < CALLS_LONGEST_NS) /* stacks grow down */
		return 0;
	if (call->node)
		call_add(&stats->forgotten);
	return call;
}

/* Reads the name, as far as it is in memory. */
static __always_inline void call_read_name(struct call *call)
{
	const long octets = bpf_probe_read_user_str(call->event.message, DNS_NAME_MAX + 1, (const void *)call->node);
	call->event.message_length = octets > 0 ? octets - 1 : 0; /* but for its NUL */
}

/* Latency, outcome and kind (DNS_QUERY) are 0: an entry goes when its call returns. */
static __always_inline void call_fill_in(struct call *call, __u64 now, const __u32 core)
{
	struct dns_event *event = &call->event;
	struct dns_task task;
	task_current(&task, core);
	event->query_time_ns = now;
	event->caller.cgroup = task.cgroup;
	__builtin_memcpy(event->caller.comm, task.comm, sizeof(task.comm));
	event->asker.pid = task.pid;
	event->asker.tid = task.tid;
	event->asker.uid = task.uid;
	event->asker.known = 1;
	event->lane = DNS_EVENT_CALL;
	call_read_name(call);
}

static __always_inline void call_send(struct dns_call_stats *stats, struct call *call)
{
	__u64 length = call->event.message_length;
	DNS_STATIC_ASSERT((DNS_NAME_MAX & (DNS_NAME_MAX + 1)) == 0, "a mask");
	DNS_BOUND(length, DNS_NAME_MAX);
	if (bpf_ringbuf_output(&events, &call->event, DNS_EVENT_FIXED + length, BPF_RB_NO_WAKEUP))
		call_add(&stats->events_ring_full);
	else
		call_add(&stats->events_submitted);
}

/* Calls without a name, of those who want an address to listen at, are not told of; but known when they return. */
static __always_inline int call_begins(struct pt_regs *context, const __u32 core)
{
	const __u64 now = bpf_ktime_get_ns(), stack = PT_REGS_SP(context);
	struct dns_call_stats *stats = call_counters();
	struct call *call = stats ? call_open(stats, bpf_get_current_pid_tgid(), stack, now) : 0;
	if (!call)
		return 0;
	call->stack = stack;
	call->node = PT_REGS_PARM1(context);
	call->told = 0;
	call->event.query_time_ns = now;
	if (!call->node)
		return 0;
	call_add(&stats->begun);
	call->told = call_allowed(now);
	if (!call->told) {
		call_add(&stats->limited);
		return 0;
	}
	call_fill_in(call, now, core);
	call_send(stats, call);
	return 0;
}

static __always_inline void call_ends(struct dns_call_stats *stats, struct call *call, __s32 returned)
{
	struct dns_event *event = &call->event;
	call_add(&stats->returned);
	if (!call->told)
		return;
	event->latency_ns = bpf_ktime_get_ns() - event->query_time_ns;
	event->outcome = -returned;
	event->kind = DNS_RESPONSE;
	if (!event->message_length) /* by now the name is in memory, if there is one */
		call_read_name(call);
	call_send(stats, call);
}

/* Where the outer call returns, the stack is as it was, but for the return address where that lay on it. */
static __always_inline int call_returns(struct pt_regs *context)
{
	const __u64 stack = PT_REGS_SP(context);
	const __u32 tid = bpf_get_current_pid_tgid();
	struct dns_call_stats *stats = call_counters();
	struct call *call = bpf_map_lookup_elem(&calls, &tid);
	if (!stats)
		return 0;
	if (!call) {
		call_add(&stats->forgotten);
		return 0;
	}
	if (stack < call->stack) /* one inside it */
		return 0;
	if (stack - call->stack > sizeof(void *))
		call_add(&stats->forgotten); /* this one; the entry is of one that never returned */
	else if (call->node)
		call_ends(stats, call, PT_REGS_RC(context));
	bpf_map_delete_elem(&calls, &tid);
	return 0;
}

SEC("uprobe") int dns_call(struct pt_regs *context) { return call_begins(context, 1); }
SEC("uprobe") int dns_call_ol(struct pt_regs *context) { return call_begins(context, 0); } /* without the kernel's BTF */
SEC("uretprobe") int dns_call_end(struct pt_regs *context) { return call_returns(context); }
