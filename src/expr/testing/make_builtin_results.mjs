// SPDX-License-Identifier: Apache-2.0
// Writes builtin_results.json: calls of builtins with edge arguments and the results of Node.js.
//     node make_builtin_results.mjs > builtin_results.json
// The table is recorded, so that the tests need no Node.js.

const positions = ["", "0", "1", "-1", "2.7", "NaN", "Infinity", "-Infinity", "'1'", "null", "1e21"];
const texts = ["''", "'abc'", "'a\\u{1F600}b'", "'\\ud83dx\\ude00'"];
const expressions = [];
const add = (...list) => expressions.push(...list);

for (const text of texts) {
    for (const position of positions) {
        for (const method of ["at", "charAt", "charCodeAt", "codePointAt", "slice", "substring", "substr"])
            add(`${text}.${method}(${position})`);
        add(`${text}.slice(1, ${position || "undefined"})`, `${text}.substring(${position || 2}, 1)`);
        add(`${text}.indexOf('b', ${position || 3})`, `${text}.lastIndexOf('', ${position || 1})`);
        add(`${text}.includes('', ${position || 9})`, `${text}.endsWith('', ${position || 0})`);
        add(`${text}.startsWith('b', ${position || 1})`, `${text}.split('', ${position || 2})`);
    }
    for (const other of ["'b'", "''", "'\\ude00'", "undefined", "'abc'", "1"]) {
        add(`${text}.split(${other})`, `${text}.indexOf(${other})`, `${text}.lastIndexOf(${other})`);
        add(`${text}.replace(${other}, '<$&$\`$\\'$$$1>')`, `${text}.replaceAll(${other}, '[$&]')`);
        add(`${text}.replaceAll(${other}, (m, at, all) => at + m + all.length)`);
        add(`${text}.padStart(7, ${other})`, `${text}.padEnd(6, ${other})`, `${text}.concat(${other})`);
    }
    add(`${text}.repeat(0)`, `${text}.repeat(2)`, `${text}.repeat(-1)`, `${text}.repeat(1.9)`);
    add(`${text}.toUpperCase()`, `${text}.toLowerCase()`, `[...${text}]`, `${text}.length`);
    add(`encodeURIComponent(${text})`, `encodeURI(${text})`, `JSON.stringify(${text})`);
}

for (const text of ["\\u0130", "\\u00df", "\\ufb03", "\\u01c5", "\\u0390", "\\u1f80", "\\u1e9e", "\\u2126", "\\u0149",
    "\\u03a3", "\\u0391\\u03a3", "\\u0391\\u03a3\\u0391", "\\u0391\\u03a3\\u0301", "\\u0391\\u03a3.\\u0391", "1\\u03a3",
    "\\u0345\\u03a3", "\\u0391\\u02b0\\u03a3", "I\\u0307", "\\u10a0", "\\u{10400}", "\\u{1e900}", "\\u0587", "\\uab70", "\\u13a0"])
    add(`'${text}'.toUpperCase()`, `'${text}'.toLowerCase()`);

for (const text of ["\\u00a0\\u1680x\\u2000\\u2028\\u3000\\ufeff", "\\u180ex\\u200b", "\\t\\v\\f\\r\\n x"])
    for (const method of ["trim", "trimStart", "trimEnd"]) add(`'${text}'.${method}()`);

const numbers = ["0", "-0", "1", "0.5", "2.5", "-2.5", "1.005", "1.45", "0.000001234", "123.456", "-1.5e-9", "1e21",
    "123456789012345680000", "5e-324", "1.7976931348623157e308", "4.35", "0.1", "9007199254740993", "NaN", "-Infinity", "8.345", "999.9995"];
for (const number of numbers) {
    for (const digits of ["", "0", "1", "2", "20", "100", "101", "-1", "NaN"]) {
        add(`(${number}).toFixed(${digits})`, `(${number}).toExponential(${digits})`);
        add(`(${number}).toPrecision(${digits})`);
    }
    for (const radix of ["", "2", "3", "7", "16", "36", "1", "37"]) add(`(${number}).toString(${radix})`);
    for (const name of ["abs", "ceil", "floor", "round", "sign", "sqrt", "trunc", "fround", "clz32"])
        add(`Math.${name}(${number})`);
    add(`Number.isInteger(${number})`, `Number.isSafeInteger(${number})`, `String(${number})`, `BigInt(${number})`);
    add(`Math.imul(${number}, 3)`, `Math.max(${number}, 0)`, `Math.min(${number}, -0)`, `JSON.stringify(${number})`);
}
add("Math.max()", "Math.min()", "Math.max(1, NaN)", "Math.max('3', [2])", "Math.round(0.49999999999999994)",
    "Math.round(-0.5)", "Math.round(4503599627370497.5)", "Math.abs(1n)", "Math.pow(2, 0.5)", "Math.E", "Math.SQRT1_2",
    "Math.LN2", "Math.LN10", "Math.LOG2E", "Math.LOG10E", "Math.SQRT2", "Number.MIN_VALUE", "Number.MAX_VALUE",
    "Number.EPSILON", "Number.MIN_SAFE_INTEGER", "Number.NaN", "Number.POSITIVE_INFINITY", "Number.NEGATIVE_INFINITY",
    "(255n).toString(16)", "(-9n).toString(2)", "(5n).toString()", "true.toString()", "(3n).toString(1)");

for (const text of ["", " 12 ", "12px", "-0", "+5", "- 5", "0x1f", "-0x1F", "0b11", "1e3", ".5", "5.", "1e", "1e+", "Infinityx",
    "1_000", "\\u00a07", "99999999999999999999", "zz", "0x", "123456789012345678901234567890", "1.5.5", "--1", "e5", "."]) {
    add(`Number('${text}')`, `parseFloat('${text}')`, `parseInt('${text}')`, `BigInt('${text.trim() || "x"}') > 0`);
    for (const radix of ["2", "8", "10", "16", "36", "37", "1", "-1", "NaN", "16.9"]) add(`parseInt('${text}', ${radix})`);
}
add("Number()", "Number(null)", "Number(undefined)", "Number([])", "Number([5])", "Number({})", "Number(7n)", "String()",
    "String(null)", "String([null, [1]])", "String({})", "String(5n)", "Boolean()", "Boolean('0')", "Boolean(0n)", "Boolean([])",
    "BigInt()", "BigInt(null)", "BigInt(true)", "BigInt('')", "BigInt(1.5)", "BigInt('0x10') + 1n", "parseInt(null, 36)",
    "parseInt(0.0000005)", "isNaN('x')", "isNaN(undefined)", "isFinite('5')", "isFinite(5n)", "Number.isNaN('x')",
    "String.fromCharCode(65, 0x1F600, 55357, 56832)", "String.fromCharCode()", "String.fromCodePoint(0x1F600, 97)",
    "String.fromCodePoint(1.5)", "String.fromCodePoint(-1)", "String.fromCodePoint(1114112)");

for (const text of ["%", "%4", "%41", "%zz", "%C3%A9", "%C3", "%C3%28", "%E2%82%AC", "%F0%9F%98%80", "%ED%A0%80", "%C0%80", "%2F%23%3f", "a+b", "%80"])
    add(`decodeURIComponent('${text}')`, `decodeURI('${text}')`);
add("encodeURI(';/?:@&=+$,#-_.!~*\\'()[]%')", "encodeURIComponent(';/?:@&=+$,#-_.!~*\\'()[]%')", "encodeURIComponent(null)",
    "encodeURIComponent('\\u0080\\u07ff\\u0800\\uffff')", "decodeURIComponent()");

for (const text of ["", "1", "-1", "01", "-", "1.", ".1", "1e5", "1E-2", "1e400", "-0", "9007199254740993", "[]", "[1,]", "[1", "{}",
    "{\"a\":1,}", "{\"a\" : [true,false,null]}", "{a:1}", "\"\\\\u0041\\\\n\"", "\"\\\\x\"", "\"\\\\ud83d\"", "\"\\\\ud83d\\\\ude00\"", "\"\t\"",
    " \\n[ 1 ]\\t", "\\u00a01", "nul", "tru", "\"a", "[1 2]", "{\"b\":1,\"a\":2,\"b\":3,\"1\":4}", "{\"__proto__\":1}", "1 2", "[[[]]]"])
    add(`JSON.parse('${text.replaceAll("\t", "\\t")}')`);
add("JSON.parse('[1,[2,3]]', (k, v) => Array.isArray(v) ? v : v * 2)", "JSON.parse('{\"a\":1,\"b\":2}', (k, v) => k === 'a' ? undefined : v)",
    "JSON.parse('{\"a\":{\"b\":1}}', (k, v) => k)", "JSON.parse(5)", "JSON.parse(null)", "JSON.parse()", "JSON.parse('[1]', 5)");

for (const value of ["undefined", "null", "() => 1", "NaN", "-0", "'\\ud800\"\\\\\\u2028\\u0007'", "5n", "[undefined, () => 1]",
    "({a: undefined, b: [], c: {}})", "[[], {}]", "({2: 1, 1: 2, x: 3})", "({toJSON: (k) => 'k' + k})", "({a: {toJSON: (k) => k}})",
    "({toJSON: 5})", "[1, [2, {a: [3]}]]", "inputs"]) {
    for (const rest of ["", ", null, 2", ", null, '--'", ", undefined, 20", ", null, 'longer than ten'", ", ['a', 'b', 1, 'a']",
        ", (k, v) => typeof v === 'number' ? v + 1 : v", ", (k, v) => k === 'a' ? undefined : v, 1", ", 5, -1", ", null, 1.9"])
        add(`JSON.stringify(${value}${rest})`);
}

const inputsText = `{"n": 7, "a": [1, "x", null], "o": {"k": {"v": 2}}}`;
const inputs = JSON.parse(inputsText);
const halves = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
const scalar = (text) => JSON.stringify(text.replace(halves, "\ufffd"));
const leaves = (value) => value !== undefined && typeof value !== "function";
function show(value) {
    if (!leaves(value)) return "undefined";
    if (typeof value === "string") return scalar(value);
    if (Object.is(value, -0)) return "-0";
    if (Array.isArray(value)) return `[${value.map((v) => (leaves(v) ? show(v) : "null")).join(",")}]`;
    if (value !== null && typeof value === "object")
        return `{${Object.entries(value).filter(([, v]) => leaves(v)).map(([k, v]) => `${scalar(k)}:${show(v)}`).join(",")}}`;
    return String(value);
}

const rows = [];
for (const source of new Set(expressions)) {
    let result;
    try {
        const run = (text) => new Function("inputs", `return (${text}\n);`)(inputs);
        const value = run(source);
        // Beyond 64 bits the native subset ends.
        const big = run(/^BigInt\([^)]*\)/.exec(source)?.[0] ?? "0n");
        if (BigInt.asIntN(64, big) !== big) continue;
        result = show(value);
    } catch (error) {
        result = error.name;
    }
    rows.push([source, result]);
}
const lines = rows.map((row) => `    ${JSON.stringify(row)}`);
process.stdout.write(`{\n  "inputs": ${inputsText},\n  "results": [\n${lines.join(",\n")}\n  ]\n}\n`);
