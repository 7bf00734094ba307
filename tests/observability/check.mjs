// SPDX-License-Identifier: Apache-2.0
// Runs a server, writes its metrics to a file, and takes its traces as the messages that
// OpenTelemetry publishes. Exit status 1 and the reasons when something is wrong.

import { deepStrictEqual } from "node:assert";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

const require = createRequire(import.meta.url);
// The generated messages are no public entry of the package.
const generated = join(require.resolve("@opentelemetry/otlp-transformer"), "..", "generated", "root.js");
const { ExportTraceServiceRequest } =
    require(generated).opentelemetry.proto.collector.trace.v1;

const wrong = [];
const bodies = [];

/** JSON of OTLP as the messages have it: ids are bytes, which JSON writes in hexadecimal. */
function withBytes(value, name) {
    if (Array.isArray(value)) return value.map((item) => withBytes(item, name));
    if (value !== null && typeof value === "object")
        return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withBytes(item, key)]));
    return ["traceId", "spanId", "parentSpanId"].includes(name) ? Buffer.from(value, "hex") : value;
}

/** The same, as it comes back from bytes: what the messages do not have is gone. */
function throughBytes(request) {
    const sent = ExportTraceServiceRequest.fromObject(withBytes(request));
    const received = ExportTraceServiceRequest.decode(ExportTraceServiceRequest.encode(sent).finish());
    return ExportTraceServiceRequest.toObject(received, { longs: String, bytes: Buffer });
}

function checkTraces(body) {
    const request = JSON.parse(body);
    const mistake = ExportTraceServiceRequest.verify(
        ExportTraceServiceRequest.fromObject(withBytes(request)));
    if (mistake !== null) wrong.push(`not the messages of OTLP: ${mistake}`);
    try {
        deepStrictEqual(throughBytes(request), withBytes(request));
    } catch (error) {
        wrong.push(`something is lost on the way through OTLP's bytes: ${error.message}`);
    }
    return request.resourceSpans.flatMap((resource) =>
        resource.scopeSpans.flatMap((scope) => scope.spans));
}

const receiver = createServer((request, response) => {
    let body = "";
    request.on("data", (part) => (body += part));
    request.on("end", () => {
        if (request.url === "/v1/traces") bodies.push(body);
        response.setHeader("Content-Type", "application/json");
        response.end("{}");
    });
});
await new Promise((ready) => receiver.listen(0, "127.0.0.1", ready));
const outside = `http://127.0.0.1:${receiver.address().port}`;

const data = mkdtempSync(join(tmpdir(), "millrace-observability-"));
const server = spawn(process.argv[2],
    ["serve", "--listen", "127.0.0.1:0", "--data", data, "--otlp-endpoint", outside],
    { stdio: ["ignore", "pipe", "inherit"] });
const ended = new Promise((done) => server.on("exit", done));
try {
    const url = await new Promise((ready, failed) => {
        let out = "";
        server.on("exit", () => failed(new Error("the server has ended")));
        server.stdout.on("data", (part) => {
            out += part;
            const line = out.match(/Millrace is ready: (\S+)/);
            if (line) ready(line[1]);
        });
    });
    const post = async (path, body) => {
        const answer = await fetch(`${url}/api/v1${path}`, {
            method: "POST",
            headers: { "Content-Type": "application/json",
                traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", tracestate: "shop=1" },
            body: JSON.stringify(body),
        });
        if (!answer.ok) throw new Error(`POST ${path}: ${await answer.text()}`);
    };
    await post("/workflows", {
        millrace: 1, id: "calling",
        nodes: [
            { id: "start", type: "trigger.manual" },
            { id: "call", type: "http.request", data: { url: `${outside}/{{ input.path }}` } },
            { id: "refuse", type: "flow.fail", data: { code: "no_room", message: "\\ \"is\"\nfull" } }],
        connections: ["start -> call -> refuse"],
    });
    await post("/workflows/calling/execute?wait=30s", { input: { path: "a" } });
    for (let tries = 0; tries < 100; ++tries) {
        const metrics = await (await fetch(`${url}/metrics`)).text();
        writeFileSync(process.argv[3], metrics);
        if (metrics.includes('\nworkflow_executions_total{status="failed"} 1\n')) break;
        await new Promise((later) => setTimeout(later, 50));
    }
} finally {
    server.kill("SIGTERM");
    await ended;
    receiver.close();
    rmSync(data, { recursive: true });
}

const spans = bodies.flatMap(checkTraces);
for (const name of ["workflow calling", "http.request call", "http.request call attempt 1", "flow.fail refuse"]) {
    if (!spans.some((span) => span.name === name)) wrong.push(`there is no span ${name}`);
}
const ids = new Set(spans.map((span) => span.spanId));
for (const span of spans) {
    if (span.traceId !== "0af7651916cd43dd8448eb211c80319c") wrong.push(`${span.name} is of another trace`);
    if (!ids.has(span.parentSpanId) && span.parentSpanId !== "b7ad6b7169203331")
        wrong.push(`${span.name} has a parent that is not there`);
}

for (const reason of wrong) console.error(reason);
console.log(`observability: ${spans.length} spans, ${wrong.length} mistakes`);
process.exit(wrong.length === 0 && spans.length > 0 ? 0 : 1);
