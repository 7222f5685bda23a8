import assert from "node:assert/strict";
import { loginFor } from "../../../../automation/doctor/registries";
import { probeRegistry } from "../../../../automation/doctor/registry-probe";
import { fail as refuse, ScriptedRegistry, status } from "../../../support/registry/scripted-registry";

describe("doctor's probe of a registry", () => {
  let registry: ScriptedRegistry;
  beforeEach(async () => {
    registry = await new ScriptedRegistry().start();
  });
  afterEach(() => registry.stop());

  const account = { username: "pusher", password: "secret-of-pusher" };
  const probe = ({ deleter }: { deleter: typeof account | undefined } = { deleter: account }) =>
    probeRegistry({
      what: "registry",
      registry: registry.host,
      repository: "team/blog",
      access: { insecure: false, secure: false },
      pusher: account,
      puller: account,
      deleter,
      advice: "log in",
    });

  it("is pushed, pulled and deleted, without a tag, another one each time", async () => {
    for (const _ of [1, 2]) {
      const { state, text } = await probe();
      assert.equal(state, "ok", text);
      assert.match(text, /^a probe was pushed to 127\.0\.0\.1:\d+\/team\/blog, pulled and deleted$/);
    }
    assert.equal(registry.manifests.size, 0, "nothing is left");
    const pushed = registry.requests("PUT", /manifests/).map(({ path }) => path);
    assert.equal(new Set(pushed).size, 2);
    assert.ok(pushed.every((path) => path.includes("sha256:")));
  });

  it("is not pushed where it could not be deleted: an upload is begun and given up", async () => {
    for (const code of [401, 403, 405]) {
      registry.script("DELETE", /manifests/, (_, response) => refuse(response, code, "DENIED", "no"));
      const { state, text } = await probe();
      assert.deepEqual(
        [
          state,
          /takes pushes and pulls; a whole probe wasn't pushed, as this login may not delete it again$/.test(
            text,
          ),
        ],
        ["ok", true],
        text,
      );
    }
    assert.match((await probe({ deleter: undefined })).text, /as nobody here may delete it again$/);
    assert.deepEqual([registry.manifests.size, registry.uploads.size], [0, 0]);
    assert.equal(registry.requests("PUT", /manifests/).length, 0);
  });

  it("fails by the step that failed: a push, a pull, a delete", async () => {
    const cases = [
      ["POST", /uploads/, /^a push to .*team\/blog failed: /],
      ["GET", /manifests/, /^a pull from .*team\/blog failed: /],
    ] as const;
    for (const [method, path, words] of cases) {
      registry.script(method, path, (_, response) => refuse(response, 403, "DENIED", "not for you"));
      const { state, text, advice } = await probe();
      assert.deepEqual([state, advice, words.test(text)], ["fail", "log in", true], text);
      assert.match(text, /not for you/);
      assert.doesNotMatch(text, /secret-of/);
    }
    assert.equal(
      registry.manifests.size,
      0,
      "what was pushed and could not be pulled is deleted all the same",
    );
    registry.script("DELETE", /manifests/, status(404)).script("DELETE", /manifests/, status(400));
    assert.match((await probe()).text, /^a delete from /);
  });

  it("fails where nobody answers", async () => {
    await registry.stop();
    const { state, text } = await probe();
    assert.deepEqual([state, /ECONNREFUSED|nothing listens/.test(text)], ["fail", true], text);
    registry = await new ScriptedRegistry().start();
  });

  it("logs in as a build does: with the job's login, else as docker left it, else not at all", async () => {
    const job = { CI_REGISTRY: "r.test", CI_REGISTRY_USER: "ci", CI_REGISTRY_PASSWORD: "job" };
    assert.deepEqual(await loginFor("r.test", "team/blog", { ...job, HOME: "/nonexistent" }), {
      username: "ci",
      password: "job",
    });
    const auths = { "r.test": { auth: Buffer.from("me:mine").toString("base64") } };
    const docker = { DOCKER_AUTH_CONFIG: JSON.stringify({ auths }), HOME: "/nonexistent" };
    assert.deepEqual(await loginFor("r.test", "team/blog", docker), { username: "me", password: "mine" });
    assert.equal(await loginFor("r.test", "team/blog", { HOME: "/nonexistent" }), undefined);
  });
});
