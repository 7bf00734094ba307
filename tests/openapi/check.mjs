// SPDX-License-Identifier: Apache-2.0
// Checks an OpenAPI document: against the OpenAPI Initiative's schema of 3.1, and each schema in it
// as JSON Schema 2020-12. Exit status 1 and the reasons when something is wrong.

import { readFileSync } from "node:fs";
import { Validator } from "@seriousme/openapi-schema-validator";
import Ajv2020 from "ajv/dist/2020.js";
import addFormats from "ajv-formats";

const openapi = JSON.parse(readFileSync(process.argv[2], "utf8"));
const wrong = [];

const { valid, errors } = await new Validator().validate(structuredClone(openapi));
if (!valid) wrong.push(`it is no OpenAPI 3.1: ${JSON.stringify(errors, null, 2)}`);

// A validator that takes everything would prove nothing.
const broken = structuredClone(openapi);
Object.values(broken.paths)[0].get = { responses: { "two hundred": {} } };
if ((await new Validator().validate(broken)).valid) wrong.push("the validator sees no mistakes");

// Unknown keywords are mistakes; what strict types ask for beyond JSON Schema is a matter of taste.
const ajv = new Ajv2020.default({ strict: true, strictRequired: false, strictTypes: false });
addFormats.default(ajv);
// Schemas are found where the document has them.
ajv.addVocabulary(["components"]);
ajv.addSchema({ $id: "urn:millrace:openapi", components: openapi.components }, undefined, false, false);

const schemas = Object.keys(openapi.components.schemas);
for (const name of schemas) {
    try {
        ajv.compile({ $ref: `urn:millrace:openapi#/components/schemas/${name}` });
    } catch (error) {
        wrong.push(`the schema ${name} does not compile: ${error.message}`);
    }
}

const operations = Object.values(openapi.paths).flatMap((path) => Object.values(path));
for (const { operationId, responses, summary } of operations) {
    if (!summary) wrong.push(`${operationId} has no summary`);
    if (!Object.keys(responses).some((status) => status < "400"))
        wrong.push(`${operationId} has no answer but problems`);
}

if (wrong.length > 0) {
    console.error(wrong.join("\n"));
    process.exit(1);
}
console.log(`${operations.length} operations and ${schemas.length} schemas are as OpenAPI 3.1 says.`);
