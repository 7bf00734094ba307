// SPDX-License-Identifier: Apache-2.0
// Writes function_results.json: expressions with functions, methods, spread and patterns, with the
// results of Node.js.
//     node make_function_results.mjs [count] [seed] > function_results.json
// The table is recorded, so that the tests need no Node.js. Every expression is typed, so that most
// of them have a result and not an error.

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

const inputsText = `{"n": 7, "m": -3.5, "s": "a😀b", "t": "", "nums": [3, 1, 2, 10, -1, 2], "none": [],
 "mixed": [1, "x", null, [2, [3, [4]]], {"k": 1}, true, "10", 9], "strs": ["b", "a", "B", "", "😀", "10", "9"],
 "objs": [{"id": 3, "k": "x", "tags": ["p", "q"], "o": {"x": 1}}, {"id": 1, "k": "y", "tags": [], "o": {"x": 2, "y": 3}},
          {"id": 2, "k": "x", "tags": ["q"], "o": {}}, {"id": 1, "k": "z", "tags": ["r", "p"], "o": {"x": null}}],
 "o": {"b": 1, "10": "ten", "a": {"deep": [1, 2]}, "2": "two", "01": "no index", "-1": 0}, "nul": null}`;
const inputs = JSON.parse(inputsText);

const atoms = {
    num: ["1", "2", "0", "-1", "0.5", "10", "NaN", "inputs.n", "inputs.m", "inputs.nums[0]", "inputs.nums.length", "3"],
    str: ["'a'", "''", "'x,y'", "inputs.s", "inputs.t", "inputs.strs[1]", "'😀'", "inputs.objs[0].k"],
    bool: ["true", "false"],
    nums: ["inputs.nums", "inputs.none", "[1, 2, 3]", "[]", "[5, 1]", "[3, 3, 3]"],
    strs: ["inputs.strs", "['x', 'y']", "inputs.objs[0].tags", "[]"],
    obj: ["inputs.objs[0]", "inputs.objs[1]", "{id: 9, k: 'n', tags: ['t'], o: {x: 5}}"],
    objs: ["inputs.objs", "[]"],
    map: ["{...inputs.o}", "{}", "{b: 1, a: 2, 3: 4, 1: 0}", "inputs.objs[1].o"],
    any: ["inputs.mixed", "Object.keys(inputs.o)", "Object.entries(inputs.o)", "null", "undefined", "inputs.nul", "[[1, [2]], [3]]"],
};
let names = 0;
const fresh = () => `v${names++}`;

function atom(type, scope) {
    const known = scope.filter((v) => v.type === type);
    return known.length > 0 && random(3) > 0 ? pick(known).name : pick(atoms[type]);
}

// A function of parameters of the given types; some of them are taken apart or left out.
function func(types, result, depth, scope) {
    const inner = [...scope];
    const own = [];
    const parameters = types.slice(0, 1 + random(types.length)).map((type) => parameter(type, own, [...scope]));
    if (random(12) === 0) {
        const name = fresh();
        own.push({name, type: "any"});
        parameters.push(`...${name}`);
    }
    inner.push(...own);
    const body = gen(result, depth - 1, inner);
    const bare = parameters.length === 1 && /^\w+$/.test(parameters[0]) && random(2);
    return `${bare ? parameters[0] : `(${parameters.join(", ")})`} => ${bodyOf(body)}`;
}
function bodyOf(body) { // `{` would begin statements
    return body.startsWith("{") ? `(${body})` : body;
}
function parameter(type, own, scope) {
    const name = fresh();
    if (type === "obj" && random(2)) {
        const x = fresh();
        own.push({name, type: "num"}, {name: x, type: "any"});
        return pick([`{id: ${name}, o: {x: ${x} = ${gen("num", 0, scope)}}}`, `{id: ${name}, ...${x}}`,
            `{"id": ${name}, tags: [${x} = 'none']}`, `{id: ${name} = 1, missing: ${x} = ${name}}`]);
    }
    if (type === "pair") {
        const x = fresh();
        own.push({name, type: "str"}, {name: x, type: "any"});
        return pick([`[${name}, ${x}]`, `[${name}, , ${x} = ${name}]`, `[${name}, ...${x}]`, `[${name}, ${x}, z${x} = [${name}]]`]);
    }
    own.push({name, type});
    return random(8) === 0 ? `${name} = ${gen(type, 0, scope)}` : name;
}

const at = (type, elements) => (d, s) => pick([`${w(elements, d, s)}.at(${gen("num", 0, s)})`, `${w(elements, d, s)}.find(${func([type, "num"], "bool", d, s)})`,
    `${w(elements, d, s)}.findLast(${func([type, "num"], "bool", d, s)})`, `${w(elements, d, s)}[${gen("num", 0, s)}]`,
    `(${func([type, "num"], type, d, s)})(${gen(type, d - 1, s)}, ${gen("num", 0, s)})`,
    `(${gen("bool", d - 1, s)} ? ${gen(type, d - 1, s)} : ${gen(type, d - 1, s)})`]);
const list = (type, self) => (d, s) => pick([
    `${w(self, d, s)}.filter(${func([type, "num", self], "bool", d, s)})`, `${w(self, d, s)}.map(${func([type, "num", self], type, d, s)})`,
    `[...${w(self, d, s)}, ${gen(type, d - 1, s)}]`, `[${gen(type, d - 1, s)}, ...${w(self, d, s)}]`,
    `${w(self, d, s)}.slice(${gen("num", 0, s)}, ${gen("num", 0, s)})`, `${w(self, d, s)}.concat(${gen(self, d - 1, s)}, ${gen(type, 0, s)})`,
    `${w(self, d, s)}.toReversed()`, `[...${w(self, d, s)}].reverse()`, `${w(self, d, s)}.with(0, ${gen(type, d - 1, s)})`,
    `${w(self, d, s)}.toSpliced(${gen("num", 0, s)}, ${gen("num", 0, s)}, ${gen(type, d - 1, s)})`,
    `${w(self, d, s)}.flatMap(${func([type, "num"], self, d, s)})`, `Array.from(${gen(self, d - 1, s)}, ${func([type, "num"], type, d, s)})`,
    `Array.from({length: ${random(4)}}, () => ${bodyOf(gen(type, d - 1, s))})`, `Array.of(...${w(self, d, s)})`,
    `[...${w(self, d, s)}.values()]`, `[...${w(self, d, s)}].fill(${gen(type, 0, s)}, ${gen("num", 0, s)})`,
    `((...all) => all)(...${w(self, d, s)})`, `[${gen(type, d - 1, s)}, ${gen(type, d - 1, s)}]`]);

const rules = {
    num: (d, s) => pick([() => `(${gen("num", d - 1, s)} ${pick(["+", "-", "*", "/", "%", "|", "&", "^", "<<", ">>", ">>>"])} ${gen("num", d - 1, s)})`,
        () => `${w("nums", d, s)}.reduce(${func(["num", "num", "num", "nums"], "num", d, s)}${random(2) ? `, ${gen("num", 0, s)}` : ""})`,
        () => `${w("nums", d, s)}.reduceRight(${func(["num", "num"], "num", d, s)}, ${gen("num", 0, s)})`,
        () => `${w("objs", d, s)}.reduce(${func(["num", "obj"], "num", d, s)}, 0)`,
        () => `${w("nums", d, s)}.${pick(["indexOf", "lastIndexOf"])}(${gen("num", 0, s)}${random(2) ? `, ${gen("num", 0, s)}` : ""})`,
        () => `${w("strs", d, s)}.${pick(["findIndex", "findLastIndex"])}(${func(["str", "num"], "bool", d, s)})`,
        () => `${w("obj", d, s)}.id`, () => `${w(pick(["nums", "strs", "objs", "any"]), d, s)}?.length`, () => `~${w("num", d, s)}`,
        () => at("num", "nums")(d, s)])(),
    str: (d, s) => pick([() => `${w(pick(["nums", "strs", "any"]), d, s)}?.join?.(${random(2) ? gen("str", 0, s) : ""})`, () => `${w("obj", d, s)}.k`,
        () => `(${gen("str", d - 1, s)} + ${gen(pick(["str", "num"]), d - 1, s)})`, () => `\`<\${${gen(pick(["str", "nums"]), d - 1, s)}}>\``,
        () => `typeof ${w(pick(["str", "num", "any", "objs"]), d, s)}`, () => `${w("strs", d, s)}.toString()`, () => at("str", "strs")(d, s)])(),
    bool: (d, s) => pick([() => `(${gen("num", d - 1, s)} ${pick(["<", ">", "===", "=="])} ${gen("num", d - 1, s)})`,
        () => `(${gen("str", d - 1, s)} ${pick(["<", ">", "==="])} ${gen("str", d - 1, s)})`, () => `!${w("any", d, s)}`,
        () => `${w("nums", d, s)}.${pick(["some", "every"])}(${func(["num", "num"], "bool", d, s)})`,
        () => `${w("objs", d, s)}.${pick(["some", "every"])}(${func(["obj"], "bool", d, s)})`,
        () => `${w(pick(["nums", "strs"]), d, s)}.includes(${gen(pick(["num", "str"]), d - 1, s)})`,
        () => `(${gen(pick(["str", "num"]), 0, s)} in ${gen(pick(["map", "nums"]), d - 1, s)})`, () => `Array.isArray(${gen(pick(["nums", "any", "map"]), d - 1, s)})`,
        () => `Object.hasOwn(${gen("map", d - 1, s)}, ${gen("str", 0, s)})`, () => `Object.is(${gen("num", d - 1, s)}, ${gen("num", d - 1, s)})`,
        () => `(${gen("objs", d - 1, s)} === ${gen("objs", d - 1, s)})`, () => `(${gen("obj", d - 1, s)} == ${gen("obj", d - 1, s)})`])(),
    nums: (d, s) => pick([() => list("num", "nums")(d, s), () => list("num", "nums")(d, s), () => `${w("objs", d, s)}.map(${func(["obj", "num"], "num", d, s)})`,
        () => `${w("nums", d, s)}.toSorted(${pick(["", "(a, b) => a - b", "(a, b) => b - a", "(a, b) => a > b", "() => 0", func(["num", "num"], "num", d, s)])})`,
        () => `[...${w("nums", d, s)}.keys()]`])(),
    strs: (d, s) => pick([() => list("str", "strs")(d, s), () => `Object.keys(${gen("map", d - 1, s)})`, () => `[...${w("strs", d, s)}].sort()`,
        () => `[...${w("str", d, s)}]`, () => `${w("objs", d, s)}.flatMap((o) => o.tags)`, () => `Array.from(${gen("str", d - 1, s)})`,
        () => `${w("objs", d, s)}.map(({k}) => k)`])(),
    obj: (d, s) => pick([() => at("obj", "objs")(d, s), () => `{...${w("obj", d, s)}, ${pick(["id", "k", "extra"])}: ${gen("num", d - 1, s)}}`])(),
    objs: (d, s) => pick([() => list("obj", "objs")(d, s), () => `${w("objs", d, s)}.toSorted(${pick(["(a, b) => a.id - b.id", "({id: a}, {id: b}) => b - a", func(["obj", "obj"], "num", d, s)])})`])(),
    map: (d, s) => pick([() => `Object.fromEntries(${w("strs", d, s)}.map(${func(["str", "num"], "pairOf", d, s)}))`,
        () => `{...${w("map", d, s)}, ...${gen(pick(["map", "strs", "str"]), d - 1, s)}}`, () => `{[${gen(pick(["str", "num"]), d - 1, s)}]: ${gen("num", d - 1, s)}, z: ${gen("str", d - 1, s)}}`,
        () => `${w("objs", d, s)}.reduce((acc, {id, k}) => ({...acc, [k]: [...(acc[k] ?? []), id]}), {})`,
        () => `Object.fromEntries(Object.entries(${gen("map", d - 1, s)}).filter(${func(["pair"], "bool", d, s)}))`,
        () => `Object.assign({}, ${gen("map", d - 1, s)}, {q: ${gen("num", d - 1, s)}})`, () => `(({b, ...rest}) => rest)(${gen("map", d - 1, s)})`])(),
    pairOf: (d, s) => `[${gen("str", d - 1, s)}, ${gen("num", d - 1, s)}]`,
    any: (d, s) => pick([() => gen(pick(["num", "str", "nums", "strs", "objs", "map", "bool"]), d - 1, s), () => `Object.entries(${gen("map", d - 1, s)}).map(${func(["pair"], "any", d, s)})`,
        () => `${w(pick(["nums", "strs"]), d, s)}.map(${func(["num", "num"], "any", d, s)})`, () => `inputs.mixed.flat(${gen("num", 0, s)})`, () => `Object.values(${gen("map", d - 1, s)})`,
        () => `((f) => f(${gen("num", 0, s)}))(${func(["num"], "any", d, s)})`, () => `[...${w("strs", d, s)}.entries()]`,
        () => `void ${w("any", d, s)}`, () => `inputs.mixed.map((x, i, {length}) => ${bodyOf(gen("any", d - 1, [...s, {name: "x", type: "any"}, {name: "i", type: "num"}, {name: "length", type: "num"}]))})`,
        () => `((a) => (b) => [a, b, a === b])(${gen("objs", d - 1, s)})(${gen("objs", d - 1, s)})`, () => `((f) => [f() === f(), f()])(() => ${bodyOf(gen(pick(["nums", "map"]), d - 1, s))})`])(),
};
function gen(type, depth, scope) {
    if (depth <= 0) return type === "pairOf" ? "['p', 1]" : atom(type, scope);
    return rules[type](depth, scope);
}
function w(type, depth, scope) {
    const text = gen(type, depth - 1, scope);
    return /^[\w.]+$/.test(text) && !/^[\d.]/.test(text) ? text : `(${text})`;
}

const scalar = (text) => JSON.stringify(text.toWellFormed());
function show(value) {
    if (typeof value === "string") return scalar(value);
    if (typeof value === "function") return "undefined";
    if (Object.is(value, -0)) return "-0";
    if (Array.isArray(value)) return `[${Array.from(value, (v) => (v === undefined || typeof v === "function" ? "null" : show(v))).join(",")}]`;
    if (value !== null && typeof value === "object") {
        const members = Object.entries(value).filter(([, v]) => v !== undefined && typeof v !== "function");
        return `{${members.map(([k, v]) => `${scalar(k)}:${show(v)}`).join(",")}}`;
    }
    return String(value);
}

const run = new Function("inputs", "source", "return eval('(' + source + ')');");
const rows = [];
const seen = new Set();
for (const type of Object.keys(atoms)) atoms[type].forEach(add);
while (rows.length < count) {
    names = 0;
    add(gen(pick(["any", "any", "nums", "strs", "objs", "map", "str", "bool", "num"]), 2 + random(3), []));
}

function add(source) {
    if (seen.has(source) || source.length > 400) return;
    seen.add(source);
    let result;
    try {
        result = show(run(inputs, source));
    } catch (error) {
        result = error.name;
    }
    if (result === "SyntaxError") throw new Error(`the generator wrote ${source}`);
    if (result.length < 2000) rows.push([source, result]);
}

const lines = rows.map((row) => `    ${JSON.stringify(row)}`);
process.stdout.write(`{\n  "inputs": ${inputsText},\n  "results": [\n${lines.join(",\n")}\n  ]\n}\n`);
