import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Props, Provider } from "../../../sandbox/pulumi/src/providers/provider";
import { IMAGE, REMOTE_IMAGE, registryWithLogin, useDocker } from "./fixture";
import { BASE, docker, type Registry, RUN } from "./harness";

const PASSWORD = "s3cret/with+odd=characters";

describe("the cache of a build, in a builder that is new", function () {
  this.timeout(600_000);
  const resource = useDocker();
  const context = mkdtempSync(join(tmpdir(), `${RUN}-context-`));
  let registry: Registry;
  let logins: Provider;
  let base: string;
  let builds = 0;

  before(async function () {
    ({ registry, logins } = await registryWithLogin(this, PASSWORD));
    writeFileSync(join(context, "Dockerfile"), `FROM ${BASE}\n`);
    const inputs = { imageName: `${registry.address}/${RUN}/base:1`, build: { context }, registry: login() };
    base = String((await resource(IMAGE, "cached-base").create(inputs))["repoDigest"]);
    await forget(await records());
  });

  after(async () => {
    await registry?.stop();
    rmSync(context, { recursive: true });
  });

  it("has what did not change out of the image before, and makes the rest", async () => {
    const steps = [random("once"), "COPY file /file", random("again")];
    const first = await built(steps, { file: "one" });
    const other = await built(steps, { file: "two" });
    assert.notEqual(other.layers[1], first.layers[1], "without the cache each builder makes its own");
    const next = await built(steps, { file: "two", cacheFrom: first.digest });
    assert.deepEqual(next.layers.slice(0, 2), first.layers.slice(0, 2), "the base, and what did not change");
    assert.notEqual(next.layers[2], first.layers[2], "the file that did");
    assert.notEqual(next.layers[3], first.layers[3], "what comes after it");
    const same = await built(steps, { file: "two", cacheFrom: next.digest });
    assert.deepEqual(same.layers, next.layers, "of a cached image, too");
  });

  it("has what the last stage took from one before it, while nothing of that one changed", async () => {
    const stages = (...more: string[]) => [
      random("made"),
      ...more,
      `FROM ${base}`,
      "COPY --from=0 /made /made",
    ];
    const steps = [...stages(), "COPY file /file"];
    const first = await built(steps, { file: "one" });
    const next = await built(steps, { file: "two", cacheFrom: first.digest });
    assert.equal(next.layers[1], first.layers[1]);
    assert.notEqual(next.layers[2], first.layers[2]);
    const whole = await built(stages("COPY file /file"), { file: "one" });
    const anew = await built(stages("COPY file /file"), { file: "two", cacheFrom: whole.digest });
    assert.notEqual(anew.layers[1], whole.layers[1], "layers that are not in the image are in no cache");
  });

  it("is no matter where there is none, or one that can't be read", async () => {
    const steps = [random("once")];
    const plain = await built(steps, { inline: false });
    const unread = await built(steps, { cacheFrom: plain.digest });
    assert.notEqual(unread.layers[1], plain.layers[1], "it says not what it is made of");
    const gone = `${repository()}@sha256:${"0".repeat(64)}`;
    const { logged } = await built(steps, { cacheFrom: gone });
    assert.match(logged, new RegExp(`cacheFrom image ${gone} not available: `));
    assert.ok(!logged.includes(PASSWORD));
  });

  const login = () => ({ server: registry.address, username: "user", password: PASSWORD });
  const repository = () => `${registry.address}/${RUN}/cached`;

  /** What no two runs make alike. */
  const random = (name: string) => `RUN cat /proc/sys/kernel/random/uuid > /${name}`;

  interface Given {
    readonly file?: string;
    readonly cacheFrom?: string;
    readonly inline?: boolean;
  }

  /** Builds and pushes it; then the builder forgets it. */
  async function built(steps: readonly string[], { file = "", cacheFrom, inline = true }: Given) {
    writeFileSync(join(context, "Dockerfile"), [`FROM ${base}`, ...steps, ""].join("\n"));
    writeFileSync(join(context, "file"), file);
    const before = await records();
    const pulled = resource(REMOTE_IMAGE, `cached-base-${builds}`, logins);
    await pulled.create({ name: base, keepLocally: true });
    const name = `${repository()}:${++builds}`;
    const image = resource(IMAGE, `cached-${builds}`);
    const build: Props = {
      context,
      args: inline ? { BUILDKIT_INLINE_CACHE: "1" } : {},
      ...(cacheFrom !== undefined && { cacheFrom: { images: [cacheFrom] } }),
    };
    const { repoDigest } = await image.create({ imageName: name, build, registry: login() });
    const { RootFS } = await docker.getImage(name).inspect();
    await forget(before);
    return { digest: String(repoDigest), layers: RootFS.Layers ?? [], logged: image.logged.join("\n") };
  }

  /** The builder is as one that has never built it. @param before what it had */
  async function forget(before: readonly string[]): Promise<void> {
    for (const { Id, RepoTags, RepoDigests } of await docker.listImages())
      if ([...(RepoTags ?? []), ...(RepoDigests ?? [])].some((name) => name.startsWith(registry.address)))
        await docker.getImage(Id).remove({ force: true });
    const left = async () => (await records()).filter((id) => !before.includes(id));
    // One that others are made of goes after them.
    for (let tries = 0; (await left()).length > 0; tries++) {
      if (tries === 20) throw new Error("the builder keeps what it has built");
      for (const id of await left()) await prune(id);
    }
  }

  /** Ids of what the builder keeps; the layers of images on this Docker, which others share, are not its own. */
  async function records(): Promise<string[]> {
    const { BuildCache }: { BuildCache?: { ID: string; Shared: boolean }[] } = await docker.df();
    return (BuildCache ?? []).flatMap(({ ID, Shared }) => (Shared ? [] : [ID]));
  }

  function prune(id: string): Promise<void> {
    const options = { all: true, filters: JSON.stringify({ id: [id] }) };
    const request = { path: "/build/prune?", method: "POST", options, statusCodes: { 200: true } };
    return new Promise((resolve, reject) => {
      docker.modem.dial(request, (error) => (error ? reject(error) : resolve()));
    });
  }
});
