import assert from "node:assert/strict";
import { takeInventory } from "../../../automation/nexus/inventory";
import { readySettings } from "../../../automation/nexus/settings-text";
import { NexusConfiguration } from "../../../components/nexus/nexus-configuration";
import { caller } from "../../../components/nexus/object/object-provider";
import { ownNexusHost } from "../../../components/nexus/own-nexus";
import type { Account } from "../../../components/registry/registry-access";
import { parseSettings } from "../../../components/settings/settings";
import { objectOf } from "../../../components/values/json-object";
import { type Changes, InlineProject, type InlineStack } from "../../support/stack/inline-stack";
import { NexusStage } from "./harness";

type Json = { readonly [key: string]: unknown };

const ADMINISTRATOR = "platform";
const PASSWORD = "a platform team's own";
/** All that a stack may change, by the REST calls that list it. */
const LISTS = ["repositorySettings", "security/roles", "security/users", "security/privileges", "tasks"];
const SINGLES = ["security/realms/active", "security/anonymous", "security/users?userId=admin"];

const onlySame = (changes: Changes) =>
  assert.deepEqual(
    Object.keys(changes).filter((operation) => operation !== "same"),
    [],
  );

describe("a Nexus that was there before", function () {
  this.timeout(600_000);
  const stage = new NexusStage(3);
  let project: InlineProject | undefined;
  let stack: InlineStack;
  let accounts: Readonly<Record<string, Account>> = {};
  let theirs: ReadonlyMap<string, string> = new Map();

  /** Every object by its list and name, as Nexus puts it in bytes, without the times of a task's runs. */
  async function everything(): Promise<Map<string, string>> {
    const found = new Map<string, string>();
    for (const path of LISTS) {
      const answer: unknown = (await stage.rest("GET", path)).json();
      const items = Array.isArray(answer) ? answer : [objectOf(answer)["items"]].flat();
      for (const item of items.map(objectOf)) {
        const name = item["userId"] ?? item["id"] ?? item["name"];
        const { lastRun: _last, nextRun: _next, ...rest } = item;
        found.set(`${path} ${name}`, JSON.stringify(rest));
      }
    }
    for (const path of SINGLES) found.set(path, (await stage.rest("GET", path)).text);
    return found;
  }

  const raw = (over: Json = {}, repositories: Json = {}) => ({
    nexus: {
      url: `http://127.0.0.1:${stage.ports.http}`,
      username: ADMINISTRATOR,
      password: PASSWORD,
      ...over,
      repositories: {
        releases: { port: stage.more[0] },
        docker: { port: stage.more[1], members: ["releases", "their-hub"] },
        ...repositories,
      },
    },
    gitlab: { url: "http://gitlab.test", registry: "gitlab.test:5050", project: "team/blog" },
    servers: {},
    apps: {},
  });

  const program = (settings = raw()) => {
    const { nexus } = parseSettings(settings);
    return () => {
      assert.ok(nexus.url !== undefined);
      const made = new NexusConfiguration("registry", { host: ownNexusHost(nexus), settings: nexus });
      accounts = made.accounts;
    };
  };

  const must = async (method: string, path: string, body: unknown) => {
    const { status, text } = await stage.rest(method, path, body);
    assert.ok(status < 300, `${method} ${path}: ${status} ${text}`);
  };

  before(async function () {
    await stage.startFor(this);
    const storage = { blobStoreName: "default", strictContentTypeValidation: false, writePolicy: "ALLOW" };
    await must("POST", "repositories/raw/hosted", { name: "their-files", online: true, storage });
    await must("POST", "repositories/docker/proxy", {
      name: "their-hub",
      online: true,
      storage: { blobStoreName: "default", strictContentTypeValidation: true },
      proxy: { remoteUrl: "http://upstream:5000", contentMaxAge: 7, metadataMaxAge: 8 },
      negativeCache: { enabled: true, timeToLive: 9 },
      httpClient: { blocked: false, autoBlock: true },
      docker: { v1Enabled: false, forceBasicAuth: true, httpPort: stage.more[2] },
      dockerProxy: { indexType: "REGISTRY" },
    });
    const privileges = ["nx-repository-view-raw-their-files-read"];
    await must("POST", "security/roles", { id: "their-role", name: "Theirs", description: "", privileges });
    const person = { firstName: "T", lastName: "T", emailAddress: "t@example.com", status: "active" };
    await must("POST", "security/users", {
      ...person,
      userId: "their-user",
      password: "x",
      roles: ["their-role"],
    });
    await must("POST", "security/users", {
      ...person,
      userId: ADMINISTRATOR,
      password: PASSWORD,
      roles: ["nx-admin"],
    });
    await must("PUT", "security/anonymous", {
      enabled: true,
      userId: "anonymous",
      realmName: "NexusAuthorizingRealm",
    });
    await must("PUT", "security/realms/active", ["NexusAuthenticatingRealm", "DockerToken"]);
    project = new InlineProject("berth");
    stack = await project.stack("dev");
    theirs = await everything();
  });
  after(async () => {
    project?.remove();
    await stage.cleanUp();
  });

  /** What was there is as it was, to the last byte. */
  const nothingOfTheirsChanged = async () => {
    const now = await everything();
    for (const [name, bytes] of theirs) assert.equal(now.get(name), bytes, name);
    return now;
  };

  it("is told at preview whom it doesn't let in, once, and that nothing was changed", async () => {
    const wrong = program(raw({ password: "wrong" }));
    await assert.rejects(
      stack.preview(wrong),
      /does not let platform in: is berth:nexus\.password right\? Nothing/,
    );
    assert.deepEqual(await everything(), theirs);
  });

  it("has none of its things taken over unasked: a name that is taken is an error at preview", async () => {
    const taken = program(raw({}, { "their-files": { format: "raw", type: "hosted" } }));
    await assert.rejects(stack.preview(taken), /"their-files" already exists in Nexus\. Set adopt: true/);
    assert.deepEqual(await everything(), theirs);
  });

  it("gets what the settings name, and all else stays as it was", async () => {
    await stack.up(program());
    const now = await nothingOfTheirsChanged();
    const added = [...now.keys()].filter(
      (name) => !theirs.has(name) && !name.startsWith("security/privileges"),
    );
    assert.deepEqual(added.sort(), [
      "repositorySettings docker",
      "repositorySettings releases",
      "security/roles berth-base-reader",
      "security/roles berth-puller",
      "security/roles berth-pusher",
      "security/users base-reader",
      "security/users puller",
      "security/users pusher",
    ]);
    assert.equal((await stage.rest("GET", "status/check")).status, 200, "admin's password is what it was");
    assert.deepEqual(Object.keys(accounts), ["pusher", "puller", "base-reader"]);
  });

  it("has nothing to be changed the second time", async () => {
    onlySame(await stack.up(program()));
    onlySame(await stack.preview(program(), { refresh: true }));
    await nothingOfTheirsChanged();
  });

  it("tells in an inventory how each of its things is taken over, which changes none of them", async () => {
    const settings = raw();
    const { url, username, password } = settings.nexus;
    const found = await takeInventory(caller({ url, username, password }), [], settings);
    const { repositories = {}, roles = {} } = readySettings(
      found.unmanaged.map(({ translation }) => translation),
    );
    const taken = { "their-files": repositories["their-files"], "their-hub": repositories["their-hub"] };
    for (const one of Object.values(taken)) assert.equal(objectOf(one)["adopt"], true);
    const adopting = program(raw({ roles: { "their-role": roles["their-role"] } }, taken));
    assert.deepEqual((await stack.up(adopting))["create"], 3);
    onlySame(await stack.preview(adopting, { refresh: true }));
    await nothingOfTheirsChanged();
  });

  it("loses with the stack what the stack made, and nothing that was there: not what it took over either", async () => {
    await stack.destroy();
    assert.deepEqual(await everything(), theirs);
  });
});
