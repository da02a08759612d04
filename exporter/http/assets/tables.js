// The tables of the page. Text is only ever set as text: names come from whoever sends packets.
import * as format from './format.js';
import { shareBar } from './charts.js';
import { domainKey, failedShare, serverKey, workloadKey } from './history.js';

// A cell: text, and the class of its column or of what it says.
const cell = (text, kind = '') => ({ text, kind });
const number = (text) => cell(text, 'number');
const failed = (share) => cell(format.percent(share), share > 0 ? 'number bad' : 'number');

function setCell(element, { text, kind, content }) {
    if (element.className !== kind) element.className = kind;
    if (content) element.replaceChildren(content);
    else if (element.textContent !== text) element.textContent = text;
}

function newRow(width) {
    const row = document.createElement('tr');
    for (let i = 0; i < width; ++i) {
        const element = document.createElement(i === 0 ? 'th' : 'td');
        if (i === 0) element.scope = 'row';
        row.append(element);
    }
    return row;
}

function setEmpty(body) {
    const element = document.createElement('td');
    element.colSpan = body.parentElement.tHead.rows[0].cells.length;
    element.className = 'quiet';
    element.textContent = body.dataset.empty;
    const row = document.createElement('tr');
    row.append(element);
    body.replaceChildren(row);
}

// Changes only what differs, so that who selects text keeps his selection.
function fill(id, rows) {
    const body = document.getElementById(id);
    if (rows.length === 0) return setEmpty(body);
    const width = rows[0].length;
    while (body.rows.length > 0 && (body.rows.length > rows.length || body.lastElementChild.cells.length !== width))
        body.lastElementChild.remove();
    while (body.rows.length < rows.length) body.append(newRow(width));
    rows.forEach((cells, i) => cells.forEach((one, j) => setCell(body.rows[i].cells[j], one)));
}

export function showOutcomes(summary, history) {
    const entries = Object.entries(summary.outcomes).sort(([, a], [, b]) => b - a);
    fill('outcomes', entries.map(([name, queries]) => {
        const share = queries / summary.totals.queries;
        return [cell(name), number(format.count(queries)), number(format.rate(history.rateOfOutcome(name))),
            number(format.percent(share)), { text: '', kind: 'wide', content: shareBar(share) }];
    }));
}

export function showHooks(hooks) {
    fill('hooks', hooks.map((one) => [cell(one.interface), cell(one.hook), cell(one.mode),
        one.attached ? cell('attached', 'good') : cell('not attached', 'bad')]));
}

export function showDomains(domains, history) {
    fill('domains', domains.map((one) => [cell(one.domain, 'name'), number(format.count(one.queries)),
        number(format.rate(history.rateOf(domainKey(one)))),
        number(format.percent((one.outcomes.NXDOMAIN ?? 0) / one.queries)), failed(failedShare(one.outcomes))]));
}

export function showServers(servers, history) {
    fill('servers', servers.map((one) => [cell(one.server, 'name'), cell(one.role), number(format.count(one.queries)),
        number(format.rate(history.rateOf(serverKey(one)))), failed(failedShare(one.outcomes)),
        number(format.duration(one.latency.p50)), number(format.duration(one.latency.p95)),
        number(format.duration(one.latency.p99))]));
}

// What people know the place by, the most telling first.
function place(row) {
    if (row.pod) return row.namespace ? `${row.namespace}/${row.pod}` : row.pod;
    return row.container ?? row.workload;
}

export function showWorkloads(workloads, history) {
    fill('workloads', workloads.map((one) => [cell(format.words(one.comm), 'name'), cell(format.words(place(one)), 'name'),
        cell(one.role), number(format.count(one.queries)), number(format.rate(history.rateOf(workloadKey(one)))),
        failed(failedShare(one.outcomes)), number(format.duration(one.latency.p95))]));
}

export function showAlerts(alerts) {
    fill('alerts', alerts.map((one) => [cell(format.time(one.time), 'fixed'), cell(one.severity, `severity-${one.severity}`),
        cell(one.event_type), cell(format.words(one.domain), 'name'), cell(one.client, 'name'),
        cell(format.words(one.process), 'name')]));
}

export function showSlow(transactions) {
    fill('slow', transactions.map((one) => [cell(format.time(one.time), 'fixed'), number(format.duration(one.latency_seconds)),
        cell(format.words(one.name), 'name'), cell(format.words(one.type)), cell(one.outcome), cell(one.server, 'name'),
        cell(format.words(one.comm), 'name')]));
}
