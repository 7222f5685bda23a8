import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import * as pulumi from "@pulumi/pulumi";
import { AdminPassword, providers as adminProviders } from "../../../components/nexus/admin-password";
import { type KindName, providers } from "../../../components/nexus/kinds";
import { FileBlobStore } from "../../../components/nexus/kinds/file-blob-store";
import { DockerHosted } from "../../../components/nexus/kinds/repository/docker-repository";
import { RawHosted } from "../../../components/nexus/kinds/repository/raw-repository";
import { Role } from "../../../components/nexus/kinds/role";
import { User } from "../../../components/nexus/kinds/user";
import { type Fault, FaultProxy, faults } from "../../support/nexus/fault-proxy";
import { InlineProject } from "../../support/stack/inline-stack";
import { NexusStage } from "./harness";

type Json = Record<string, unknown>;

/** An object as its provider gets it, and how it is to be after an update. */
interface Wanted {
  readonly kind: KindName;
  readonly id: string;
  readonly fields: Json;
  readonly changed: Json;
}

const RATE = 0.2;
const DOCKER = "unix:///var/run/docker.sock";
/** The engine of Pulumi runs this many at once on two cores. */
const PARALLEL = 8;

const storage = { blobStoreName: "stuff", strictContentTypeValidation: true, writePolicy: "ALLOW_ONCE" };
const connector = { v1Enabled: false, forceBasicAuth: false };
const numbers = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

const store: Wanted = {
  kind: "FileBlobStore",
  id: "stuff",
  fields: { name: "stuff", path: "stuff" },
  changed: { softQuota: { type: "spaceUsedQuota", limit: 5e6 } },
};

/** Repositories, roles and users, in the order in which one needs the other. */
function objects(prefix: string, count: number): Wanted[][] {
  const open = { storage: { ...storage, writePolicy: "ALLOW" } };
  const repositories = numbers(count).flatMap((index): Wanted[] => {
    const name = `${prefix}-raw-${index}`;
    const docker = `${prefix}-docker-${index}`;
    return [
      { kind: "RawHosted", id: name, fields: { name, online: true, storage }, changed: open },
      {
        kind: "DockerHosted",
        id: docker,
        fields: { name: docker, online: true, storage, docker: connector },
        changed: { online: false },
      },
    ];
  });
  const roles = numbers(count).map((index): Wanted => {
    const roleId = `${prefix}-role-${index}`;
    const privileges = [`nx-repository-view-raw-${prefix}-raw-${index}-read`];
    const changed = {
      privileges: [`nx-repository-view-docker-${prefix}-docker-${index}-read`, "nx-search-read"],
    };
    return { kind: "Role", id: roleId, fields: { roleId, description: "of a test", privileges }, changed };
  });
  const users = numbers(count).map((index): Wanted => {
    const userId = `${prefix}-user-${index}`;
    const fields = {
      userId,
      purpose: "of a test",
      password: `first ü" ${index}`,
      roles: [`${prefix}-role-${index}`],
    };
    return { kind: "User", id: userId, fields, changed: { password: `second %25 ${index}` } };
  });
  return [repositories, roles, users];
}

describe("Nexus's objects where the way to Nexus is bad", function () {
  this.timeout(600_000);
  const stage = new NexusStage();
  const proxies: FaultProxy[] = [];

  before(async function () {
    await stage.startFor(this);
  });
  after(async () => {
    await Promise.all(proxies.map((proxy) => proxy.close()));
    await stage.cleanUp();
  });

  /** A call straight to Nexus, past every proxy. */
  const rest = (path: string, username = "admin", password = stage.password) => {
    const login = Buffer.from(`${username}:${password}`).toString("base64");
    return stage.rest("GET", path, undefined, `Basic ${login}`);
  };

  const upstream = () => `http://127.0.0.1:${stage.ports.http}`;

  async function faultProxy(
    seed: number,
    kinds: readonly Fault[] = faults,
    rate = RATE,
  ): Promise<FaultProxy> {
    const proxy = await FaultProxy.start({ upstream: upstream(), rate, seed, kinds });
    proxies.push(proxy);
    return proxy;
  }

  const serverAt = (url: string) => ({ url, username: "admin", password: stage.password });

  /** Once for every object, some at a time, the next layer when the one before is done, as an engine does it. */
  async function forAll<T>(
    layers: readonly (readonly T[])[],
    work: (wanted: T) => Promise<unknown>,
    { workers, pause } = { workers: PARALLEL, pause: 0 },
  ): Promise<void> {
    for (const layer of layers) {
      const left = [...layer];
      const worker = async () => {
        for (let next = left.shift(); next; next = left.shift()) {
          await work(next);
          await sleep(pause);
        }
      };
      await Promise.all(numbers(workers).map(worker));
    }
  }

  function create(url: string, { kind, fields }: Wanted) {
    return providers[kind].create({ server: serverAt(url), ...fields });
  }

  function update(url: string, { kind, id, fields, changed }: Wanted) {
    const server = serverAt(url);
    return providers[kind].update(id, { server, ...fields }, { server, ...fields, ...changed });
  }

  /** What Nexus has, asked directly: everything whose name begins so, by kind and name. */
  async function there(prefix: string): Promise<Map<string, Json>> {
    const list = async (path: string) => (await rest(path)).json() as Json[];
    const repositories = (await list("repositorySettings")).map((one) => [`repository ${one["name"]}`, one]);
    const roles = (await list("security/roles")).map((one) => [`role ${one["id"]}`, one]);
    const users = (await list("security/users")).map((one) => [`user ${one["userId"]}`, one]);
    const all = [...repositories, ...roles, ...users] as [string, Json][];
    return new Map(all.filter(([name]) => name.split(" ")[1]!.startsWith(`${prefix}-`)));
  }

  const nounOf = (kind: KindName) => (kind === "Role" ? "role" : kind === "User" ? "user" : "repository");

  /** That Nexus has exactly these objects, as they are wanted. */
  async function assertThere(prefix: string, layers: Wanted[][], updated: boolean): Promise<void> {
    const found = await there(prefix);
    const all = layers.flat();
    assert.deepEqual([...found.keys()].sort(), all.map(({ kind, id }) => `${nounOf(kind)} ${id}`).sort());
    for (const { kind, id, fields, changed } of all) {
      const want = { ...fields, ...(updated && changed) } as Json;
      const has = found.get(`${nounOf(kind)} ${id}`)!;
      if (kind === "Role")
        assert.deepEqual(
          [...(has["privileges"] as string[])].sort(),
          [...(want["privileges"] as string[])].sort(),
        );
      else if (kind === "User") await assertLogsIn(want);
      else {
        assert.equal(has["online"], want["online"], id);
        const { writePolicy } = has["storage"] as Json;
        assert.equal(writePolicy, (want["storage"] as typeof storage).writePolicy, id);
      }
    }
  }

  async function assertLogsIn({ userId, password, roles }: Json): Promise<void> {
    const [user] = (await rest(`security/users?userId=${userId}`)).json() as Json[];
    assert.deepEqual(user!["roles"], roles);
    const { status } = await rest("repositories", String(userId), String(password));
    assert.equal(status, 200, `${userId} logs in`);
  }

  /** How often Nexus has carried out a POST, by what was made. */
  function madeBy(proxy: FaultProxy): Map<string, number> {
    const made = new Map<string, number>();
    for (const { method, path, body, status } of proxy.reached) {
      if (method !== "POST" || status >= 300 || !path.startsWith("/service/rest/")) continue;
      const { name, id, userId } = JSON.parse(body) as Json;
      const key = `${path} ${id ?? userId ?? name}`;
      made.set(key, (made.get(key) ?? 0) + 1);
    }
    return made;
  }

  /** How often each fault was done, for the test's output. */
  function tell(proxy: FaultProxy): void {
    const hits = faults.map((fault) => `${fault} ${proxy.done[fault]}`);
    const lost = proxy.reached.filter((one) => one.method === "POST" && one.lost).length;
    console.log(`      ${proxy.calls} calls: ${hits.join(", ")}; answers to a POST lost: ${lost}`);
  }

  it("the admin password becomes the wanted one where half of the answers get lost", async () => {
    const losing = ["drop after", "502 after", "truncate"] as const;
    let lost = 0;
    for (const [index, fault] of losing.entries()) {
      const proxy = await faultProxy(index, [fault], 0.5);
      const password = `rötate "${fault}" %41`;
      const want = { url: proxy.url, docker: DOCKER, container: stage.run, readyTimeout: 60, password };
      const provider = adminProviders.AdminPassword;
      const olds = { ...want, password: stage.password };
      if (index === 0) await provider.create(want);
      else await provider.update("admin", olds, want);
      stage.password = password;
      assert.equal((await rest("security/realms/active")).status, 200, fault);
      lost += proxy.reached.filter((call) => call.method === "PUT" && call.lost).length;
    }
    assert.ok(lost > 0, "an answer to the change itself got lost");
  });

  describe("with 20 % of the calls dropped, delayed, cut or answered 502, 503, 429", () => {
    const layers = [[store], ...objects("bad", 15)];
    const named = layers.slice(1);

    it("are created, none of them twice", async () => {
      const proxy = await faultProxy(1);
      await forAll(layers, (wanted) => create(proxy.url, wanted));
      tell(proxy);
      await assertThere("bad", named, false);
      const made = madeBy(proxy);
      assert.equal(made.size, layers.flat().length);
      assert.deepEqual(
        [...made].filter(([, count]) => count !== 1),
        [],
      );
      assert.ok(proxy.reached.some(({ method, lost }) => method === "POST" && lost));
    });

    it("are then what was asked for: read again they are no change", async () => {
      const proxy = await faultProxy(2);
      const server = serverAt(proxy.url);
      await forAll(layers, async ({ kind, id, fields }) => {
        const state = { server, ...fields };
        const { props } = await providers[kind].read(id, state);
        assert.deepEqual((await providers[kind].diff(id, props!, state)).changes, false, id);
      });
      assert.ok(
        proxy.reached.every(({ method, path }) => method === "GET" || !path.startsWith("/service/rest/")),
      );
    });

    it("are updated", async () => {
      const proxy = await faultProxy(3);
      await forAll(layers, (wanted) => update(proxy.url, wanted));
      tell(proxy);
      await assertThere("bad", named, true);
      const { softQuota } = (await rest("blobstores/file/stuff")).json() as Json;
      assert.deepEqual(softQuota, store.changed["softQuota"]);
      assert.deepEqual([...madeBy(proxy)], [], "and none is made anew for it");
    });

    it("are deleted, and nothing is left", async () => {
      const proxy = await faultProxy(4);
      const server = serverAt(proxy.url);
      await forAll([...layers].reverse(), ({ kind, id, fields, changed }) =>
        providers[kind].delete(id, { server, ...fields, ...changed }),
      );
      tell(proxy);
      assert.deepEqual([...(await there("bad")).keys()], []);
      assert.equal((await rest("blobstores/file/stuff")).status, 404);
    });

    it("and every kind of fault was among these", () => {
      const hits = faults.map((fault) => proxies.reduce((sum, { done }) => sum + done[fault], 0));
      assert.ok(Math.min(...hits) > 0, String(hits));
    });
  });

  describe("with a restart of Nexus in the middle", () => {
    /** Slow enough that there is work left when Nexus stops, which takes up to 3 s. */
    const pace = { workers: 4, pause: 1200 };

    it("are created and updated all the same", async () => {
      const old = objects("old", 5);
      const made = objects("new", 5);
      await forAll([[store], ...old], (wanted) => create(upstream(), wanted));
      const atWork = new Set<string>();
      let caught: string[] = [];
      const restart = async () => {
        await stage.docker(["stop", "--time", "30", stage.run]);
        for (let wait = 0; wait < 100 && atWork.size === 0; wait++) await sleep(100);
        caught = [...atWork]; // nobody answers them before the start
        await stage.docker(["start", stage.run]);
      };
      let restarted: Promise<void> | undefined;
      const pairs = old.map((layer, at) =>
        layer.map((wanted, index) => [wanted, made[at]![index]!] as const),
      );
      const work = async ([updated, created]: readonly [Wanted, Wanted]) => {
        atWork.add(created.id);
        await Promise.all([update(upstream(), updated), create(upstream(), created)]);
        atWork.delete(created.id);
        if (created === made[0]![3]) restarted = restart();
      };
      await forAll(pairs, work, pace);
      await restarted;
      assert.notDeepEqual(caught, []);
      await stage.ready();
      await assertThere("old", old, true);
      await assertThere("new", made, false);
    });
  });

  describe("through the engine, with 20 % of the calls hit", () => {
    let project: InlineProject;
    before(() => {
      project = new InlineProject("faults");
    });
    after(() => project?.remove());

    it("are created, changed and deleted; a refresh and a preview find nothing to do", async () => {
      const proxy = await faultProxy(15); // of the first seeds the one that loses most answers to a POST
      const stack = await project.stack("dev");
      const { same: _stack, ...first } = await stack.up(programOf(proxy.url, stage.password, "first"));
      assert.deepEqual(Object.keys(first), ["create"]);
      stage.password = "rotated through the engine";
      const program = programOf(proxy.url, stage.password, "second");
      const { same: _same, ...second } = await stack.up(program);
      assert.deepEqual(Object.keys(second), ["update"]);
      assert.deepEqual(Object.keys(await stack.preview(program, { refresh: true })), ["same"]);
      const made = madeBy(proxy);
      assert.deepEqual(
        [...made].filter(([, count]) => count !== 1),
        [],
      );
      assert.equal((await there("engine")).size, 12);
      const roles = [...(await there("engine"))].filter(([name]) => name.startsWith("role "));
      assert.ok(roles.every(([, role]) => role["description"] === "second"));
      assert.ok(proxy.reached.some(({ method, lost }) => method === "POST" && lost));
      await stack.up(() => undefined);
      tell(proxy);
      assert.deepEqual([...(await there("engine")).keys()], []);
    });

    function programOf(url: string, password: string, description: string) {
      return () => {
        const place = { docker: DOCKER, container: stage.run, readyTimeout: 60 };
        const admin = new AdminPassword("admin", { url, password: pulumi.secret(password), ...place });
        const server = pulumi
          .all([admin.url, admin.password])
          .apply(([url, password]) => ({ url, username: "admin", password }));
        const blobs = new FileBlobStore("engine-blobs", { server, name: "engine", path: "engine" });
        const stored = { server, blobStore: "engine" };
        for (const index of numbers(3)) {
          const opts = { dependsOn: [blobs] };
          const policy = { ...stored, writePolicy: "ALLOW_ONCE" } as const;
          const raw = new RawHosted(`raw-${index}`, { ...policy, name: `engine-raw-${index}` }, opts);
          new DockerHosted(`docker-${index}`, { ...policy, name: `engine-docker-${index}` }, opts);
          const roleId = `engine-role-${index}`;
          const privileges = [pulumi.interpolate`nx-repository-view-raw-${raw.name}-read`];
          const role = new Role(roleId, { server, roleId, description, privileges });
          const user = { server, userId: `engine-user-${index}`, purpose: "test", roles: [roleId] };
          const secret = pulumi.secret(`${description} ${index}`);
          new User(user.userId, { ...user, password: secret }, { dependsOn: [role] });
        }
      };
    }
  });
});
