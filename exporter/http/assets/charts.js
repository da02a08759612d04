// Small charts as SVG, in pixels of the screen, so that text keeps its size. Shapes only: the numbers are in the
// tables and, for those who cannot see them, in the charts' labels.
import * as format from './format.js';

const namespace = 'http://www.w3.org/2000/svg';
const height = 120;
const footer = 18;  // room for the words below
const header = 14;
const labelWidth = 56;  // of one word below

function shape(name, attributes, text) {
    const element = document.createElementNS(namespace, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    if (text !== undefined) element.textContent = text;
    return element;
}

const word = (x, y, anchor, text) => shape('text', { x, y, 'text-anchor': anchor }, text);

function begin(svg, label) {
    const width = Math.max(svg.clientWidth, 2 * labelWidth);
    svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
    svg.setAttribute('aria-label', label);
    return width;
}

// points: [{ago, rate}], the oldest first. The chart is as many whole minutes wide as there are points for.
export function drawRate(svg, points) {
    const minutes = Math.max(1, Math.ceil((points[0]?.ago ?? 0) / 60));
    const most = points.reduce((max, point) => Math.max(max, point.rate), 0);
    const width = begin(svg, points.length === 0 ? 'Not known yet' :
        `${format.rate(points.at(-1).rate)} now, ${format.rate(most)} at most`);
    const floor = height - footer;
    const x = (ago) => (width * (1 - ago / 60 / minutes)).toFixed(1);
    const y = (rate) => (floor - (most > 0 ? rate / most : 0) * (floor - header)).toFixed(1);
    const line = points.map(({ ago, rate }) => `${x(ago)},${y(rate)}`).join(' ');
    const shapes = [shape('line', { x1: 0, x2: width, y1: floor, y2: floor, class: 'axis' })];
    if (points.length > 0) {
        shapes.push(shape('polygon', { points: `${x(points[0].ago)},${floor} ${line} ${width},${floor}`, class: 'area' }));
        shapes.push(shape('polyline', { points: line, class: 'curve' }));
        shapes.push(word(0, header - 4, 'start', format.rate(most)));
    }
    shapes.push(word(0, height - 4, 'start', `${minutes} min ago`), word(width, height - 4, 'end', 'now'));
    svg.replaceChildren(...shapes);
}

const upTo = (edges, i) => i < edges.length ? `up to ${format.duration(edges[i])}` : `above ${format.duration(edges.at(-1))}`;

function bar(edges, buckets, i, box) {
    const rect = shape('rect', { ...box, class: 'bar' });
    rect.append(shape('title', {}, `${upTo(edges, i)}: ${format.count(buckets[i])}`));
    return rect;
}

// The buckets from the first that has an answer to the last.
export function drawLatency(svg, edges, buckets) {
    const first = buckets.findIndex((answers) => answers > 0);
    const last = buckets.findLastIndex((answers) => answers > 0);
    const width = begin(svg, first < 0 ? 'No answers yet' :
        buckets.map((answers, i) => answers > 0 ? `${upTo(edges, i)}: ${answers}` : '').filter(Boolean).join(', '));
    if (first < 0) {
        svg.replaceChildren(word(0, height / 2, 'start', 'No answers yet'));
        return;
    }
    const most = Math.max(...buckets);
    const step = width / (last - first + 1);
    const every = Math.max(1, Math.ceil(labelWidth / step));
    const floor = height - footer;
    const shapes = [shape('line', { x1: 0, x2: width, y1: floor, y2: floor, class: 'axis' })];
    for (let i = first; i <= last; ++i) {
        const left = (i - first) * step;
        const tall = buckets[i] / most * (floor - header);
        shapes.push(bar(edges, buckets, i, { x: left + 1, width: Math.max(step - 2, 1), y: floor - tall, height: tall }));
        if ((i - first) % every === 0 && (step * (last - i + 1) >= labelWidth || i === first))
            shapes.push(word(left + 1, height - 4, 'start', i < edges.length ? `≤ ${format.duration(edges[i])}` : 'more'));
    }
    svg.replaceChildren(...shapes);
}

// A share of the whole as a bar.
export function shareBar(share) {
    const svg = shape('svg', { viewBox: '0 0 100 8', preserveAspectRatio: 'none', class: 'share', 'aria-hidden': 'true' });
    svg.append(shape('rect', { width: 100, height: 8, class: 'track' }), shape('rect', { width: share * 100, height: 8, class: 'bar' }));
    return svg;
}
