import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CoreClient, CoreRequest } from "../../nexus/connector/core-client";
import type { RunningRepositories } from "../../nexus/connector/docker/repositories";
import { ConnectorRecord } from "../../nexus/connector/record";
import { RepositoryWrites } from "../../nexus/connector/rest/repository-writes";

const wanted = {
  name: "releases",
  online: true,
  storage: { blobStoreName: "default", strictContentTypeValidation: true, writePolicy: "ALLOW" },
  docker: { v1Enabled: false, forceBasicAuth: true, httpPort: 8082 },
};
const duplicate = { status: 400, body: '{"id":"*","message":"Duplicate key"}' };

describe("a repository that the real Nexus was asked to make", () => {
  let directory: string;
  let file: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "berth-writes-"));
    file = join(directory, "connector.json");
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  /** One POST by a connector that has just started; an answer `lost` is one that never came. */
  async function post(answers: readonly ("lost" | { status: number; body?: string })[]) {
    const asked: string[] = [];
    const core = {
      ask: async ({ method, path }: CoreRequest) => {
        asked.push(`${method} ${path}`);
        const answer = answers[asked.length - 1];
        if (!answer || answer === "lost") throw new Error("the connection broke off");
        const headers = { "content-type": "application/json" };
        return { status: answer.status, headers, body: Buffer.from(answer.body ?? "") };
      },
    } as unknown as CoreClient;
    const nothing = async () => undefined;
    const running = {
      portOwner: () => undefined,
      listen: nothing,
      open: nothing,
      erase: () => undefined,
    } as unknown as RunningRepositories;
    let status = 0;
    const response = {
      writeHead: (code: number) => {
        status = code;
      },
      end: () => undefined,
    };
    const record = new ConnectorRecord(file);
    const path = "/service/rest/v1/repositories/docker/hosted";
    const made = new RepositoryWrites(core, record, running).create("hosted", {
      request: { method: "POST", headers: {} } as IncomingMessage,
      response: response as unknown as ServerResponse,
      path,
      query: "",
      body: Buffer.from(JSON.stringify(wanted)),
    });
    await made.catch((error: Error) => assert.match(error.message, /broke off/));
    return { status, asked, record };
  }

  const raw = "/service/rest/v1/repositories/raw/proxy";

  it("just before both went down is taken over by the next request", async () => {
    const { record: left } = await post(["lost"]);
    assert.equal(left.repository("releases"), undefined);
    const { status, asked, record } = await post([duplicate, { status: 204 }]);
    assert.deepEqual([status, asked], [201, [`POST ${raw}`, `PUT ${raw}/releases`]]);
    assert.equal(record.repository("releases")?.docker.httpPort, 8082);
    assert.deepEqual(record.current.begun, {});
  });

  it("and that it refused as it stopped, but made, is taken over by the next request", async () => {
    const { status: first, record: left } = await post([{ status: 503 }]);
    assert.deepEqual([first, left.current.begun], [503, { releases: "hosted" }]);
    const { status, asked } = await post([duplicate, { status: 204 }]);
    assert.deepEqual([status, asked], [201, [`POST ${raw}`, `PUT ${raw}/releases`]]);
  });

  it("and never made is made by the next request", async () => {
    await post(["lost"]);
    const { status, asked, record } = await post([{ status: 201 }]);
    assert.deepEqual([status, asked], [201, [`POST ${raw}`]]);
    assert.ok(record.repository("releases"));
  });

  it("is not taken over where it was there before", async () => {
    const { status, asked, record } = await post([duplicate]);
    assert.deepEqual([status, asked], [400, [`POST ${raw}`]]);
    assert.equal(record.repository("releases"), undefined);
    assert.deepEqual(record.current.begun, {});
  });

  it("stays unknown while nobody can say what became of it", async () => {
    await post(["lost"]);
    assert.equal((await post([duplicate, { status: 503 }])).status, 400);
    assert.equal((await post([duplicate, { status: 204 }])).status, 201);
  });
});
