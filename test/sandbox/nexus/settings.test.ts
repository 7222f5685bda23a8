import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { NexusConfiguration } from "../../../components/nexus/nexus-configuration";
import { NexusHost } from "../../../components/nexus/nexus-host";
import { parseSettings } from "../../../components/settings/settings";
import { NEXUS_IMAGE } from "../../../sandbox/nexus/build";
import { freePort } from "../../support/free-port";
import { testIdentity } from "../../support/identity";
import { type Changes, InlineProject, type InlineStack } from "../../support/stack/inline-stack";
import { madeNexus } from "../../support/stack/made-nexus";
import { needsDocker } from "../../support/stack/own-sandbox";
import { root } from "../../support/stack/sandbox";
import { ensureImage } from "./harness";
import { ABSENT_FORMATS } from "./kinds/bad-repositories";

type Json = { [key: string]: unknown };

/** All examples of docs/nexus.md in one. */
function everyExample(): Json {
  const blocks = readFileSync(join(root, "docs", "nexus.md"), "utf8").matchAll(/^```yaml\n([\s\S]*?)^```/gm);
  const secret = () => JSON.stringify(randomBytes(12).toString("hex"));
  let all: Json = {};
  for (const [, block] of blocks) {
    const example = parse(block!.replaceAll("{ secure: … }", secret))["berth:nexus"];
    if (!("url" in example)) all = merge(all, example); // own-nexus.test.ts has that
  }
  return all;
}

function merge(one: unknown, other: unknown): Json {
  const merged: Json = { ...(one as Json) };
  for (const [key, value] of Object.entries(other as Json)) {
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    const old = merged[key];
    if (isObject) merged[key] = merge(typeof old === "object" ? old : {}, value);
    else merged[key] = value;
  }
  return merged;
}

/** The examples on this machine: free ports, the sandbox's image, no S3 (s3-page.test.ts has it), an authority that is there. */
async function runnable(folder: string): Promise<Json> {
  const nexus = everyExample();
  nexus["rotation"] = undefined;
  delete (nexus["blobStores"] as Json)["archive"];
  const [pem] = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----\n/.exec(
    readFileSync("/etc/ssl/certs/ca-certificates.crt", "utf8"),
  )!;
  writeFileSync(join(folder, "office-ca.pem"), pem);
  const repositories = nexus["repositories"] as Record<string, Json>;
  delete repositories["artefacts"];
  // Their refusals are in kinds.test.ts.
  for (const [name, { format }] of Object.entries(repositories))
    if (ABSENT_FORMATS.some((absent) => absent === format)) delete repositories[name];
  for (const name of ["frontend", "ci"]) delete (nexus["accounts"] as Json)[name];
  for (const name of ["releases", "cache", "docker", "team", "everything"])
    repositories[name] = { ...repositories[name], port: await freePort() };
  const here = { hostname: "127.0.0.1", image: NEXUS_IMAGE, port: await freePort(), memory: 2048 };
  const certificates = { office: join(folder, "office-ca.pem") };
  delete nexus["tls"];
  return { ...nexus, ...here, certificates, allowDataLoss: true };
}

describe("the settings of docs/nexus.md, all at once on a real Nexus", () => {
  const folder = mkdtempSync(join(tmpdir(), "berth-settings-"));
  const project = new InlineProject("settings");
  let raw: Json = {};
  let stack: InlineStack;

  const program =
    (over: Json = {}) =>
    () => {
      const gitlab = { url: "http://gitlab.test", registry: "gitlab.test:5050", project: "team/blog" };
      const given = { nexus: merge({ ...raw }, over), gitlab, servers: {}, apps: {} };
      const nexus = madeNexus(parseSettings(given).nexus);
      const host = new NexusHost("nexus", { settings: nexus, identity: testIdentity() });
      new NexusConfiguration("registry", { host, settings: nexus });
    };

  /** As the state has them, by the names of their accounts. */
  const passwordsInState = async () => {
    const inputs = await stack.inputs();
    const password = (resource: string) => String(inputs.get(resource)?.["password"]);
    return Object.fromEntries(
      ["admin", "pusher", "scanner"].map((name) => [
        name,
        password(name === "admin" ? "registry-admin-password" : `registry-account-${name}`),
      ]),
    );
  };

  const onlySame = (changes: Changes) => Object.keys(changes).filter((operation) => operation !== "same");

  const login = async (name: string, password: string) => {
    const authorization = `Basic ${Buffer.from(`${name}:${password}`).toString("base64")}`;
    const url = `http://127.0.0.1:${raw["port"]}/service/rest/v1/repositories`;
    return (await fetch(url, { headers: { authorization }, signal: AbortSignal.timeout(10_000) })).status;
  };

  before(async function () {
    await needsDocker(this);
    await ensureImage();
    raw = await runnable(folder);
    stack = await project.stack("dev");
  });

  after(async function () {
    this.timeout(600_000);
    await stack?.destroy();
    project.remove();
    rmSync(folder, { recursive: true });
  });

  it("are applied, and a refresh and a preview then find nothing to do", async () => {
    await stack.up(program());
    await stack.refresh();
    assert.deepEqual(onlySame(await stack.preview(program())), []);
    assert.equal(await login("scanner", (await passwordsInState())["scanner"]!), 200);
  });

  it("rotate every random password by one setting", async () => {
    const before = await passwordsInState();
    raw["rotation"] = "2026-12";
    const changes = await stack.up(program());
    for (const [name, password] of Object.entries(await passwordsInState())) {
      assert.notEqual(password, before[name], `${name}, after ${JSON.stringify(changes)}`);
      assert.equal(await login(name, password), 200, `${name} logs in with the new password`);
      assert.equal(await login(name, before[name]!), 401, `${name} no longer does with the old one`);
    }
    assert.deepEqual(onlySame(await stack.preview(program())), []);
  });

  it("are refused at preview where this Nexus can't do them", async () => {
    const over = { repositories: { all: { format: "apt", type: "group", members: ["debs"] } } };
    await assert.rejects(stack.preview(program(over)), /has no apt group repositories/);
  });
});
