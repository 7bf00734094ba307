// SPDX-License-Identifier: Apache-2.0
// Evaluates expressions for main.cpp. The first line read is the names in scope with the source of
// their values, as {names, values}; each line after that an array of sources, answered by one line
// with the array of their results.
import { readSync, writeSync } from "node:fs";

const pieces = [];
const chunk = Buffer.alloc(1 << 16);

// Nothing at the end.
function readLine() {
    for (;;) {
        const whole = pieces.length === 0 ? -1 : pieces.at(-1).indexOf(10);
        if (whole >= 0) {
            const last = pieces.pop();
            const line = Buffer.concat([...pieces, last.subarray(0, whole)]).toString();
            pieces.length = 0;
            if (whole + 1 < last.length) pieces.push(last.subarray(whole + 1));
            return line;
        }
        const size = readSync(0, chunk);
        if (size === 0) return undefined;
        pieces.push(Buffer.from(chunk.subarray(0, size)));
    }
}

function writeLine(text) {
    const bytes = Buffer.from(`${text}\n`);
    for (let at = 0; at < bytes.length;) at += writeSync(1, bytes, at);
}

const halves = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
const scalar = (text) => JSON.stringify(text.replace(halves, "\ufffd"));

// As src/expr/testing/evaluate.cpp shows what leaves an expression.
const leaves = (value) => value !== undefined && typeof value !== "function";
let shown = 0; // values of one result: shared ones count, and take time, wherever they are
function show(value) {
    bounded(++shown);
    if (!leaves(value)) return "undefined";
    if (typeof value === "string") return scalar(value);
    if (Object.is(value, -0)) return "-0";
    if (Array.isArray(value))
        return `[${Array.from(value, (v) => (leaves(v) ? show(v) : "null")).join(",")}]`;
    if (value !== null && typeof value === "object") {
        // Keys may become equal when halves of surrogate pairs are replaced; the last one counts.
        const members = new Map();
        for (const [key, member] of Object.entries(value))
            if (leaves(member)) members.set(scalar(key), show(member));
        return `{${Array.from(members, ([key, text]) => `${key}:${text}`).join(",")}}`;
    }
    return String(value);
}

// What would fill all memory here; Millrace runs out of fuel before that.
const size_max = 1e6;
const longest_text = 2 ** 29 - 24; // more than this Node.js refuses by itself
function bounded(size) {
    if (size > size_max && size <= longest_text) throw new RangeError("too large to compare");
}
const { from } = Array;
Array.from = (source, ...rest) => {
    if (source !== null && typeof source === "object" && !(Symbol.iterator in source))
        bounded(Math.min(source.length, longest_text));
    return from.call(Array, source, ...rest);
};
const { repeat, padStart, padEnd } = String.prototype;
String.prototype.repeat = function (count) {
    bounded(this.length * count);
    return repeat.call(this, count);
};
String.prototype.padStart = function (length, ...filler) {
    if (filler[0] !== "") bounded(Number(length));
    return padStart.call(this, length, ...filler);
};
String.prototype.padEnd = function (length, ...filler) {
    if (filler[0] !== "") bounded(Number(length));
    return padEnd.call(this, length, ...filler);
};

const { names, values } = JSON.parse(readLine());
const makers = values.map((value) => new Function(`return (${value});`));

function result(source) {
    let run;
    try {
        run = new Function(...names, `return (${source}\n);`);
    } catch (error) {
        return `!syntax ${error.message}`;
    }
    shown = 0;
    try {
        // Fresh values each time: what one expression changes is no other's business.
        return show(run(...makers.map((make) => make())));
    } catch (error) {
        return `!${error.name}: ${error.message}`;
    }
}

for (let line = readLine(); line !== undefined; line = readLine())
    writeLine(JSON.stringify(JSON.parse(line).map(result)));
