// The summaries of the last minutes: rates and shares are differences of their counters.

const windowSeconds = 300;
const listLimit = 50;  // so many domains and workloads are in a summary, and every server
const recentSeconds = 10;  // what a rate is of: so short that it follows, so long that it does not flicker
const healthy = new Set(['NOERROR', 'NXDOMAIN', 'UNTRACKED']);

const total = (counts) => counts.reduce((sum, one) => sum + one, 0);

// The share of queries that failed, by their outcomes; null where there were none.
export function failedShare(outcomes) {
    const entries = Object.entries(outcomes);
    const all = total(entries.map(([, queries]) => queries));
    const failed = total(entries.filter(([name]) => !healthy.has(name)).map(([, queries]) => queries));
    return all > 0 ? failed / all : null;
}

// Linear within a bucket, and never above the last edge; null where there is no answer.
export function quantile(edges, buckets, share) {
    const all = total(buckets);
    if (all === 0 || edges.length === 0) return null;
    let left = share * all;
    for (let i = 0; i < edges.length; ++i) {
        if (left <= buckets[i] && buckets[i] > 0) {
            const low = i > 0 ? edges[i - 1] : 0;
            return low + (edges[i] - low) * left / buckets[i];
        }
        left -= buckets[i];
    }
    return edges[edges.length - 1];
}

export const domainKey = (row) => `domain ${row.domain}`;
export const serverKey = (row) => `server ${row.role} ${row.server}`;
export const workloadKey = (row) => `workload ${row.role} ${row.cgroup} ${row.cgroup_version} ${row.comm}`;

// What of a summary is kept.
function sample(summary) {
    const counts = new Map();
    const whole = new Set(['server']);
    for (const [list, key] of [['domains', domainKey], ['servers', serverKey], ['workloads', workloadKey]]) {
        for (const row of summary[list]) counts.set(key(row), row.queries);
        if (summary[list].length < listLimit) whole.add(list.slice(0, -1));
    }
    return {
        start: summary.exporter.start_unix_ns,
        seconds: summary.monotonic_ns / 1e9,
        queries: summary.totals.queries,
        outcomes: summary.outcomes,
        edges: summary.latency.edges_seconds,
        buckets: summary.latency.buckets,
        counts,
        whole,  // kinds of rows that are all there
    };
}

// The queries of a row at that time; what was in no list that had room for it was not there yet.
function queriesOf(one, key) {
    return one.counts.get(key) ?? (one.whole.has(key.split(' ', 1)[0]) ? 0 : null);
}

// Whether both are of one life of the exporter, with the same buckets.
function fit(earlier, later) {
    return earlier.start === later.start && earlier.queries <= later.queries &&
        earlier.seconds < later.seconds && earlier.edges.join() === later.edges.join();
}

export class History {
    #samples = [];

    // A summary older than the last one, or of another life of the exporter, begins anew.
    add(summary) {
        const newest = sample(summary);
        const last = this.#samples.at(-1);
        if (last && last.start === newest.start && last.seconds === newest.seconds) return;
        if (last && !fit(last, newest)) this.#samples = [];
        this.#samples.push(newest);
        while (newest.seconds - this.#samples[0].seconds > windowSeconds) this.#samples.shift();
    }

    // Queries a second now; null before there are two summaries.
    rate() {
        const [base, last] = this.#recent(() => true);
        return base ? (last.queries - base.queries) / (last.seconds - base.seconds) : null;
    }

    // Of one row of a list, by its key; null where it has not been in the list for long enough.
    rateOf(key) {
        const [base, last] = this.#recent((one) => queriesOf(one, key) !== null);
        if (!base || queriesOf(last, key) === null) return null;
        return Math.max(0, queriesOf(last, key) - queriesOf(base, key)) / (last.seconds - base.seconds);
    }

    rateOfOutcome(name) {
        const [base, last] = this.#recent(() => true);
        return base ? ((last.outcomes[name] ?? 0) - (base.outcomes[name] ?? 0)) / (last.seconds - base.seconds) : null;
    }

    // Outcomes and answers of the last minutes, as far as this page has seen them; of the exporter's whole life
    // (seconds: null) where there was no query in them.
    window() {
        const [first, last] = [this.#samples[0], this.#samples.at(-1)];
        const { edges, outcomes, buckets } = last;
        if (first.queries === last.queries) return { seconds: null, edges, outcomes, buckets };
        const since = Object.entries(outcomes).map(([name, queries]) => [name, queries - (first.outcomes[name] ?? 0)]);
        return {
            seconds: last.seconds - first.seconds,
            edges,
            outcomes: Object.fromEntries(since),
            buckets: buckets.map((answers, i) => answers - first.buckets[i]),
        };
    }

    // The rate between each two summaries: [{ago: seconds before the last one, rate}], the oldest first.
    points() {
        const last = this.#samples.at(-1);
        return this.#samples.slice(1).map((one, i) => {
            const before = this.#samples[i];
            return { ago: last.seconds - one.seconds, rate: (one.queries - before.queries) / (one.seconds - before.seconds) };
        });
    }

    // The oldest suitable sample of the last seconds, or the one before the last where all are older; and the last.
    #recent(suits) {
        const last = this.#samples.at(-1);
        const earlier = this.#samples.slice(0, -1).filter(suits);
        const base = earlier.find((one) => last.seconds - one.seconds <= recentSeconds) ?? earlier.at(-1);
        return [base, last];
    }
}
