import assert from "node:assert/strict";
import { factsOf } from "../../../components/nexus/rest/server-abilities";
import { scriptedNexus } from "../../support/nexus/scripted-nexus";

const schemas = { DockerAttributes: { properties: { httpPort: {}, pathEnabled: {} } } };

describe("what a server says of itself", () => {
  for (const [version, document] of [
    ["Swagger 2", { swagger: "2.0", definitions: schemas }],
    ["OpenAPI 3", { openapi: "3.0.1", components: { schemas } }],
  ] as const) {
    it(`is read from a document of ${version}`, async () => {
      const nexus = await scriptedNexus(() => ({
        status: 200,
        body: { ...document, paths: { "/v1/tasks": { post: {} } } },
      }));
      const facts = await factsOf({ url: nexus.url, username: "", password: "" });
      nexus.close();
      assert.deepEqual(facts.fieldsOf("DockerAttributes"), ["httpPort", "pathEnabled"]);
      assert.deepEqual(facts.fieldsOf("NoSuch"), []);
      assert.deepEqual([facts.offers("POST", "/v1/tasks"), facts.offers("GET", "/v1/tasks")], [true, false]);
    });
  }
});
