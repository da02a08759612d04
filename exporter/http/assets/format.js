// Numbers and times as text. What is not known is a dash.

const unknown = '–';

export function count(number) {
    return number === null ? unknown : number.toLocaleString('en-US');
}

// Events a second.
export function rate(perSecond) {
    if (perSecond === null) return unknown;
    return perSecond < 100 ? perSecond.toFixed(1) : count(Math.round(perSecond));
}

export function percent(share) {
    if (share === null) return unknown;
    if (share > 0 && share < 0.001) return '<0.1 %';
    return `${(share * 100).toFixed(share === 0 || share === 1 ? 0 : 1)} %`;
}

// Three digits and a unit.
export function duration(seconds) {
    if (seconds === null) return unknown;
    const [factor, unit] = seconds < 0.001 ? [1e6, 'µs'] : seconds < 1 ? [1e3, 'ms'] : [1, 's'];
    return `${Number((seconds * factor).toPrecision(3))} ${unit}`;
}

// How long a while was: the largest unit is enough.
export function age(seconds) {
    if (seconds < 120) return `${Math.round(seconds)} s`;
    if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
    if (seconds < 172800) return `${Math.round(seconds / 3600)} h`;
    return `${Math.round(seconds / 86400)} days`;
}

// RFC 3339 in UTC -> date and time to the second.
export function time(text) {
    return text === null ? unknown : `${text.slice(0, 10)} ${text.slice(11, 19)}`;
}

export function words(text) {
    return text === null ? unknown : text;
}
