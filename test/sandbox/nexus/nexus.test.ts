import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { type Answer, NexusStage, needsNexusImage } from "./harness";

const storage = { blobStoreName: "docker", strictContentTypeValidation: true };
const connector = { v1Enabled: false, forceBasicAuth: false };
const hosted = {
  name: "releases",
  online: true,
  storage: { ...storage, writePolicy: "ALLOW_ONCE" },
  docker: { ...connector, httpPort: 8082 },
};
const proxy = {
  name: "hub",
  online: true,
  storage,
  docker: connector,
  dockerProxy: { indexType: "REGISTRY" },
  proxy: { remoteUrl: "http://upstream:5000", contentMaxAge: 1440, metadataMaxAge: 1440 },
  negativeCache: { enabled: true, timeToLive: 1440 },
  httpClient: { blocked: false, autoBlock: true },
};
const group = {
  name: "docker",
  online: true,
  storage,
  docker: { ...connector, httpPort: 8083 },
  group: { memberNames: ["releases", "hub"] },
};
const privilege = (repository: string, action: string) => `nx-repository-view-docker-${repository}-${action}`;
const roles = {
  pusher: ["browse", "read", "add", "edit"].map((action) => privilege("releases", action)),
  puller: [privilege("releases", "read"), privilege("docker", "read")],
  base: [privilege("docker", "read")],
};

function expectStatus(answer: Answer, status: number): void {
  assert.equal(answer.status, status, answer.text);
}

describe("the sandbox's Nexus", function () {
  this.timeout(600_000);
  const stage = new NexusStage();
  const releases = (image: string) => `127.0.0.1:${stage.ports.hosted}/${image}`;
  const fromGroup = (image: string) => `127.0.0.1:${stage.ports.group}/${image}`;

  before(async function () {
    await needsNexusImage(this);
    await stage.prepare();
  });
  after(() => stage.cleanUp());

  it("refuses connections until it is ready, and then says which Nexus it is", async () => {
    const seconds = await stage.start();
    console.log(`      first start: ${seconds.toFixed(1)} s`);
    assert.deepEqual(stage.early, [], "nothing answers before the real server is ready");
    const status = await stage.rest("GET", "status", undefined, null);
    assert.equal(status.headers.get("server"), "Nexus/3.71.0-06 (OSS)");
    assert.match(await stage.docker(["logs", stage.run]), /^berth connector: Berth sandbox: the real Nexus/);
  });

  it("keeps admin.password on the volume until it is changed", async () => {
    stage.password = await stage.docker(["exec", stage.run, "cat", "/nexus-data/admin.password"]);
    assert.match(stage.password, /^[0-9a-f-]{36}$/);
    expectStatus(await stage.rest("PUT", "security/users/admin/change-password", "secret-admin"), 204);
    stage.password = "secret-admin";
    await stage.dockerFails(["exec", stage.run, "test", "-e", "/nexus-data/admin.password"]);
  });

  it("has the token realm among the available ones, and keeps the order of the active ones", async () => {
    const available = (await stage.rest("GET", "security/realms/available")).json() as { id: string }[];
    assert.deepEqual(
      available.map((realm) => realm.id),
      ["DefaultRole", "DockerToken", "NexusAuthenticatingRealm"],
    );
    const order = ["DockerToken", "NexusAuthenticatingRealm"];
    expectStatus(await stage.rest("PUT", "security/realms/active", order), 204);
    assert.deepEqual((await stage.rest("GET", "security/realms/active")).json(), order);
    const unknown = await stage.rest("PUT", "security/realms/active", [...order, "Nope"]);
    assert.deepEqual([unknown.status, /Unknown realmIds: \[Nope\]/.test(unknown.text)], [400, true]);
    expectStatus(await stage.rest("PUT", "security/anonymous", { enabled: false, userId: "anonymous" }), 200);
  });

  it("creates hosted, proxy and group, and lists them as docker", async () => {
    expectStatus(await stage.rest("POST", "blobstores/file", { name: "docker", path: "docker" }), 204);
    expectStatus(await stage.rest("POST", "repositories/docker/hosted", hosted), 201);
    expectStatus(await stage.rest("POST", "repositories/docker/proxy", proxy), 201);
    expectStatus(await stage.rest("POST", "repositories/docker/group", group), 201);
    const view = (await stage.rest("GET", "repositories/docker/hosted/releases")).json() as Record<
      string,
      unknown
    >;
    assert.deepEqual(view.storage, hosted.storage);
    assert.deepEqual(view.docker, { ...hosted.docker, httpsPort: null, subdomain: null });
    assert.deepEqual([view.cleanup, view.format, view.type], [null, "docker", "hosted"]);
    const listed = (await stage.rest("GET", "repositories")).json() as { name: string; format: string }[];
    const docker = listed.filter((one) => one.format === "docker").map((one) => one.name);
    assert.deepEqual(docker.sort(), ["docker", "hub", "releases"]);
    const settings = (await stage.rest("GET", "repositorySettings")).json() as {
      name: string;
      docker?: object;
    }[];
    assert.ok(settings.find((one) => one.name === "hub")?.docker);
  });

  it("refuses wrong repositories with Nexus's own errors", async () => {
    const post = (type: string, body: object) => stage.rest("POST", `repositories/docker/${type}`, body);
    const ids = (answer: Answer) => (answer.json() as { id: string }[]).map((error) => error.id).sort();
    const clash = await post("hosted", { ...hosted, name: "other" });
    assert.deepEqual(
      [clash.status, /8082 is already in use by repository releases/.test(clash.text)],
      [400, true],
    );
    assert.deepEqual(ids(await post("hosted", { name: "x" })), [
      "PARAMETER docker",
      "PARAMETER online",
      "PARAMETER storage",
    ]);
    const free = { ...hosted, docker: connector };
    assert.match((await post("hosted", { ...free, name: "_x" })).text, /Only letters, digits/);
    assert.match((await post("hosted", free)).text, /Duplicate key/);
    const nowhere = { ...free, name: "x", storage: { ...hosted.storage, blobStoreName: "nope" } };
    assert.match((await post("hosted", nowhere)).text, /Blob store not found/);
    const members = { ...group, name: "x", docker: connector, group: { memberNames: ["nope"] } };
    assert.match((await post("group", members)).text, /Member repository does not exist: nope/);
    const foreign = { ...members, group: { memberNames: ["maven-central"] } };
    assert.match(
      (await post("group", foreign)).text,
      /format does not match group repository format: maven-central/,
    );
    expectStatus(await stage.rest("POST", "repositories/docker/hosted", { ...free, name: "x" }, null), 403);
    expectStatus(await stage.rest("GET", "repositories/docker/hosted/x"), 404);
    expectStatus(await stage.rest("GET", "repositories/raw/hosted/releases"), 404);
    const renamed = await stage.rest("PUT", "repositories/docker/hosted/releases", {
      ...hosted,
      name: "other",
    });
    assert.deepEqual(
      [renamed.status, /Renaming a repository is not supported/.test(renamed.text)],
      [400, true],
    );
  });

  it("never gives a remote's password back, and wants it again on every update", async () => {
    const authentication = { type: "username", username: "u", password: "remote-secret" };
    const secret = { ...proxy, httpClient: { ...proxy.httpClient, authentication } };
    expectStatus(await stage.rest("PUT", "repositories/docker/proxy/hub", secret), 204);
    const view = await stage.rest("GET", "repositories/docker/proxy/hub");
    assert.equal(view.text.includes("remote-secret"), false);
    const without = {
      ...proxy,
      httpClient: { ...proxy.httpClient, authentication: { type: "username", username: "u" } },
    };
    const refused = await stage.rest("PUT", "repositories/docker/proxy/hub", without);
    assert.deepEqual([refused.status, /password/.test(refused.text)], [400, true]);
    expectStatus(await stage.rest("PUT", "repositories/docker/proxy/hub", proxy), 204);
  });

  it("takes docker privileges in roles, and gives them back so", async () => {
    for (const [id, privileges] of Object.entries(roles)) {
      const role = { id, name: id, description: "", privileges, roles: [] };
      expectStatus(await stage.rest("POST", "security/roles", role), 200);
      const found = (await stage.rest("GET", `security/roles/${id}`)).json() as { privileges: string[] };
      assert.deepEqual(found.privileges.sort(), [...privileges].sort());
      const user = { userId: id, firstName: id, lastName: id, emailAddress: "a@b.example", status: "active" };
      const body = { ...user, password: `pw-${id}`, roles: [id] };
      expectStatus(await stage.rest("POST", "security/users", body), 200);
    }
    const unknown = {
      id: "r",
      name: "r",
      description: "",
      privileges: [privilege("nope", "read")],
      roles: [],
    };
    const refused = await stage.rest("POST", "security/roles", unknown);
    assert.deepEqual([refused.status, refused.text.includes(privilege("nope", "read"))], [400, true]);
    const raw = { ...unknown, privileges: ["nx-repository-view-raw-releases-read"] };
    assert.match(
      (await stage.rest("POST", "security/roles", raw)).text,
      /raw-releases-read' contained .* not found/,
    );
    const one = (await stage.rest("GET", `security/privileges/${privilege("releases", "read")}`)).json();
    assert.equal((one as { format: string }).format, "docker");
    const all = (await stage.rest("GET", "security/privileges")).json() as { name: string }[];
    assert.ok(all.some((item) => item.name === privilege("*", "read")));
  });

  it("lets accounts log in by token, and wrong passwords not", () => {
    for (const user of Object.keys(roles))
      for (const port of [stage.ports.hosted, stage.ports.group])
        assert.match(stage.login(user, port, `pw-${user}`), /Login Succeeded/);
    assert.throws(() => stage.login("wrong", stage.ports.hosted, "x"), /unauthorized/);
  });

  it("lets only the pusher push, and only readers pull", async () => {
    const app = releases("team/blog:1");
    await stage.image(app);
    for (const user of ["puller", "base"])
      assert.match(await stage.dockerFails(["push", app], user), /denied/);
    assert.match(await stage.dockerFails(["push", app]), /unauthorized|no basic auth/);
    assert.match(await stage.docker(["push", app], "pusher"), /digest: sha256:/);
    await stage.forget(app);
    assert.match(await stage.dockerFails(["pull", app]), /unauthorized/);
    assert.match(await stage.dockerFails(["pull", app], "base"), /denied/);
    await stage.docker(["pull", app], "puller");
    await stage.docker(["pull", fromGroup("team/blog:1")], "base");
    assert.match(await stage.dockerFails(["pull", fromGroup("team/blog:1")], "pusher"), /denied/);
  });

  it("deletes only for those who may, and takes a right away at once", async () => {
    const digest = (
      await stage.v2(stage.ports.hosted, "team/blog/manifests/1", "pusher:pw-pusher")
    ).headers.get("docker-content-digest");
    const remove = () =>
      stage.v2(stage.ports.hosted, `team/blog/manifests/${digest}`, "pusher:pw-pusher", "DELETE");
    const grant = (privileges: string[]) =>
      stage.rest("PUT", "security/roles/pusher", {
        id: "pusher",
        name: "pusher",
        description: "",
        privileges,
        roles: [],
      });
    expectStatus(await remove(), 403);
    expectStatus(await grant([...roles.pusher, privilege("releases", "delete")]), 204);
    expectStatus(await remove(), 202);
    expectStatus(await grant([]), 204);
    expectStatus(await stage.v2(stage.ports.hosted, "team/blog/tags/list", "pusher:pw-pusher"), 403);
    expectStatus(await grant(roles.pusher), 204);
    await stage.docker(["push", releases("team/blog:1")], "pusher");
  });

  it("pulls base images through the group, and serves them while the upstream is away", async () => {
    const base = `127.0.0.1:${stage.ports.upstream}/library/base:1`;
    await stage.image(base);
    await stage.docker(["push", base]);
    await stage.forget(base);
    await stage.docker(["pull", fromGroup("library/base:1")], "base");
    await stage.docker(["stop", `${stage.run}-upstream`]);
    await stage.forget(fromGroup("library/base:1"));
    await stage.docker(["pull", fromGroup("library/base:1")], "base");
    expectStatus(await stage.v2(stage.ports.group, "library/base/manifests/2", "base:pw-base"), 404);
    await stage.docker(["start", `${stage.run}-upstream`]);
  });

  it("refuses pushes to the group as the OSS edition does", async () => {
    const refused = await stage.v2(
      stage.ports.group,
      "x/y/blobs/uploads/",
      `admin:${stage.password}`,
      "POST",
    );
    assert.deepEqual([refused.status, /PRO-licensed/.test(refused.text)], [403, true]);
  });

  const push = (tag: string, content: string, port = stage.ports.hosted) =>
    stage.v2(
      port,
      `team/blog/manifests/${tag}`,
      "pusher:pw-pusher",
      "PUT",
      { "content-type": "application/vnd.oci.image.index.v1+json" },
      JSON.stringify({ schemaVersion: 2, manifests: [], annotations: { content } }),
    );

  it("lets a tag be written once, the same digest again, and latest where the settings say", async () => {
    expectStatus(await push("once", "a"), 201);
    expectStatus(await push("once", "a"), 201);
    const refused = await push("once", "b");
    assert.equal(refused.status, 400);
    assert.match(refused.text, /cannot be updated: Repository does not allow updating assets: releases/);
    expectStatus(await push("latest", "a"), 201);
    expectStatus(await push("latest", "b"), 400);
    const moving = { ...hosted, storage: { ...hosted.storage, latestPolicy: true } };
    expectStatus(await stage.rest("PUT", "repositories/docker/hosted/releases", moving), 204);
    expectStatus(await push("latest", "b"), 201);
    expectStatus(await push("once", "b"), 400);
  });

  it("lets exactly one of two different manifests have a tag", async () => {
    const answers = await Promise.all(["a", "b", "c", "d"].map((content) => push("race", content)));
    assert.deepEqual(answers.map((answer) => answer.status).sort(), [201, 400, 400, 400]);
  });

  it("takes chunked uploads, mounts, ranges and relative locations", async () => {
    const user = "pusher:pw-pusher";
    const parts = ["first ", "second"];
    const digest = `sha256:${createHash("sha256").update(parts.join("")).digest("hex")}`;
    const call = (path: string, method: string, headers = {}, body?: string) =>
      stage.v2(stage.ports.hosted, path, user, method, headers, body);
    let at = (await call("a/blobs/uploads/", "POST")).headers.get("location") ?? "";
    assert.match(at, /^\/v2\/a\/blobs\/uploads\//);
    for (const part of parts) {
      const sent = await call(
        at.slice("/v2/".length),
        "PATCH",
        { "content-type": "application/octet-stream" },
        part,
      );
      expectStatus(sent, 202);
      at = sent.headers.get("location") ?? "";
    }
    const done = await call(`${at.slice("/v2/".length)}&digest=${encodeURIComponent(digest)}`, "PUT");
    expectStatus(done, 201);
    assert.equal(done.headers.get("docker-distribution-api-version"), "registry/2.0");
    const range = await call(`a/blobs/${digest}`, "GET", { range: "bytes=6-" });
    assert.deepEqual([range.status, range.text], [206, "second"]);
    const mounted = await call(`b/blobs/uploads/?mount=${digest}&from=a`, "POST");
    assert.deepEqual([mounted.status, mounted.headers.get("docker-content-digest")], [201, digest]);
    assert.equal((await call(`b/blobs/${digest}`, "GET")).text, parts.join(""));
    expectStatus(await call(`c/blobs/${digest}`, "HEAD"), 200);
  });

  it("gives components and assets of a docker repository", async () => {
    const items = async (kind: string) =>
      (
        (await stage.rest("GET", `${kind}?repository=releases`)).json() as {
          items: { version?: string; path?: string }[];
        }
      ).items;
    assert.deepEqual((await items("components")).map((item) => item.version).sort(), [
      "1",
      "latest",
      "once",
      "race",
    ]);
    assert.ok((await items("assets")).some((item) => item.path?.startsWith("v2/-/blobs/sha256:")));
    expectStatus(await stage.rest("GET", "components?repository=releases", undefined, "base:pw-base"), 403);
  });

  it("answers as Nexus where a repository is read-only or offline", async () => {
    const put = (change: object) =>
      stage.rest("PUT", "repositories/docker/hosted/releases", { ...hosted, ...change });
    expectStatus(await put({ storage: { ...hosted.storage, writePolicy: "deny" } }), 204);
    const refused = await push("more", "a");
    assert.deepEqual([refused.status, /Repository is read only: releases/.test(refused.text)], [400, true]);
    expectStatus(await stage.v2(stage.ports.hosted, "team/blog/manifests/1", "puller:pw-puller"), 200);
    expectStatus(await put({ online: false }), 204);
    expectStatus(await stage.v2(stage.ports.hosted, "team/blog/manifests/1", "puller:pw-puller"), 503);
    expectStatus(await stage.v2(stage.ports.group, "team/blog/manifests/1", "puller:pw-puller"), 404);
    expectStatus(await put({}), 204);
    expectStatus(await stage.rest("POST", "read-only/freeze"), 204);
    expectStatus(await push("more", "a"), 503);
    expectStatus(await stage.rest("POST", "read-only/release"), 204);
    expectStatus(await push("more", "a"), 201);
  });

  it("lets nobody log in without the token realm, unless basic authentication is forced", async () => {
    expectStatus(await stage.rest("PUT", "security/realms/active", ["NexusAuthenticatingRealm"]), 204);
    assert.throws(() => stage.login("puller", stage.ports.hosted, "pw-puller"), /unauthorized/);
    const forced = { ...hosted, docker: { ...hosted.docker, forceBasicAuth: true } };
    expectStatus(await stage.rest("PUT", "repositories/docker/hosted/releases", forced), 204);
    assert.match(stage.login("puller", stage.ports.hosted, "pw-puller"), /Login Succeeded/);
    const challenge = (await stage.v2(stage.ports.hosted, "", null)).headers.get("www-authenticate");
    assert.equal(challenge, 'BASIC realm="Sonatype Nexus Repository Manager"');
    expectStatus(await stage.rest("PUT", "repositories/docker/hosted/releases", hosted), 204);
    const realms = ["NexusAuthenticatingRealm", "DockerToken"];
    expectStatus(await stage.rest("PUT", "security/realms/active", realms), 204);
  });

  it("lets the anonymous pull only while anonymous access is on", async () => {
    const token = await stage.v2(stage.ports.hosted, "token", null);
    expectStatus(token, 401);
    const anonymous = { enabled: true, userId: "anonymous", realmName: "NexusAuthorizingRealm" };
    expectStatus(await stage.rest("PUT", "security/anonymous", anonymous), 200);
    await stage.forget(releases("team/blog:1"));
    await stage.docker(["pull", releases("team/blog:1")]);
    assert.match(
      await stage.dockerFails(["push", releases("team/blog:1")]),
      /unauthorized|no basic auth|denied/,
    );
    expectStatus(await stage.rest("PUT", "security/anonymous", { ...anonymous, enabled: false }), 200);
    await stage.forget(releases("team/blog:1"));
    assert.match(await stage.dockerFails(["pull", releases("team/blog:1")]), /unauthorized/);
  });

  it("stops cleanly, and has everything after a restart and in a new container", async () => {
    await stage.docker(["stop", "--time", "30", stage.run]);
    const code = await stage.docker(["inspect", "--format", "{{.State.ExitCode}}", stage.run]);
    assert.equal(code.trim(), "0");
    await stage.docker(["start", stage.run]);
    await stage.ready();
    await stage.docker(["pull", releases("team/blog:1")], "puller");
    await stage.docker(["rm", "--force", stage.run]);
    const seconds = await stage.start();
    console.log(`      start on a used volume: ${seconds.toFixed(1)} s`);
    for (const image of [releases("team/blog:1"), fromGroup("library/base:1")]) {
      await stage.forget(image);
      await stage.docker(["pull", image], "puller");
    }
    expectStatus(await push("once", "b"), 400);
  });

  it("deletes a repository with its content and port, and drops it from its groups", async () => {
    expectStatus(await stage.rest("DELETE", "repositories/releases"), 204);
    await assert.rejects(stage.v2(stage.ports.hosted, "", "puller:pw-puller"));
    const view = (await stage.rest("GET", "repositories/docker/group/docker")).json() as typeof group;
    assert.deepEqual(view.group.memberNames, ["hub"]);
    expectStatus(await stage.rest("POST", "repositories/docker/hosted", hosted), 201);
    const catalog = await stage.v2(stage.ports.hosted, "_catalog", `admin:${stage.password}`);
    assert.deepEqual(catalog.json(), { repositories: [] });
  });
});
