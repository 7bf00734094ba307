// SPDX-License-Identifier: Apache-2.0
// Writes javascript_results.json: expressions of the native subset with the results of Node.js.
//     node make_javascript_results.mjs [count] [seed] > javascript_results.json
// The table is recorded, so that the tests need no Node.js.

const count = Number(process.argv[2] ?? 1500);
let state = BigInt(process.argv[3] ?? 1);

function random(below) { // SplitMix64
    state = BigInt.asUintN(64, state + 0x9e3779b97f4a7c15n);
    let z = state;
    z = BigInt.asUintN(64, (z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
    z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d049bb133111ebn);
    return Number((z ^ (z >> 31n)) % BigInt(below));
}
const pick = (list) => list[random(list.length)];

// What the expressions read; written to the table as JSON with exact integers.
const inputsText = `{"n": 7, "z": 0, "f": 2.5, "neg": -3, "s": "abc", "e": "", "num": " 12 ",
 "hex": "0x1F", "b": true, "nul": null, "a": [1, 2, "x", null, [3]], "empty": [],
 "o": {"k": 1, "deep": {"v": "w"}, "length": 9}, "none": {}, "big": 9007199254740993,
 "emoji": "a😀b", "private": "ｚ", "list": ["b", "a", "B", "😀"], "tricky": {"__proto__": 5, "0": "zero"}}`;
const inputs = JSON.parse(inputsText);
inputs.big = 9007199254740993n;

const atoms = [
    "inputs.n", "inputs.z", "inputs.f", "inputs.neg", "inputs.s", "inputs.e", "inputs.num",
    "inputs.hex", "inputs.b", "inputs.nul", "inputs.a", "inputs.empty", "inputs.o", "inputs.none",
    "inputs.big", "inputs.emoji", "inputs.private", "inputs.list", "inputs.missing", "inputs.a[0]",
    "inputs.a[4]", "inputs.a[9]", "inputs.o.k", "inputs.o?.deep?.v", "inputs.missing?.x.y",
    "inputs.nul?.[0]", "inputs.missing.x", "inputs.emoji[1]", "inputs.emoji.length", "inputs.tricky[0]",
    "inputs['tricky']['__proto__']", "inputs.o.length",
    "0", "1", "-1", "2", "3.5", "1e21", "1e-7", "0.1", "0xff", "0b101", "0o17", "1_000", ".5", "5.",
    "4294967296", "9007199254740993", "1e400", "5n", "0n", "-2n", "9007199254740993n",
    "''", "'a'", '"10"', "' 1e3 '", "'0b11'", "'Infinity'", "'-'", "'\\u00e9'", "'\\ud83d'", "'\\ude00'",
    "'z\\n'", "'\\x41'", "'\\u{1F600}'", "`t${inputs.n}`", "``", "`a${inputs.a}b${inputs.nul}`",
    "true", "false", "null", "undefined", "NaN", "Infinity", "-Infinity", "[]", "[1]", "[1,2]", "[[]]",
    "[null]", "[undefined, 1]", "{}", "{a: 1}", "{a: {b: 2}}", "{['k' + 1]: inputs.n}",
    "2 ** 10", "(-2) ** 3", "10 ** -2", "2 ** -1074", "4 ** 0.5", "0 ** -1", "1 ** Infinity",
    "2 ** 3 ** 2", "(-8) ** 0.5", "2n ** 10n", "NaN ** 0", "inputs.n ** inputs.neg",
    "{'x y': 1, 2: 3, inputs}.inputs.n", "[inputs.n, inputs.s][1]",
];
const binaries = ["+", "-", "*", "/", "%", "<", "<=", ">", ">=", "==", "!=", "===", "!==", "&&", "||", "+", "=="];
const keys = ["0", "1", "'length'", "'k'", "inputs.n", "'0'", "'01'", "-0", "1.5", "inputs.nul", "`a`", "[0]"];

function generate(depth) {
    if (depth === 0 || random(6) === 0) return pick(atoms);
    const sub = () => generate(depth - 1);
    switch (random(16)) {
        case 0: return `(${sub()} ? ${sub()} : ${sub()})`;
        case 1: return `(${sub()} ?? ${sub()})`;
        case 2: return `!${wrap(sub())}`;
        case 3: return `-${wrap(sub())}`;
        case 4: return `+${wrap(sub())}`;
        case 5: return `${wrap(sub())}?.[${pick(keys)}]`;
        case 6: return `${wrap(sub())}[${pick(keys)}]`;
        case 7: return `${wrap(sub())}?.length`;
        case 8: return `${wrap(pick(["inputs.a", "inputs.list", "inputs.emoji", "inputs.s", "[1,NaN,'a']", sub()]))}.includes(${sub()}${random(3) ? "" : ", " + sub()})`;
        case 9: return `[${sub()}, ${sub()}]`;
        case 10: return `{p: ${sub()}, q: ${sub()}}`;
        case 11: return "`<${" + sub() + "}>`";
        default: return `(${sub()} ${pick(binaries)} ${sub()})`;
    }
}
const wrap = (text) => /^[\w.]+$/.test(text) && !/^[\d.]/.test(text) ? text : `(${text})`;

const scalar = (text) => JSON.stringify(text.toWellFormed());
function show(value) {
    if (typeof value === "string") return scalar(value);
    if (Object.is(value, -0)) return "-0";
    if (Array.isArray(value)) return `[${Array.from(value, (v) => (v === undefined ? "null" : show(v))).join(",")}]`;
    if (value !== null && typeof value === "object") {
        const members = Object.entries(value).filter(([, v]) => v !== undefined);
        return `{${members.map(([k, v]) => `${scalar(k)}:${show(v)}`).join(",")}}`;
    }
    return String(value);
}

// Host functions and BigInts beyond 64 bits are outside of the subset.
const outside = (value) => typeof value === "function" ||
    (typeof value === "bigint" && BigInt.asIntN(64, value) !== value) ||
    (Array.isArray(value) && value.some(outside)) ||
    (value !== null && typeof value === "object" && Object.values(value).some(outside));

const now = () => 1700000000000;
const run = new Function("inputs", "now", "source", "return eval('(' + source + ')');");
const rows = [];
const seen = new Set();
for (const atom of atoms) add(atom);
while (rows.length < count) add(generate(1 + random(3)));

function add(source) {
    // Products of these may leave 64 bits on the way, where the native subset ends.
    if (seen.has(source) || (source.includes("*") && /big|9007199254740993n/.test(source))) return;
    seen.add(source);
    let result;
    try {
        const value = run(inputs, now, source);
        if (outside(value)) return;
        result = show(value);
    } catch (error) {
        result = error.name;
    }
    if (result === "SyntaxError") throw new Error(`the generator wrote ${source}`);
    rows.push([source, result]);
}

const lines = rows.map((row) => `    ${JSON.stringify(row)}`);
process.stdout.write(`{\n  "inputs": ${inputsText},\n  "results": [\n${lines.join(",\n")}\n  ]\n}\n`);
