import assert from "node:assert/strict";
import type { dynamic } from "@pulumi/pulumi";
import { DockerHosted, DockerProxy } from "../../../components/nexus/kinds/repository/docker-repository";
import { Role } from "../../../components/nexus/kinds/role";
import { User } from "../../../components/nexus/kinds/user";
import { type Call, type Reply, scriptedNexus } from "../../support/nexus/scripted-nexus";
import { serialisedProvider } from "../../support/serialised-provider";

type Provider = Required<dynamic.ResourceProvider>;

/** A provider as its own process would load it, in front of a Nexus that answers by the script. */
async function against(make: Parameters<typeof serialisedProvider>[0], answer: (call: Call) => Reply) {
  const nexus = await scriptedNexus(answer);
  const provider = (await serialisedProvider(make)) as Provider;
  const server = { url: nexus.url, username: "admin", password: "s3cret" };
  return { provider, server, ...nexus };
}

const anyServer = { url: "http://nexus.test", username: "admin", password: "x" };
const newRole = () => new Role("r", { server: anyServer, roleId: "r", description: "d", privileges: [] });
const wantedRole = { roleId: "ci", description: "d", privileges: ["b", "a"] };

describe("a Nexus object's provider, as serialised", () => {
  it("creates what isn't there and logs in with the given account", async () => {
    const { provider, server, calls, close } = await against(newRole, ({ method }) =>
      method === "GET" ? { status: 404 } : { status: 200, body: {} },
    );
    const { id, outs } = await provider.create({ server, ...wantedRole });
    close();
    assert.equal(id, "ci");
    assert.equal(outs["roleId"], "ci");
    assert.deepEqual(
      calls.map(({ method, path }) => `${method} ${path}`),
      ["GET /service/rest/v1/security/roles/ci", "POST /service/rest/v1/security/roles"],
    );
    assert.equal(calls[1]!.authorization, `Basic ${Buffer.from("admin:s3cret").toString("base64")}`);
    assert.deepEqual(calls[1]!.body, {
      id: "ci",
      name: "ci",
      description: "d",
      privileges: ["b", "a"],
      roles: [],
    });
  });

  it("refuses to take over what exists, unless told to adopt it", async () => {
    const existing = { id: "ci", name: "ci", description: "old", privileges: [], roles: ["theirs"] };
    const { provider, server, calls, close } = await against(newRole, ({ method }) =>
      method === "GET" ? { status: 200, body: existing } : { status: 204 },
    );
    await assert.rejects(provider.create({ server, ...wantedRole }), {
      message:
        'The role "ci" already exists in Nexus. Set adopt: true to manage it from here, or delete it there.',
    });
    await provider.create({ server, adopt: true, ...wantedRole });
    close();
    assert.deepEqual(calls.at(-1)!.body, {
      id: "ci",
      name: "ci",
      description: "d",
      privileges: ["b", "a"],
      roles: ["theirs"],
    });
  });

  it("leaves what it took over where that is to be kept, and deletes what it made", async () => {
    let there = true;
    const found = { id: "ci", name: "ci", description: "d", privileges: [], roles: [] };
    const answer = ({ method }: Call): Reply => {
      if (method === "GET") return there ? { status: 200, body: found } : { status: 404 };
      return { status: method === "POST" ? 200 : 204, body: {} };
    };
    const first = await against(newRole, answer);
    const want = { adopt: true, keepFound: true, ...wantedRole };
    const { outs: taken } = await first.provider.create({ ...want, server: first.server });
    first.close();
    const { provider, server, calls, close } = await against(newRole, answer); // of another run
    const { outs: updated } = await provider.update("ci", { ...taken, server }, { ...want, server });
    await provider.delete("ci", updated);
    assert.ok(!calls.some(({ method }) => method === "DELETE"));
    there = false;
    const { outs: again } = await provider.update("ci", updated, { ...want, server }); // gone by hand: this one is ours
    await provider.delete("ci", again);
    close();
    assert.equal(calls.at(-1)!.method, "DELETE");
  });

  it("takes over nothing unasked where the stack moves to another Nexus, which is somebody's", async () => {
    const found = { id: "ci", name: "ci", description: "theirs", privileges: [], roles: [] };
    const { provider, server, calls, close } = await against(newRole, () => ({ status: 200, body: found }));
    const old = { server: anyServer, ...wantedRole };
    const want = { server, adopt: false, keepFound: true, ...wantedRole };
    const { failures = [] } = await provider.check(old, want);
    await assert.rejects(provider.update("ci", old, want), /The role "ci" already exists in Nexus/);
    close();
    assert.match(failures[0]?.reason ?? "", /The role "ci" already exists in Nexus/);
    assert.deepEqual([...new Set(calls.map(({ method }) => method))], ["GET"]);
  });

  it("keeps fields it doesn't model and always sends the upstream's password again", async () => {
    const make = () =>
      new DockerProxy("p", {
        server: anyServer,
        name: "hub",
        blobStore: "docker",
        remoteUrl: "u",
        indexType: "HUB",
      });
    const existing = {
      name: "hub",
      url: "http://x",
      format: "docker",
      type: "proxy",
      cleanup: { policyNames: ["weekly"] },
      routingRuleName: "only-library",
      httpClient: {
        blocked: false,
        authentication: { type: "username", username: "u" },
        connection: { retries: 3 },
      },
    };
    const { provider, server, calls, close } = await against(make, ({ method }) =>
      method === "GET" ? { status: 200, body: existing } : { status: 204 },
    );
    const want = {
      name: "hub",
      httpClient: { blocked: true, authentication: { username: "u", password: "up" } },
    };
    await provider.update("hub", { server, ...want }, { server, ...want });
    close();
    assert.deepEqual(calls.at(-1)!.body, {
      name: "hub",
      cleanup: { policyNames: ["weekly"] },
      routingRuleName: "only-library",
      routingRule: "only-library",
      httpClient: {
        blocked: true,
        authentication: { type: "username", username: "u", password: "up" },
        connection: { retries: 3 },
      },
    });
  });

  it("finds drift: reads what the server has now, and the difference is a change", async () => {
    const now = { id: "ci", name: "ci", description: "by hand", privileges: ["a", "b"], roles: [] };
    const { provider, server, close } = await against(newRole, () => ({ status: 200, body: now }));
    const state = { server, ...wantedRole };
    const { props } = await provider.read("ci", state);
    close();
    assert.equal((props as typeof wantedRole).description, "by hand");
    assert.equal((await provider.diff("ci", props!, state)).changes, true);
    const sameButOrder = { ...state, privileges: ["a", "b"] };
    assert.equal(
      (await provider.diff("ci", sameButOrder, state)).changes,
      false,
      "the order of privileges is no drift",
    );
  });

  it("says that an object is gone where it was deleted by hand", async () => {
    const { provider, server, close } = await against(newRole, () => ({ status: 404 }));
    assert.deepEqual(await provider.read("ci", { server, ...wantedRole }), { id: "", props: {} });
    close();
  });

  it("refuses another name at preview instead of replacing; a write policy differs by more than case", async () => {
    const make = () =>
      new DockerHosted("h", { server: anyServer, name: "h", blobStore: "b", writePolicy: "ALLOW_ONCE" });
    const { provider, close } = await against(make, () => ({ status: 404 }));
    close();
    const want = { server: anyServer, name: "h", storage: { writePolicy: "ALLOW_ONCE" } };
    const lower = { ...want, storage: { writePolicy: "allow_once" } };
    const same = { changes: false, replaces: [], deleteBeforeReplace: false };
    assert.deepEqual(await provider.diff("h", lower, want), same);
    const other = await provider.diff("h", want, { ...want, storage: { writePolicy: "ALLOW" } });
    assert.deepEqual([other.changes, other.replaces], [true, []]);
    const { failures } = await provider.check(want, { ...want, name: "i" });
    const reason =
      'Nexus can\'t change "name" of the docker hosted repository "h". ' +
      'Put "h" back, or declare a new one beside it under another resource name.';
    assert.deepEqual(failures, [{ property: "name", reason }]);
  });

  it("tells what Nexus said, for each shape of its errors, and never the password", async () => {
    const shapes: [Reply, string][] = [
      [
        { status: 400, body: [{ id: "PARAMETER name", message: "must not be empty" }] },
        "400 (name: must not be empty)",
      ],
      [{ status: 400, body: { id: "*", message: '"Repository not found"' } }, "400 (Repository not found)"],
      [{ status: 400, body: [] }, "400"],
      [{ status: 500, body: "ERROR: (ID 1) java.lang.X" }, "500 (ERROR: (ID 1) java.lang.X)"],
      [
        { status: 401 },
        '401. The password of "admin" is not the one in the state: was it changed by hand? Set berth:nexus.adminPassword (--secret) to what it is now, and run up',
      ],
      [{ status: 403 }, '403. "admin" is not allowed to do this'],
    ];
    let reply: Reply = { status: 500 };
    const { provider, server, url, close } = await against(newRole, ({ method }) =>
      method === "GET" ? { status: 404 } : reply,
    );
    for (const [shape, text] of shapes) {
      reply = shape;
      const message = `POST ${url}/service/rest/v1/security/roles: Nexus answered ${text}`;
      await assert.rejects(provider.create({ server, ...wantedRole }), (error: Error) => {
        assert.equal(error.message, message);
        assert.ok(!JSON.stringify(error).includes(server.password));
        return true;
      });
    }
    close();
  });

  it("tries again where Nexus said that it is busy", async () => {
    let left = 2;
    const { provider, server, calls, close } = await against(newRole, () =>
      left-- > 0 ? { status: 503 } : { status: 200, body: { id: "ci", privileges: [] } },
    );
    const { id } = await provider.read("ci", { server, ...wantedRole });
    close();
    assert.equal(id, "ci");
    assert.equal(calls.length, 3);
  });

  it("looks before it sends a POST again whose answer got lost, and makes nothing twice", async () => {
    const made: unknown[] = [];
    const answers = [
      { made: false, status: 502 },
      { made: true, status: 502 },
      { made: false, status: 503 },
    ];
    const { provider, server, calls, close } = await against(newRole, ({ method, body }) => {
      if (method === "GET") return made.length > 0 ? { status: 200, body: made[0] } : { status: 404 };
      const next = answers.shift() ?? { made: true, status: 200 };
      if (next.made) made.push(body);
      return { status: next.status, body: {} };
    });
    await provider.create({ server, ...wantedRole });
    assert.equal(made.length, 1);
    assert.equal(calls.filter(({ method }) => method === "POST").length, 2);
    made.length = 0;
    await provider.create({ server, ...wantedRole });
    close();
    assert.deepEqual([made.length, answers.length], [1, 0], "503 was turned away: the same call again");
  });

  it("finds what a lost call made so late that the next one is told that it exists", async () => {
    const made: unknown[] = [];
    let posts = 0;
    const { provider, server, close } = await against(newRole, ({ method, body }) => {
      if (method === "GET") return made.length > 0 ? { status: 200, body: made[0] } : { status: 404 };
      if (method === "PUT") return { status: 204 };
      posts++;
      if (posts === 1) return { status: 504 };
      made.push(body);
      return { status: 400, body: { id: "*", message: "Role already exists" } };
    });
    const { id } = await provider.create({ server, ...wantedRole });
    close();
    assert.deepEqual([id, posts], ["ci", 2]);
  });

  it("takes what exists for its own where Nexus had said that it is busy, and has made it all the same", async () => {
    const made: unknown[] = [];
    const { provider, server, calls, close } = await against(newRole, ({ method, body }) => {
      if (method === "GET") return made.length > 0 ? { status: 200, body: made[0] } : { status: 404 };
      if (method === "PUT") return { status: 204 };
      if (made.push(body) === 1) return { status: 503 };
      return { status: 400, body: { id: "*", message: "Role already exists" } };
    });
    const { id } = await provider.create({ server, ...wantedRole });
    close();
    assert.deepEqual([id, calls.filter(({ method }) => method === "POST").length], ["ci", 2]);
  });

  it("leaves alone what somebody else has made while it was turned away", async () => {
    let posts = 0;
    const { provider, server, calls, close } = await against(newRole, ({ method }) => {
      if (method === "GET")
        return posts > 1 ? { status: 200, body: { id: "ci", name: "ci" } } : { status: 404 };
      posts++;
      if (posts === 1) return { status: 429 };
      return { status: 400, body: { id: "*", message: "Role already exists" } };
    });
    await assert.rejects(provider.create({ server, ...wantedRole }), /Role already exists/);
    close();
    assert.deepEqual([posts, calls.filter(({ method }) => method === "PUT")], [2, []]);
  });

  it("waits for what a stopping Nexus has in its database and does not show yet", async () => {
    let posts = 0;
    let hidden = 3;
    const { provider, server, close } = await against(newRole, ({ method }) => {
      if (method === "GET" && posts === 2 && hidden-- <= 0)
        return { status: 200, body: { id: "ci", name: "ci" } };
      if (method === "GET") return { status: 404 };
      if (method === "PUT") return { status: 204 };
      posts++;
      return posts === 1 ? { status: 504 } : { status: 400, body: [{ id: "*", message: "Duplicate key" }] };
    });
    const { id } = await provider.create({ server, ...wantedRole });
    close();
    assert.deepEqual([id, posts, hidden], ["ci", 2, -1]);
  });

  it("doesn't delete what another resource took over in the same run", async () => {
    const existing = { id: "ci", name: "ci", description: "d", privileges: ["a", "b"], roles: [] };
    const { provider, server, calls, close } = await against(newRole, () => ({
      status: 200,
      body: existing,
    }));
    await provider.create({ server, adopt: true, ...wantedRole });
    await provider.delete("ci", { server, ...wantedRole });
    close();
    assert.deepEqual([...new Set(calls.map(({ method }) => method))], ["GET"]);
  });

  it("picks a user by the exact id, as Nexus's filter matches prefixes, and changes a password apart", async () => {
    const make = () =>
      new User("u", { server: anyServer, userId: "u", password: "p", roles: ["r"], purpose: "x" });
    const ci = { userId: "ci", lastName: "x", emailAddress: "ci@corp.test", roles: ["r"] };
    const { provider, server, calls, close } = await against(make, ({ method }) =>
      method === "GET" ? { status: 200, body: [{ userId: "ci-2", roles: [] }, ci] } : { status: 204 },
    );
    const state = { server, userId: "ci", password: "old", roles: ["r"], purpose: "x" };
    await provider.update("ci", state, { ...state, password: "new" });
    close();
    const [, put, change] = calls;
    assert.equal((put!.body as typeof ci).emailAddress, "ci@corp.test");
    assert.deepEqual(
      [change!.path, change!.body],
      ["/service/rest/v1/security/users/ci/change-password", "new"],
    );
  });
});
