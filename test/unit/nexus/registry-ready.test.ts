import assert from "node:assert/strict";
import { RegistryReady } from "../../../components/nexus/registry-ready";
import { type Call, type Reply, scriptedNexus } from "../../support/nexus/scripted-nexus";
import { type Reply as RegistryReply, ScriptedRegistry } from "../../support/registry/scripted-registry";
import { serialisedProvider } from "../../support/serialised-provider";

const refuse =
  (status: number): RegistryReply =>
  (_request, response) => {
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify({ errors: [{ code: "DENIED", message: "no" }] }));
  };

/** As a proxy in front of a server that starts. */
const away: RegistryReply = (_request, response) => {
  response.writeHead(503, { "content-type": "text/html" });
  response.end("<h1>Service Unavailable</h1>");
};

interface Scene {
  readonly probe: "read" | "write";
  /** Answers of the registry, before it is as it should be. */
  readonly first?: RegistryReply[];
  readonly nexus?: (call: Call) => Reply;
  readonly timeout?: number;
}

async function untilReady({ probe, first = [], nexus = () => ({ status: 404 }), timeout = 20 }: Scene) {
  const registry = await new ScriptedRegistry().start();
  const rest = await scriptedNexus(nexus);
  for (const reply of first) registry.script(probe === "read" ? "GET" : "POST", /./, reply);
  const args = { registry: registry.host, tls: false, username: "pusher", password: "s3cret", probe };
  const want = { ...args, nexus: rest.url, container: "c", timeout };
  const provider = await serialisedProvider(() => new RegistryReady("r", want));
  try {
    await provider.create(want);
    // After a 404 the API's base is asked whether it wants a login.
    const seen = registry.seen.filter(({ path }) => path !== "/v2/");
    return { requests: seen.map(({ method, path }) => `${method} ${path}`), text: "" };
  } catch (error) {
    return { requests: [], text: (error as Error).message.replaceAll(registry.host, "HOST") };
  } finally {
    rest.close();
    await registry.stop();
  }
}

describe("a registry's readiness", () => {
  it("is that a manifest can be asked for, or an upload begun", async () => {
    const read = await untilReady({ probe: "read" });
    assert.deepEqual(read.requests, ["GET /v2/berth-readiness/manifests/latest"]);
    const write = await untilReady({ probe: "write" });
    assert.equal(write.requests[0], "POST /v2/berth-readiness/blobs/uploads/");
  });

  it("is waited for while the server starts, up to the limit, which the error names", async () => {
    const { requests } = await untilReady({ probe: "read", first: [away, away] });
    assert.equal(requests.length, 3);
    const { text } = await untilReady({ probe: "read", first: Array(50).fill(away), timeout: 0.6 });
    assert.match(
      text,
      /^The registry HOST is not ready for pusher after 0.6 s \(limit: berth:nexus.readyTimeout\): .*503/,
    );
  });

  it("does not hang on a registry that a proxy repository in a group asks in vain", async () => {
    const { requests } = await untilReady({ probe: "read", first: [refuse(503)] });
    assert.equal(requests.length, 1);
  });

  it("fails at once, with the reason, where waiting won't help", async () => {
    const eula = ({ path }: Call): Reply =>
      path.endsWith("/v1/system/eula")
        ? { status: 200, body: { accepted: false, disclaimer: "…" } }
        : { status: 404 };
    const licence = await untilReady({ probe: "write", first: [refuse(403)], nexus: eula });
    assert.equal(
      licence.text,
      "The registry HOST is not ready for pusher: Sonatype's licence has not been accepted. Read it in Nexus's web " +
        "interface or at https://links.sonatype.com/products/nxrm/ce-eula; to accept it set berth:nexus.eula to accepted.",
    );
    const login = await untilReady({ probe: "read", first: [refuse(401)] });
    assert.match(
      login.text,
      /it takes no login. Is the realm DockerToken active, and the password of pusher/,
    );
    const role = await untilReady({ probe: "write", first: [refuse(403)] });
    assert.match(
      role.text,
      /^The registry HOST is not ready for pusher: the account's role lacks a privilege/,
    );
    for (const { text } of [licence, login, role]) assert.ok(!text.includes("s3cret"));
  });
});
