/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
 * From a payload to its messages: what every hook does with a packet that is DNS. */
#ifndef PARTS_BPF_H
#define PARTS_BPF_H

#include "ebpf/stream.bpf.h"

static __always_inline void parts_edns_done(__u32 lane, __u32 result)
{
	struct dns_scratch *scratch = observe_scratch(lane);
	struct dns_stats *stats = store_stats(lane);
	if (scratch && stats)
		store_edns(stats, dns_kind(&scratch->message), result, &scratch->edns);
}

static __always_inline void parts_stream_done(__u32 lane, __u32 finished)
{
	struct dns_scratch *scratch = observe_scratch(lane);
	struct dns_stats *stats = store_stats(lane);
	if (!scratch || !stats)
		return;
	stream_close(stats, &scratch->following, finished);
	store_packet(stats, DNS_PROTO_TCP, scratch->following.segment.result, 1);
}

/* What a hook does with a packet that is DNS, cut into functions that the verifier takes each on its own: in one, it would
 * walk what comes later anew for each of the many ways through what comes before. The kernel allows eight frames.
 * `counted` takes the message that is in the scratch. */
#define DNS_PARTS(context, name, how, counted)                                                                         \
	__noinline __u32 name##_edns_step(context *ctx, __u32 lane)                                                    \
	{                                                                                                              \
		struct dns_scratch *scratch = observe_scratch(lane);                                                   \
		return scratch ? edns_step(ctx, how, scratch) : (__u32)DNS_EDNS_CUT;                                   \
	}                                                                                                              \
	__noinline __u32 name##_edns(context *ctx, __u32 lane)                                                         \
	{                                                                                                              \
		struct dns_scratch *scratch = observe_scratch(lane);                                                   \
		__u32 i, result = DNS_EDNS_MORE;                                                                       \
		if (!scratch)                                                                                          \
			return 0;                                                                                      \
		edns_begin(scratch);                                                                                   \
		for (i = 0; i < DNS_EDNS_STEPS && result == DNS_EDNS_MORE; i++)                                        \
			result = name##_edns_step(ctx, lane);                                                          \
		parts_edns_done(lane, result == DNS_EDNS_MORE ? (__u32)DNS_EDNS_CUT : result);                         \
		return 0;                                                                                              \
	}                                                                                                              \
	__noinline int name##_message(context *ctx, __u32 lane) { return counted(ctx, how, lane); }                    \
	static __always_inline void name##_read(context *ctx, __u32 lane)                                              \
	{                                                                                                              \
		struct dns_scratch *scratch = observe_scratch(lane);                                                   \
		if (scratch && edns_is_due(how, scratch))                                                              \
			name##_edns(ctx, lane);                                                                        \
		name##_message(ctx, lane);                                                                             \
	}                                                                                                              \
	__noinline __u32 name##_load(context *ctx, __u32 lane)                                                         \
	{                                                                                                              \
		struct dns_scratch *scratch = observe_scratch(lane);                                                   \
		return scratch ? observe_load(ctx, how, scratch) : 0;                                                  \
	}                                                                                                              \
	__noinline __u32 name##_next(context *ctx, __u32 lane)                                                         \
	{                                                                                                              \
		struct dns_scratch *scratch = observe_scratch(lane);                                                   \
		struct dns_stats *stats = store_stats(lane);                                                           \
		__u32 step;                                                                                            \
		if (!scratch || !stats || !stream_prepare(scratch))                                                    \
			return STREAM_DONE;                                                                            \
		name##_load(ctx, lane);                                                                                \
		DNS_RELOAD();                                                                                          \
		step = stream_step(stats, scratch, lane);                                                              \
		if (step == STREAM_MESSAGE)                                                                            \
			name##_read(ctx, lane);                                                                        \
		return step;                                                                                           \
	}                                                                                                              \
	__noinline __u32 name##_burst(context *ctx, __u32 lane)                                                        \
	{                                                                                                              \
		__u32 i;                                                                                               \
		for (i = 0; i < STREAM_BURST; i++)                                                                     \
			if (name##_next(ctx, lane) == STREAM_DONE)                                                     \
				return 1;                                                                              \
		return 0;                                                                                              \
	}                                                                                                              \
	__noinline __u32 name##_stream(context *ctx, __u32 lane)                                                       \
	{                                                                                                              \
		__u32 i, finished = 0;                                                                                 \
		for (i = 0; i < STREAM_BURSTS && !finished; i++)                                                       \
			finished = name##_burst(ctx, lane);                                                            \
		parts_stream_done(lane, finished);                                                                     \
		return 0;                                                                                              \
	}

#endif
