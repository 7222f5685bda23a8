import assert from "node:assert/strict";
import { berth, docker, health, SERVER } from "../../support/stack/sandbox";

const [NEXUS, SERVERS] = [undefined, SERVER];

/** Not a neighbour's of the same names. */
function idOf(resource: string, host: string | undefined): string {
  const stack = ["--filter", "label=berth.owner=127.0.0.1:8929/team/blog"];
  const [id] = docker(
    ["ps", "-aq", "--no-trunc", ...stack, "--filter", `label=berth.resource=${resource}`],
    host,
  );
  assert.ok(id, `${resource} is there`);
  return id;
}

interface Told {
  readonly heals: readonly string[];
  readonly changes: Readonly<Record<string, number>>;
}

/** To be run while dev of the demo is up. */
export function healing(): void {
  it("Nexus's container, removed by hand: drift names it in seconds, preview shows it, up brings it back with all that it knew", async () => {
    const before = idOf("nexus-container", NEXUS);
    docker(["rm", "-f", before]);
    const began = Date.now();
    const drift = await berth(["drift", "dev", "--json"]);
    assert.equal(drift.code, 3, drift.stderr);
    const { resources, unseen } = JSON.parse(drift.stdout);
    assert.deepEqual(
      resources.map(({ name, state }: { name: string; state: string }) => [name, state]),
      [["nexus-container", "gone"]],
    );
    assert.match(unseen[0].why, /^Nexus at http:\/\/127\.0\.0\.1:8081 does not answer/);
    console.log(`      drift took ${((Date.now() - began) / 1000).toFixed(1)} s`);
    const preview = JSON.parse((await berth(["preview", "dev", "--json"])).stdout) as Told;
    assert.match(preview.heals.join(), /^container of Nexus \(unix:\/\/\/var\/run\/docker\.sock\) is gone$/);
    const up = await berth(["up", "dev"]);
    assert.equal(up.code, 0, up.stderr);
    assert.match(up.stderr, /The container of Nexus \(\S+\) is gone: this update makes it anew\./);
    assert.notEqual(idOf("nexus-container", NEXUS), before);
    assert.equal((await berth(["drift", "dev"])).code, 0);
  });

  it("where Nexus's container is gone, start says what to do, refresh waits for nobody, and the next up makes it anew", async () => {
    docker(["rm", "-f", idOf("nexus-container", NEXUS)]);
    const start = await berth(["start", "nexus"]);
    assert.equal(start.code, 1);
    assert.match(start.stderr, /nexus has no container on \S+\. If it should be there: berth up dev/);
    const refresh = await berth(["refresh", "dev", "--json"]);
    assert.equal(refresh.code, 1, refresh.stderr);
    const { changes, unseen } = JSON.parse(refresh.stdout);
    assert.deepEqual(changes, { delete: 1 });
    assert.match(unseen[0].why, /^Nexus at http:\/\/127\.0\.0\.1:8081 does not answer/);
    assert.match(refresh.stderr, /\d+ resources are not looked at: Nexus at \S+ does not answer/);
    const up = await berth(["up", "dev"]);
    assert.equal(up.code, 0, up.stderr);
    assert.equal((await berth(["drift", "dev"])).code, 0);
  });

  it("the app's container, a door and an edge, removed by hand: the next up brings them back", async () => {
    for (const resource of ["blog-main-container", "main-edge-8080", "main-edge-a"]) {
      docker(["rm", "-f", idOf(resource, SERVERS)], SERVERS);
      const up = await berth(["up", "dev"]);
      assert.equal(up.code, 0, up.stderr);
      assert.equal((await health()).database, "ok", resource);
    }
    const again = await berth(["up", "dev", "--json"]);
    assert.deepEqual(JSON.parse(again.stdout).changes, {});
  });

  it("a container that somebody stopped is started by up, and only that", async () => {
    docker(["stop", "-t", "1", idOf("blog-main-container", SERVERS)], SERVERS);
    const drift = await berth(["drift", "dev"]);
    assert.equal(drift.code, 3, drift.stderr);
    assert.match(drift.stdout, /^blog on main: container: stopped\n[\s\S]*To bring it back: berth up dev\./m);
    const up = await berth(["up", "dev", "--json"]);
    assert.equal(up.code, 0, up.stderr);
    assert.deepEqual(JSON.parse(up.stdout).changes, {});
    assert.equal((await health()).database, "ok");
  });

  it("a password that was changed in Nexus: preview shows it, up puts it right", async () => {
    const { accounts } = JSON.parse((await berth(["outputs", "dev", "--json", "--show-secrets"])).stdout);
    const { admin, puller } = accounts;
    const basic = (user: string, password: string) =>
      `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
    const changed = await fetch(
      "http://127.0.0.1:8081/service/rest/v1/security/users/puller/change-password",
      {
        method: "PUT",
        headers: { authorization: basic("admin", admin.password), "content-type": "text/plain" },
        body: "by hand",
      },
    );
    assert.equal(changed.status, 204);
    const preview = JSON.parse((await berth(["preview", "dev", "--json"])).stdout);
    assert.deepEqual(
      preview.steps.map(({ operation, name }: { operation: string; name: string }) => [operation, name]),
      [["update", "registry-account-puller"]],
    );
    assert.deepEqual(preview.heals, [
      "Nexus: account puller, which was changed by hand, or by something other than this stack",
    ]);
    const up = await berth(["up", "dev"]);
    assert.equal(up.code, 0, up.stderr);
    const asked = await fetch("http://127.0.0.1:8082/v2/", {
      headers: { authorization: basic("puller", puller.password) },
    });
    assert.equal(asked.status, 200);
  });
}
