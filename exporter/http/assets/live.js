// The live view: asks the API every two seconds and shows what it says, as long as somebody looks.
import { drawLatency, drawRate } from './charts.js';
import * as format from './format.js';
import { failedShare, History, quantile } from './history.js';
import { showAlerts, showDomains, showHooks, showOutcomes, showServers, showSlow, showWorkloads } from './tables.js';

const refreshMs = 2000;
const longestMs = 30000;  // between two tries where nobody answers or the API refuses
const answerLimitMs = 10000;
const shownRows = 20;
const shownEvents = 10;  // alerts, slow queries

const history = new History();
const element = (id) => document.getElementById(id);

class Refused extends Error {
    constructor(status, said) {
        super(said);
        this.status = status;
    }
}

function setText(node, text) {
    if (node.textContent !== text) node.textContent = text;
}

const get = (path) => fetch(path, { cache: 'no-store', signal: AbortSignal.timeout(answerLimitMs) });

// What an error's body says: {"error": text}.
async function said(answer) {
    try {
        return String((await answer.json()).error);
    } catch {
        return `status ${answer.status}`;
    }
}

async function ask(path) {
    const answer = await get(path);
    if (answer.status === 401 || answer.status === 403) throw new Refused(answer.status, await said(answer));
    if (!answer.ok) throw new Error(`${path}: ${await said(answer)}`);
    return answer.json();
}

function showTiles(summary, recent) {
    setText(element('rate'), format.rate(history.rate()));
    setText(element('queries'), format.count(summary.totals.queries));
    setText(element('active'), format.count(summary.totals.active_queries));
    const share = failedShare(recent.outcomes);
    setText(element('failed'), format.percent(share));
    element('failed').className = share > 0 ? 'bad' : '';
    for (const [id, part] of [['p50', 0.5], ['p95', 0.95], ['p99', 0.99]])
        setText(element(id), format.duration(quantile(recent.edges, recent.buckets, part)));
}

function showSummary(summary) {
    element('live').hidden = false;  // before charts are drawn: they are as wide as the page
    history.add(summary);
    const recent = history.window();
    showTiles(summary, recent);
    const span = recent.seconds === null ? 'since the start' : `last ${format.age(recent.seconds)}`;
    for (const node of document.querySelectorAll('.window')) setText(node, span);
    const seconds = (summary.generated_unix_ns - summary.exporter.start_unix_ns) / 1e9;
    setText(element('since'), `, counting for ${format.age(seconds)}`);
    drawRate(element('rate-chart'), history.points());
    drawLatency(element('latency-chart'), recent.edges, recent.buckets);
    showOutcomes(summary, history);
    showHooks(summary.hooks);
    showWorkloads(summary.workloads.slice(0, shownRows), history);
}

async function showReady() {
    const answer = await get('/-/ready');
    setText(element('state'), answer.ok ? 'DNS is being watched.' :
        'Not ready: no interface is watched, or the reader is stuck. The log says why.');
}

// One after the other: all over one connection, and of one reading of the counters.
async function refresh() {
    await showReady();
    showSummary(await ask('/api/v1/summary'));
    showDomains((await ask(`/api/v1/domains?limit=${shownRows}`)).domains, history);
    showServers((await ask(`/api/v1/servers?limit=${shownRows}`)).servers, history);
    showAlerts((await ask(`/api/v1/alerts?limit=${shownEvents}`)).alerts);
    const slow = await ask('/api/v1/slow');
    setText(element('threshold'), `above ${format.duration(slow.threshold_seconds)}`);
    showSlow(slow.transactions.slice(0, shownEvents));
}

function refusal(error) {
    if (error.status === 401)
        return 'The API wants a user name and a password. Load this page again and log in.';
    const port = location.port || (location.protocol === 'https:' ? '443' : '80');
    return `The live view is not for everybody, so the API refused it: ${error.message}. From another machine, tunnel: ` +
        `“ssh -L ${port}:127.0.0.1:${port} ${location.hostname}”, then open ${location.protocol}//127.0.0.1:${port}/ there. ` +
        'The metrics and the state are shown to all.';
}

function failure(error) {
    const why = error.name === 'TimeoutError' ? 'it took too long' : error.message;
    return `The exporter does not answer (${why}). Trying again; what is below is as it was.`;
}

function setNotice(text) {
    setText(element('notice'), text);
    element('notice').hidden = text === '';
}

class Poller {
    #timer = null;
    #busy = false;
    #failures = 0;

    start() {
        document.addEventListener('visibilitychange', () => this.#look());
        this.#look();
    }

    #look() {
        clearTimeout(this.#timer);
        if (!document.hidden && !this.#busy) this.#round();
    }

    async #round() {
        this.#busy = true;
        const pause = await this.#attempt();
        this.#busy = false;
        if (!document.hidden) this.#timer = setTimeout(() => this.#round(), pause);
    }

    // Refreshes the page; returns how long to wait, in ms.
    async #attempt() {
        try {
            await refresh();
            this.#failures = 0;
            setNotice('');
            return refreshMs;
        } catch (error) {
            const refused = error instanceof Refused;
            setNotice(refused ? refusal(error) : failure(error));
            if (refused) return longestMs;
            setText(element('state'), '');
            return Math.min(longestMs, refreshMs * 2 ** ++this.#failures);
        }
    }
}

new Poller().start();
