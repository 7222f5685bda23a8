import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { StepEventMetadata } from "@pulumi/pulumi/automation";
import { resourceName, resourceWords } from "../../automation/engine/resource-words";
import { placeOf } from "../../automation/story/place";
import type { EdgeTls } from "../../components/edge/software/edge-software";
import { commitTag } from "../../components/image/commit-tag";
import { check as checkInputs } from "../../components/providers";
import { withVariables } from "../support/docker/other-docker";
import { PEM as testCertificate } from "../support/http/certificate";
import { ScriptedRegistry } from "../support/registry/scripted-registry";
import { plain } from "../support/serialised-provider";
import { allRegistered, setMocks } from "../support/stack/mocked-pulumi";

import program = require("../..");

interface Registered {
  readonly type: string;
  readonly name: string;
  readonly inputs: Record<string, unknown>;
}

const PEM = "-----BEGIN CERTIFICATE-----";
const digest = `sha256:${"1".repeat(64)}`;
const pinned = { tag: "abc", digest: `sha256:${"2".repeat(64)}` };
const app = { port: 8000, publish: 8080, servers: ["main"] };

/** What the state remembers of an app's releases. */
const KEPT = Array.from({ length: 30 }, (_, index) => ({ tag: `t${index}`, digest: `sha256:${index}` }));

const settings = {
  "berth:nexus": { hostname: "127.0.0.1", eula: "accepted" },
  "berth:gitlab": { url: "http://gitlab.test", registry: "gitlab.test:5050", project: "team/site" },
  "berth:servers": {
    main: { docker: "unix:///main.sock", address: "main.test" },
    spare: { docker: "unix:///spare.sock", address: "spare.test" },
  },
};

/** Runs the program with these apps against Pulumi's mocks. */
async function runWith(
  apps: Record<string, unknown>,
  before: Record<string, unknown> = {},
  over: Record<string, unknown> = {},
  engine: "berth" | "by hand" = "by hand",
  prepare: () => void = () => {},
) {
  const registered: Registered[] = [];
  const mocks: pulumi.runtime.Mocks = {
    newResource: ({ type, name, inputs, id }) => {
      registered.push({ type, name, inputs });
      return { id: id || `${name}-id`, state: { ...inputs, ...outputsOf(type, name, inputs, before) } };
    },
    call: ({ inputs }) => inputs,
  };
  await setMocks(mocks, "berth", "test", false, "organization");
  prepare();
  for (const [key, value] of Object.entries({ ...settings, "berth:apps": apps, ...over })) {
    pulumi.runtime.setConfig(key, JSON.stringify(value));
  }
  const outputs = await resolved(pulumi.output(await program(engine)));
  await allRegistered();
  return { registered, outputs };
}

interface AliasSpec {
  getUrn(): string;
  getSpec(): { getName(): string; getParenturn(): string; getNoparent(): boolean } | undefined;
}

interface Request {
  getType(): string;
  getName(): string;
  getParent(): string;
  getCustom(): boolean;
  getObject(): { toJavaScript(): object } | undefined;
  getAliasesList(): AliasSpec[];
}

interface Monitor {
  newUrn(parent: string, type: string, name: string): string;
  registerResource(
    request: Request,
    callback: (error: Error | null, response?: { getUrn(): string }) => void,
  ): void;
}

/** A resource with the URN that an engine gives it, and all those that it may have had. */
interface Aliased {
  readonly type: string;
  readonly urn: string;
  readonly aliases: ReadonlySet<string>;
}

async function withAliases(apps: Record<string, unknown>, servers: object): Promise<Aliased[]> {
  const made = new Map<string, Aliased>();
  await runWith(apps, {}, { "berth:servers": servers }, "by hand", () => hearAliases(made));
  return [...made.values()];
}

/** Pulumi's own, which has no published type. */
const { getMonitor } = require("@pulumi/pulumi/runtime/settings") as { getMonitor(): Monitor };

/** Mocks tell of no aliases, and their URNs have one parent's type only. */
function hearAliases(made: Map<string, Aliased>): void {
  const monitor = getMonitor();
  monitor.newUrn = urnOf;
  const register = monitor.registerResource.bind(monitor);
  monitor.registerResource = (request, callback) => {
    const urn = urnOf(request.getParent(), request.getType(), request.getName());
    made.set(urn, { type: request.getType(), urn, aliases: aliasesOf(request, made) });
    return register(request, callback);
  };
}

/** Each resource in the form of an engine's step that makes it. */
function hearSteps(steps: StepEventMetadata[]): void {
  const monitor = getMonitor();
  monitor.newUrn = urnOf;
  const register = monitor.registerResource.bind(monitor);
  monitor.registerResource = (request, callback) => {
    const [type, parent] = [request.getType(), request.getParent()];
    const custom = request.getCustom() && !type.startsWith("pulumi:providers:");
    const made = { custom, parent, inputs: request.getObject()?.toJavaScript() ?? {} };
    const step = { op: "create", type, urn: urnOf(parent, type, request.getName()), new: made };
    if (custom) steps.push(step as unknown as StepEventMetadata);
    return register(request, callback);
  };
}

function urnOf(parent: string, type: string, name: string): string {
  const around = parent.split("::")[2];
  return `urn:pulumi:test::berth::${around === undefined ? "" : `${around}$`}${type}::${name}`;
}

/**
 * As the engine works them out (pulumi/pulumi, pkg/resource/deploy/step_generator.go, generateAliases): those that are given,
 * each below every URN that the parent may have had, the parent's name at their beginning replaced by the one of then.
 */
function aliasesOf(request: Request, made: ReadonlyMap<string, Aliased>): Set<string> {
  const parents = [request.getParent(), ...(made.get(request.getParent())?.aliases ?? [])];
  const nameOf = (urn: string) => urn.split("::")[3] ?? "";
  const found = new Set<string>();
  const add = (name: string, below: readonly string[]) => {
    for (const parent of below) {
      const own = nameOf(request.getParent());
      const then = name.startsWith(own) ? nameOf(parent) + name.slice(own.length) : name;
      found.add(urnOf(parent, request.getType(), parent === request.getParent() ? name : then));
    }
  };
  add(request.getName(), parents);
  for (const alias of request.getAliasesList()) {
    const spec = alias.getSpec();
    if (!spec) found.add(alias.getUrn());
    else {
      const name = spec.getName() || request.getName();
      if (spec.getParenturn()) found.add(urnOf(spec.getParenturn(), request.getType(), name));
      add(name, parents);
    }
  }
  return found;
}

/** Resources that no output waits for are registered, too. Pulumi's own function for it has no published type. */
/** What a provider would add. */
function outputsOf(type: string, name: string, inputs: Record<string, unknown>, before: unknown) {
  if (type === "docker:index/image:Image") {
    return { repoDigest: `${String(inputs["imageName"]).replace(/:[^:]*$/, "")}@${digest}` };
  }
  if (type === "docker:index/remoteImage:RemoteImage")
    return { repoDigest: inputs["name"], imageId: "sha256:image" };
  if (type === "docker:index/container:Container") return { name: `${name}-1` };
  if (type.endsWith(":EdgeReady")) return { ca: PEM };
  if (type.endsWith("registry:KeptTags")) return { releases: KEPT };
  if (type.endsWith("nexus:ImageDigest")) return { digest: inputs["digest"] ?? digest };
  if (type.endsWith("stack:Identity")) return { identity: "0123456789abcdef" };
  if (type === "docker:index/network:Network" || type === "docker:index/volume:Volume")
    return { name: `${name}-1` };
  if (type.endsWith(":ProjectDeployToken")) return { token: "gldt-1" };
  if (type === "random:index/randomPassword:RandomPassword") return { result: "random" };
  if (type === "command:local:Command") {
    const source = (plain(inputs["environment"]) as Record<string, string>)["BERTH_SOURCE"]!;
    return { stdout: JSON.stringify({ digest: source.split("@")[1] }) };
  }
  if (type === "pulumi:pulumi:StackReference") return { outputs: before, secretOutputNames: [] };
  return {};
}

function resolved<T>(output: pulumi.Output<T>): Promise<T> {
  return new Promise((resolve) => {
    output.apply(resolve);
  });
}

const built = { ...app, build: { context: "app", base: "library/python:3.11-slim" } };

/** The ports of an edge's doors, or of one container. */
function portsOf(registered: readonly Registered[], name: string): unknown[] {
  const isOne = new RegExp(`^${name}(-\\d+)?$`);
  return registered
    .filter(({ type, name: own }) => type === "docker:index/container:Container" && isOne.test(own))
    .flatMap(({ inputs }) => (inputs["ports"] ?? []) as unknown[]);
}

describe("the program", () => {
  beforeEach(() => {
    process.env["CI_REGISTRY_USER"] = "ci";
    process.env["CI_REGISTRY_PASSWORD"] = "secret";
  });

  it("builds, copies and deploys every app, each on its servers, by digest", async () => {
    const shop = { ...built, publish: 8081, servers: ["main", "spare"] };
    const { registered, outputs } = await runWith({ blog: built, shop });
    const named = (type: string) => registered.filter((r) => r.type === type).map((r) => r.name);
    assert.deepEqual(named("docker:index/image:Image"), ["blog-image", "shop-image"]);
    assert.deepEqual(named("command:local:Command"), ["blog-copy", "shop-copy"]);
    assert.deepEqual(named("pulumi-nodejs:dynamic/deploy:Traffic").sort(), ["blog-traffic", "shop-traffic"]);
    const { apps, ...rest } = outputs as unknown as {
      apps: Record<string, Record<string, unknown>>;
    } & typeof outputs;
    assert.equal(apps["blog"]!["builtImage"], `gitlab.test:5050/team/site/blog@${digest}`);
    assert.equal(apps["blog"]!["releasedImage"], `127.0.0.1:8082/blog@${digest}`);
    assert.equal(apps["shop"]!["url"], "http://main.test:8081");
    assert.deepEqual(
      [rest.nexusUrl, rest.dockerHosted, rest.dockerGroup],
      ["http://127.0.0.1:8081", "127.0.0.1:8082", "127.0.0.1:8083"],
    );
  });

  it("writes an app's release into the files of its clusters, beside servers or without any", async () => {
    const target = {
      project: "platform/clusters",
      branch: "main",
      path: "prod/values.yaml",
      values: { digest: "image.digest" },
    };
    const own = {
      ...target,
      project: "Team/Site",
      path: "deploy.yaml",
      document: "Deployment/shop",
      mergeRequest: true,
    };
    const cluster = { namespace: "web", deployment: ["blog", "worker"], context: "dev", pullSecret: "nexus" };
    const shop = {
      was: "store",
      release: pinned,
      gitops: [target, { ...own, cluster: { namespace: "web" } }],
    };
    const { registered, outputs } = await runWith({
      blog: { ...built, gitops: { ...target, branch: "dev", cluster } },
      shop,
    });
    const files = registered.filter(({ type }) => type === "pulumi-nodejs:dynamic/gitops:ReleaseFile");
    assert.deepEqual(files.map(({ name }) => name).sort(), [
      "blog-gitops-platform/clusters-dev:prod/values.yaml",
      "shop-gitops-Team/Site-main:deploy.yaml-Deployment/shop",
      "shop-gitops-platform/clusters-main:prod/values.yaml",
    ]);
    const { inputs } = files.find(({ name }) => name.includes("deploy.yaml"))!;
    const { app: whose, stack, url, image, tag, skipCi, mergeRequest } = inputs;
    assert.deepEqual(
      { whose, stack, url, image, tag, skipCi, mergeRequest },
      {
        whose: "shop",
        stack: "berth/test",
        url: "http://gitlab.test",
        image: `127.0.0.1:8082/shop@${pinned.digest}`,
        tag: pinned.tag,
        skipCi: true,
        mergeRequest: true,
      },
    );
    const containers = registered.filter(({ type }) => type === "docker:index/container:Container");
    assert.ok(!containers.some(({ name }) => name.startsWith("shop-")));
    const { apps } = outputs as unknown as {
      apps: Record<string, { url?: string; gitops?: Record<string, string> }>;
    };
    assert.deepEqual([apps["shop"]!.url, apps["blog"]!.url], [undefined, "http://main.test:8080"]);
    for (const said of Object.values(apps["shop"]!.gitops!))
      assert.match(said, /; nobody looked whether pods run it$/);
    const [said] = Object.values(apps["blog"]!.gitops!);
    assert.match(said!, /; pods of dev web\/blog, dev web\/worker run it$/);
    const rollouts = registered.filter(({ type }) => type === "pulumi-nodejs:dynamic/gitops:Rollout");
    assert.deepEqual(rollouts.map(({ name }) => name).sort(), [
      "blog-rollout-dev-web/blog",
      "blog-rollout-dev-web/worker",
    ]);
    const [secret, ...more] = registered.filter(
      ({ type }) => type === "pulumi-nodejs:dynamic/gitops:PullSecret",
    );
    assert.deepEqual([secret?.name, more.length], ["pull-secret-dev-web/nexus", 0]);
    assert.deepEqual([secret!.inputs["registry"], secret!.inputs["username"]], ["127.0.0.1:8082", "puller"]);
    assert.match(JSON.stringify(secret!.inputs["password"]), /1b47061264138c4ac30d75fd1eb44270/);
    const { deployment, namespace, context, timeout, app } = rollouts[0]!.inputs;
    assert.deepEqual([app, namespace, deployment, context, timeout], ["blog", "web", "blog", "dev", 300]);
  });

  it("makes what settings describe, in an order in which nothing is named before it is there", async () => {
    const nexus = {
      hostname: "127.0.0.1",
      port: 9081,
      eula: "accepted",
      cleanupPolicies: { old: { ageDays: 90 } },
      routingRules: { ours: { mode: "ALLOW", matchers: ["^/ours/"] } },
      repositories: {
        all: { format: "raw", type: "group", members: ["tools", "mirror"] },
        tools: { format: "raw", type: "hosted", cleanup: ["old"] },
        mirror: { format: "raw", type: "proxy", remote: "https://files.test", routingRule: "ours" },
        cache: false,
      },
      contentSelectors: { ours: { expression: 'path =~ "/ours/.*"' } },
      privileges: {
        ours: {
          type: "repository-content-selector",
          format: "raw",
          contentSelector: "ours",
          actions: ["READ"],
        },
      },
      roles: { people: { privileges: ["ours"], pull: ["tools"] } },
      accounts: { anna: { roles: ["people"], delete: ["tools"] } },
      tasks: { "Compact at night": { type: "blobstore.compact", properties: { blobstoreName: "docker" } } },
    };
    const { registered } = await runWith({ blog: built }, {}, { "berth:nexus": nexus });
    const names = registered.map(({ name }) => name);
    const inOrder = (first: string, then: string) =>
      assert.ok(
        names.includes(first) && names.indexOf(first) < names.indexOf(then),
        `${first} before ${then}: ${names.join(", ")}`,
      );
    inOrder("registry-cleanup-old", "registry-repository-tools");
    inOrder("registry-routing-rule-ours", "registry-repository-mirror");
    inOrder("registry-repository-tools", "registry-repository-all");
    inOrder("registry-repository-mirror", "registry-repository-all");
    inOrder("registry-selector-ours", "registry-privilege-ours");
    inOrder("registry-privilege-ours", "registry-role-people");
    inOrder("registry-role-people", "registry-account-anna-role");
    inOrder("registry-repository-docker", "registry-task-compact-at-night");
    inOrder("registry-eula", "registry-repository-releases");
    inOrder("registry-private-hosts", "registry-blob-store-docker");
    inOrder("registry-private-hosts", "registry-repository-mirror");
    assert.ok(!names.includes("registry-repository-cache"));
    const inputs = (name: string) => registered.find((r) => r.name === name)!.inputs;
    assert.deepEqual(inputs("registry-account-anna-role")["privileges"], [
      "nx-repository-view-raw-tools-browse",
      "nx-repository-view-raw-tools-read",
      "nx-repository-view-raw-tools-delete",
    ]);
    assert.deepEqual(inputs("registry-private-hosts")["hosts"], [
      "registry-1.docker.io",
      "gitlab.test",
      "files.test",
    ]);
    assert.deepEqual(inputs("nexus-container")["ports"], [
      { ip: "127.0.0.1", internal: 8081, external: 9081 },
      { ip: "127.0.0.1", internal: 8082, external: 8082 },
      { ip: "127.0.0.1", internal: 8083, external: 8083 },
    ]);
  });

  it("has the environment's Docker build, with the certificates that it names, and nothing else go by it", async () => {
    const job = {
      DOCKER_HOST: "tcp://docker:2376",
      DOCKER_TLS_VERIFY: "1",
      DOCKER_CERT_PATH: "/certs/client",
    };
    await withVariables(job, async () => {
      const { registered } = await runWith({ blog: built }, {}, {}, "berth");
      const providers = registered.filter(({ type }) => type === "pulumi:providers:docker");
      assert.deepEqual(
        providers.map(({ name, inputs }) => [name, inputs["host"], inputs["certPath"]]).sort(),
        [
          ["blog-builder", "tcp://docker:2376", "/certs/client"],
          ["main-docker", "unix:///main.sock", undefined],
          ["nexus-docker", "unix:///var/run/docker.sock", undefined],
          ["spare-docker", "unix:///spare.sock", undefined],
        ],
      );
      await assert.rejects(runWith({ blog: built }), /^\S*Error: DOCKER_CERT_PATH in the environment/);
    });
  });

  it("gives an edge proxy the ports of the apps on its server only", async () => {
    const { registered } = await runWith({
      blog: built,
      shop: { ...built, publish: 8081, servers: ["spare"] },
    });
    assert.deepEqual(portsOf(registered, "main-edge"), [{ internal: 8080, external: 8080 }]);
    assert.deepEqual(portsOf(registered, "spare-edge"), [{ internal: 8081, external: 8081 }]);
  });

  it("keeps an edge of before as it is, with doors for the ports that it has not; one that nobody needs goes", async () => {
    const old = { container: "main-edge-1", ports: [8080], image: "caddy@sha256:1" };
    const shop = { ...built, publish: 8081 };
    const edges = (one: object) => ({ nexusUrl: "x", edges: { "main-edge": { doors: [], old: one } } });
    const names = (registered: readonly Registered[]) =>
      registered
        .flatMap(({ name, type }) =>
          type === "docker:index/container:Container" && name.startsWith("main-edge") ? [name] : [],
        )
        .sort();
    const alone = await runWith({ blog: built }, edges(old));
    assert.deepEqual(names(alone.registered), ["main-edge"]);
    const { registered, outputs } = await runWith({ blog: built, shop }, edges(old));
    assert.deepEqual(names(registered), ["main-edge", "main-edge-8081", "main-edge-a", "main-edge-b"]);
    const configuration = registered.find(({ name }) => name === "main-edge-configuration")!.inputs;
    assert.deepEqual(configuration["old"], { container: "main-edge-1", ports: [8080] });
    assert.deepEqual(configuration["edges"], ["main-edge-a-1", "main-edge-b-1"]);
    const told = (outputs as unknown as { edges: Record<string, object> }).edges;
    assert.deepEqual(told["main-edge"], { doors: [8081], old });
    const moved = await runWith({ shop }, edges(old));
    assert.deepEqual(names(moved.registered), ["main-edge-8081", "main-edge-a", "main-edge-b"]);
  });

  it("has edges believe the proxies that a server's settings name", async () => {
    const trustedProxies = ["10.0.0.0/8"];
    const main = { docker: "unix:///main.sock", address: "main.test", trustedProxies };
    const tls = { certificates: "own", names: { shop: "shop.test" } };
    const spare = { docker: "unix:///spare.sock", address: "spare.test", tls, trustedProxies };
    const apps = {
      blog: { ...built, servers: ["main", "spare"] },
      shop: { ...built, publish: 8081, servers: ["spare"] },
    };
    const { registered } = await runWith(apps, {}, { "berth:servers": { main, spare } });
    const traffic = registered.find(({ name }) => name === "blog-traffic")!.inputs;
    const servers = traffic["servers"] as { name: string; trustedProxies: string[] }[];
    assert.deepEqual(
      servers.map((server) => [server.name, server.trustedProxies]),
      [
        ["main", trustedProxies],
        ["spare", trustedProxies],
      ],
    );
    const mainOf = (edge: string) =>
      registered.find(({ name }) => name === `${edge}-configuration`)!.inputs as {
        main: string;
        tls?: object;
      };
    for (const [host, app] of [
      ["shop.test", "shop"],
      ["spare.test", "blog"],
      ["", "blog"],
    ])
      assert.match(
        mainOf("spare-edge").main,
        new RegExp(
          `http://${host}:80 \\{[\\s\\S]*?@ended \\{\\s+remote_ip 10\\.0\\.0\\.0/8[\\s\\S]*?targets/${app}\\n`,
        ),
      );
    const { trustedProxies: believed, apps: served } = mainOf("spare-edge").tls as EdgeTls;
    assert.deepEqual(believed, trustedProxies);
    assert.deepEqual(served, { "shop.test": "shop", "spare.test": "blog", "": "blog" });
    assert.doesNotMatch(
      mainOf("main-edge").main,
      /trusted_proxies|remote_ip/,
      "a change of theirs loads no main file of an edge in plain http",
    );
    const without = await runWith(
      apps,
      {},
      { "berth:servers": { spare: { ...spare, trustedProxies: [] }, main } },
    );
    const { tls: told } = without.registered.find(({ name }) => name === "spare-edge-configuration")!.inputs;
    assert.equal("apps" in (told as object), false, "an edge that believes nobody needn't know of apps");
  });

  it("serves an app under each of its host names, and tells people the first; one alone is as it always was", async () => {
    const trustedProxies = ["10.0.0.0/8"];
    const seen = async (shop: string | string[]) => {
      const tls = { certificates: "own", names: { shop } };
      const main = { docker: "unix:///main.sock", address: "main.test", tls, trustedProxies };
      const spare = { docker: "unix:///spare.sock", address: "spare.test" };
      const smoke = { path: "/" };
      const apps = { blog: built, shop: { ...built, publish: 8081, servers: ["main"], smoke } };
      const { registered, outputs } = await runWith(apps, {}, { "berth:servers": { main, spare } });
      const inputs = (name: string) => plain(registered.find((one) => one.name === name)!.inputs) as object;
      const told = outputs as unknown as { apps: Record<string, { url: string }> };
      return {
        traffic: inputs("shop-traffic") as { servers: readonly object[] },
        configuration: inputs("main-edge-configuration") as { tls: EdgeTls },
        addresses: inputs("main-addresses") as { wanted: readonly object[] },
        smoke: inputs("shop-smoke") as { servers: readonly { url: string }[] },
        url: told.apps["shop"]!.url,
      };
    };
    const one = await seen("shop.test");
    assert.equal("otherHosts" in one.traffic.servers[0]!, false);
    assert.deepEqual(await seen(["shop.test"]), one);

    const { traffic, configuration, addresses, smoke, url } = await seen(["shop.test", "www.shop.test"]);
    const [before] = one.traffic.servers;
    assert.deepEqual(traffic.servers, [{ ...before, otherHosts: ["www.shop.test"] }]);
    const { hosts, redirects, apps } = configuration.tls;
    assert.deepEqual(hosts, ["main.test", "shop.test", "www.shop.test"]);
    assert.deepEqual(redirects, { "shop.test": 443, "www.shop.test": 443, "main.test": 8080 });
    const served = { "shop.test": "shop", "www.shop.test": "shop", "main.test": "blog", "": "blog" };
    assert.deepEqual(apps, served);
    assert.deepEqual(addresses.wanted, [
      { app: "blog", host: "main.test", publish: 8080 },
      { app: "shop", host: "shop.test", publish: 443 },
      { app: "shop", host: "www.shop.test", publish: 443 },
    ]);
    assert.deepEqual([url, smoke.servers[0]!.url], ["https://shop.test", "https://shop.test"]);
    assert.deepEqual([one.url, one.smoke], [url, smoke], "another name moves what people are told nowhere");
  });

  it("puts TLS in front of Nexus and the apps, and has builder and servers trust its authority", async () => {
    const nexus = {
      hostname: "nexus.test",
      eula: "accepted",
      tls: { certificates: "own", port: 8443, redirectFrom: false, names: { docker: "docker.test" } },
    };
    const tls = { certificates: "own", names: { shop: "shop.test" } };
    const main = { docker: "unix:///var/run/docker.sock", address: "main.test", tls };
    const spare = { docker: "unix:///spare.sock", address: "spare.test" };
    const apps = { blog: built, shop: { ...built, publish: 8081, servers: ["main", "spare"] } };
    const over = { "berth:nexus": nexus, "berth:servers": { main, spare } };
    const { registered, outputs } = await runWith(apps, {}, over);
    const inputs = (name: string, type: string) =>
      plain(registered.find((r) => r.name === name && r.type.endsWith(type))?.inputs) as Record<
        string,
        unknown
      >;
    assert.deepEqual(inputs("nexus-container", ":Container")["ports"], []);
    const external = (name: string) =>
      portsOf(registered, name).map((port) => (port as { external: number }).external);
    assert.deepEqual(external("nexus-edge"), [8443, 8082, 8084]);
    assert.deepEqual(external("main-edge"), [8080, 443, 80]);
    assert.deepEqual(external("spare-edge"), [8081]);
    const trusted = registered.filter(({ type }) => type.endsWith(":TrustedCa"));
    assert.deepEqual(
      trusted.map((one) => [one.inputs["docker"], one.inputs["ca"], one.inputs["fleeting"]]),
      [
        ["unix:///var/run/docker.sock", PEM, true],
        ["unix:///spare.sock", PEM, false],
      ],
      "one for each Docker host, also where a server builds",
    );
    assert.deepEqual(trusted[0]!.inputs["registries"], [
      "nexus.test:8082",
      "nexus.test:8084",
      "docker.test:8443",
    ]);
    const environment = inputs("blog-copy", ":Command")["environment"] as Record<string, string>;
    assert.deepEqual([environment["BERTH_CA"], environment["BERTH_SECURE"]], [PEM, "nexus.test:8082"]);
    for (const name of ["registry-role-pusher", "registry-repository-releases", "blog-kept-tags"])
      assert.ok(
        JSON.stringify(registered.find((r) => r.name === name)?.inputs ?? PEM).includes("CERTIFICATE"),
        name,
      );
    const all = outputs as unknown as Record<string, unknown> & { apps: Record<string, { url: string }> };
    assert.deepEqual([all["nexusUrl"], all["nexusCa"]], ["https://nexus.test:8443", PEM]);
    assert.deepEqual(all["serverCas"], { main: PEM });
    assert.equal(all.apps["blog"]!.url, "https://main.test:8080");
    assert.equal(all.apps["shop"]!.url, "https://shop.test");
  });

  it("deploys a pinned release from GitLab's digest and builds nothing", async () => {
    const { registered, outputs } = await runWith({ blog: { ...built, release: pinned } });
    assert.deepEqual(
      registered.filter((r) => r.type === "docker:index/image:Image"),
      [],
    );
    const { apps } = outputs as unknown as { apps: Record<string, Record<string, unknown>> };
    assert.deepEqual(apps["blog"]!["release"], pinned);
    assert.equal(apps["blog"]!["releasedImage"], `127.0.0.1:8082/blog@${pinned.digest}`);
  });

  it("looks at the tags that keep a release between the copy and the deployment", async () => {
    const kept = async (app: Record<string, unknown>) => {
      const { registered } = await runWith({ blog: app });
      const names = registered.map(({ name }) => name);
      assert.ok(names.indexOf("blog-copy") < names.indexOf("blog-kept-tags"));
      assert.ok(names.indexOf("blog-kept-tags") < names.indexOf("blog-main-image"));
      return registered.find(({ name }) => name === "blog-kept-tags")!.inputs;
    };
    const inputs = await kept(built);
    assert.equal(inputs["image"], `127.0.0.1:8082/blog@${digest}`);
    assert.equal(inputs["origin"], "gitlab.test:5050/team/site/blog");
    assert.equal(inputs["built"], true);
    assert.equal((await kept({ ...built, release: pinned }))["built"], false);
  });

  it("copies a promoted release out of the other stack's Nexus, with the account that reads there", async () => {
    const other = {
      edges: {},
      nexusUrl: "https://dev.test",
      nexusCa: "dev's PEM",
      dockerHosted: "dev.test:8082",
      accounts: { puller: { username: "dev-puller", password: "dev-password" } },
    };
    const release = { ...pinned, from: "dev" };
    const shop = { ...app, publish: 8081, release };
    const { registered, outputs } = await runWith({ blog: { ...app, release }, shop }, other);
    const references = registered.filter(({ type }) => type === "pulumi:pulumi:StackReference");
    assert.deepEqual(
      references.map(({ name, inputs }) => [name, inputs["name"]]),
      [
        ["before", "organization/berth/test"],
        ["dev", "organization/berth/dev"],
      ],
    );
    const environment = registered.find(({ name }) => name === "blog-copy")!.inputs["environment"];
    assert.ok(JSON.stringify(environment).includes("1b47061264138c4ac30d75fd1eb44270"), "it is a secret");
    const { BERTH_TARGET_PASSWORD, ...rest } = plain(environment) as Record<string, string>;
    assert.ok(BERTH_TARGET_PASSWORD);
    assert.deepEqual(rest, {
      BERTH_SOURCE: `dev.test:8082/blog@${pinned.digest}`,
      BERTH_SOURCE_USERNAME: "dev-puller",
      BERTH_SOURCE_PASSWORD: "dev-password",
      BERTH_SECURE: "dev.test:8082",
      BERTH_INSECURE: "127.0.0.1:8082",
      BERTH_CA: "dev's PEM",
      BERTH_TARGET: "127.0.0.1:8082/blog:abc",
      BERTH_TARGET_USERNAME: "pusher",
    });
    const { apps } = outputs as unknown as { apps: Record<string, Record<string, unknown>> };
    assert.deepEqual(apps["blog"]!["release"], pinned);
    assert.ok(!registered.some(({ type }) => type === "docker:index/image:Image"), "nothing is built");
  });

  describe("runs an image of somebody else", () => {
    const cache = { ...app, image: "redis:7" };
    const told = async (over: object, before = {}, engine: "berth" | "by hand" = "by hand") => {
      const { registered, outputs } = await runWith({ cache: { ...cache, ...over } }, before, {}, engine);
      const inputs = (name: string) => registered.find((one) => one.name === name)?.inputs;
      const copy = plain(inputs("cache-copy")!["environment"]) as Record<string, string>;
      const { apps } = outputs as unknown as { apps: Record<string, Record<string, unknown>> };
      assert.ok(!registered.some(({ type }) => type === "docker:index/image:Image"), "nothing is built");
      return { inputs, copy, out: apps["cache"]! };
    };

    it("which is looked up through Nexus, copied by its digest as what is built is, and named after tag and digest", async () => {
      const { inputs, copy, out } = await told({});
      const { image, digest: known, servers, username } = inputs("cache-image-digest")!;
      assert.deepEqual(
        [image, known, servers, username],
        [
          "127.0.0.1:8083/library/redis:7",
          undefined,
          [{ name: "main", docker: "unix:///main.sock" }],
          "base-reader",
        ],
      );
      const { BERTH_SOURCE, BERTH_SOURCE_USERNAME, BERTH_TARGET, BERTH_INSECURE } = copy;
      assert.deepEqual(
        [BERTH_SOURCE, BERTH_SOURCE_USERNAME, BERTH_TARGET, BERTH_INSECURE],
        [
          `127.0.0.1:8083/library/redis@${digest}`,
          "base-reader",
          "127.0.0.1:8082/cache:7-111111111111",
          "127.0.0.1:8083,127.0.0.1:8082",
        ],
      );
      const kept = inputs("cache-kept-tags")!;
      assert.deepEqual([kept["tag"], kept["origin"], kept["built"]], ["7-111111111111", undefined, false]);
      assert.deepEqual(out["release"], { tag: "7-111111111111", digest });
      assert.equal(out["image"], "docker.io/library/redis:7");
      assert.equal(out["releasedImage"], `127.0.0.1:8082/cache@${digest}`);
    });

    it("at the digest that is known before: berth's own look, or what the settings say", async () => {
      const { inputs, copy, out } = await told({ image: `redis:7@${pinned.digest}` }, {}, "berth");
      assert.equal(inputs("cache-image-digest")!["digest"], pinned.digest);
      assert.equal(copy["BERTH_TARGET"], "127.0.0.1:8082/cache:7-222222222222");
      assert.equal(out["image"], "docker.io/library/redis:7", "the same image for the next run");
    });

    it("at what its tag points to now, where Pulumi runs it by hand", async () => {
      const nexus = await new ScriptedRegistry().start();
      try {
        const found = nexus.addImage("library/redis", ["layer"], { tag: "7" });
        const reader = { username: "base-reader", password: "s3cret" };
        const before = {
          edges: {},
          nexusUrl: "http://n",
          dockerGroup: nexus.host,
          accounts: { "base-reader": reader },
        };
        const { inputs } = await told({}, before);
        assert.equal(inputs("cache-image-digest")!["digest"], found);
      } finally {
        await nexus.stop();
      }
    });

    it("of a pinned release by its digest, and nothing is looked up", async () => {
      const { inputs, copy, out } = await told({ release: pinned });
      assert.equal(inputs("cache-image-digest"), undefined);
      assert.equal(copy["BERTH_SOURCE"], `127.0.0.1:8083/library/redis@${pinned.digest}`);
      assert.equal(copy["BERTH_TARGET"], "127.0.0.1:8082/cache:abc");
      assert.deepEqual([out["release"], out["image"]], [pinned, undefined]);
    });

    it("of a promoted release out of the other stack's Nexus", async () => {
      const accounts = { puller: { username: "dev-puller", password: "dev-password" } };
      const other = { edges: {}, nexusUrl: "http://dev.test", dockerHosted: "dev.test:8082", accounts };
      const { inputs, copy } = await told({ release: { ...pinned, from: "dev" } }, other);
      assert.equal(inputs("cache-image-digest"), undefined);
      assert.equal(copy["BERTH_SOURCE"], `dev.test:8082/cache@${pinned.digest}`);
    });

    it("that another job put into the project's own registry, from there with the job's login", async () => {
      const { inputs, copy, out } = await told({ image: `gitlab.test:5050/team/site/job@${digest}` });
      assert.equal(inputs("cache-image-digest"), undefined);
      assert.equal(copy["BERTH_SOURCE"], `gitlab.test:5050/team/site/job@${digest}`);
      assert.equal(copy["BERTH_SOURCE_USERNAME"], undefined);
      assert.equal(inputs("cache-kept-tags")!["origin"], undefined);
      assert.deepEqual(out["release"], { tag: "sha256-111111111111", digest });
    });
  });

  describe("runs one image in several apps", () => {
    const worker = { ...app, publish: 8081, imageOf: "blog" };
    const told = async (apps: Record<string, object>) => {
      const { registered, outputs } = await runWith(apps);
      const images = registered.filter(({ type }) => type === "docker:index/image:Image");
      const copy = registered.find(({ name }) => name === "worker-copy")!.inputs["environment"];
      const out = (outputs as unknown as { apps: Record<string, Record<string, unknown>> }).apps;
      const kept = registered.find(({ name }) => name === "worker-kept-tags")!.inputs;
      return { images, kept, copy: plain(copy) as Record<string, string>, out };
    };

    it("which is built once, and copied inside of Nexus: the same release by the same name", async () => {
      const { images, copy, out, kept } = await told({ worker, blog: built });
      assert.deepEqual(
        images.map(({ name }) => name),
        ["blog-image"],
      );
      const { BERTH_SOURCE, BERTH_SOURCE_USERNAME, BERTH_TARGET } = copy;
      assert.deepEqual(
        [BERTH_SOURCE, BERTH_SOURCE_USERNAME, BERTH_TARGET],
        [`127.0.0.1:8082/blog@${digest}`, "puller", `127.0.0.1:8082/worker:${commitTag("app")}`],
      );
      assert.deepEqual(out["worker"]!["release"], out["blog"]!["release"]);
      assert.deepEqual([kept["origin"], kept["built"]], [undefined, false]);
    });

    it("follows what that app is pinned to, or somebody else's image, and builds nothing then", async () => {
      const followed = await told({ worker, blog: { ...built, release: pinned } });
      assert.deepEqual([followed.images, followed.out["worker"]!["release"]], [[], pinned]);
      const given = await told({ worker, blog: { ...app, image: "redis:7" } });
      assert.equal(given.copy["BERTH_TARGET"], "127.0.0.1:8082/worker:7-111111111111");
    });

    it("is what it is pinned to itself, whatever that app runs", async () => {
      const { copy, out } = await told({ worker: { ...worker, release: pinned }, blog: built });
      assert.equal(copy["BERTH_SOURCE"], `127.0.0.1:8082/blog@${pinned.digest}`);
      assert.deepEqual(out["worker"]!["release"], pinned);
    });
  });

  describe("where settings say what something was called", () => {
    const servers = settings["berth:servers"];
    const volumes = { data: "/data" };
    const secrets = { TOKEN: "hunter2" };
    const blog = { ...app, release: pinned, volumes, secrets, releaseCommand: ["migrate"] };
    const tls = { certificates: "own" };
    const renamedServers = { web1: { ...servers.main, was: "main" }, spare: servers.spare };
    const renamedVolume = { database: { path: "/data", was: "data" } };
    const renames: [what: string, apps: object, servers: object][] = [
      ["an app", { shop: { ...blog, was: "blog" } }, servers],
      ["a server", { blog: { ...blog, servers: ["web1"] } }, renamedServers],
      ["a volume", { blog: { ...blog, volumes: renamedVolume } }, servers],
      [
        "all of them at once",
        { shop: { ...blog, was: "blog", servers: ["web1"], volumes: renamedVolume } },
        renamedServers,
      ],
    ];
    const withTls = (all: object) =>
      Object.fromEntries(Object.entries(all).map(([name, server]) => [name, { ...server, tls }]));

    for (const [what, apps, on] of renames) {
      for (const [how, over] of [
        ["in plain http", (all: object) => all],
        ["with TLS", withTls],
      ] as const)
        it(`leads every resource of ${what} to what it was, ${how}: the engine deletes none`, async () => {
          const before = await withAliases({ blog }, over(servers));
          const after = await withAliases(apps as Record<string, unknown>, over(on));
          const known = new Set(after.flatMap(({ aliases }) => [...aliases]));
          assert.deepEqual(
            before.map(({ urn }) => urn).filter((urn) => !known.has(urn)),
            [],
          );
          const types = new Set(before.map(({ type }) => type));
          for (const type of ["volume:Volume", "network:Network", "container:Container"])
            assert.ok(types.has(`docker:index/${type}`), type);
          for (const type of ["pulumi:providers:docker", "pulumi-nodejs:dynamic/docker:VolumeGuard"])
            assert.ok(types.has(type), type);
          const heirs = after.filter(({ urn }) => !before.some((one) => one.urn === urn));
          assert.ok(heirs.length > 0);
          for (const { urn, aliases } of heirs) {
            const heritage = before.filter((one) => aliases.has(one.urn));
            assert.equal(heritage.length, 1, `${urn} is heir of one`);
          }
        });
    }

    it("keeps the names of volumes on their hosts, and stops no door of a renamed server for another one", async () => {
      const apps = { shop: { ...blog, was: "blog", servers: ["web1"], volumes: renamedVolume } };
      const { registered } = await runWith(apps, {}, { "berth:servers": renamedServers });
      const inputs = (name: string) => registered.find((one) => one.name === name)!.inputs;
      assert.equal(
        inputs("shop-web1-database")["name"],
        undefined,
        "the provider keeps the one that it made",
      );
      assert.deepEqual(
        [inputs("web1-ports")["owner"], inputs("web1-ports")["ownerWas"]],
        ["web1-edge", "main-edge"],
      );
      assert.equal(inputs("spare-ports")["ownerWas"], undefined);
    });

    const shop = { ...app, was: "blog" };
    const ran = { release: { ...pinned } };
    type Apps = Record<string, Record<string, unknown>>;
    async function copied(shop: object, apps: object, more: object = {}) {
      const { registered, outputs } = await runWith({ shop }, { apps, ...more });
      const command = registered.find(({ name }) => name === "shop-copy")!;
      const environment = plain(command.inputs["environment"]) as Record<string, string>;
      return { environment, apps: (outputs as unknown as { apps: Apps }).apps };
    }

    it("copies the release that a renamed app is pinned to from where it ran: its Nexus, under the old name", async () => {
      const old = `127.0.0.1:8082/blog@${pinned.digest}`;
      const { environment, apps } = await copied({ ...shop, release: pinned }, { blog: ran });
      const { BERTH_SOURCE_PASSWORD, BERTH_TARGET_PASSWORD, ...rest } = environment;
      assert.ok(BERTH_SOURCE_PASSWORD && BERTH_TARGET_PASSWORD);
      assert.deepEqual(rest, {
        BERTH_SOURCE: old,
        BERTH_SOURCE_USERNAME: "puller",
        BERTH_TARGET: "127.0.0.1:8082/shop:abc",
        BERTH_TARGET_USERNAME: "pusher",
        BERTH_INSECURE: "127.0.0.1:8082",
        BERTH_SECURE: "",
        BERTH_CA: "",
      });
      assert.equal(apps["shop"]!["releasedImage"], `127.0.0.1:8082/shop@${pinned.digest}`);
      const again = await copied({ ...shop, release: pinned }, apps);
      assert.deepEqual(again.environment, environment, "nothing to do the next time");
      const promoted = await copied({ ...shop, release: { ...pinned, from: "dev" } }, { blog: ran });
      assert.equal(promoted.environment["BERTH_SOURCE"], old, "whichever stack it came out of");
    });

    it("copies another release of a renamed app from where it is under the new name", async () => {
      const release = { tag: "new", digest: `sha256:${"3".repeat(64)}` };
      const dev = {
        edges: {},
        nexusUrl: "http://dev.test",
        dockerHosted: "dev.test:8082",
        accounts: { puller: { username: "u", password: "p" } },
      };
      const from = { ...release, from: "dev" };
      for (const apps of [{ blog: ran }, { shop: { ...ran, inherited: { app: "blog", ...pinned } } }]) {
        const { environment } = await copied({ ...shop, release: from }, apps, dev);
        assert.equal(environment["BERTH_SOURCE"], `dev.test:8082/shop@${release.digest}`);
      }
      const { environment } = await copied({ ...shop, release }, { shop: ran });
      assert.equal(environment["BERTH_SOURCE"], `gitlab.test:5050/team/site/shop@${release.digest}`);
    });

    it("looks for the tag of what was built before a rename where it was pushed then", async () => {
      const image = `gitlab.test:5050/team/site/blog@${digest}`;
      const last = { ...ran, built: { tag: commitTag("app"), image, inState: false } };
      const { registered } = await runWith({ shop: { ...built, was: "blog" } }, { apps: { blog: last } });
      const { inputs } = registered.find(({ name }) => name === "shop-kept-tags")!;
      assert.deepEqual([inputs["origin"], inputs["built"]], ["gitlab.test:5050/team/site/blog", true]);
    });
  });

  it("starts processes with an app's secrets, volumes and network, waits for them before traffic moves, and ends those of before", async () => {
    const worker = { command: ["python", "worker.py"], memory: 64 };
    const blog = {
      ...app,
      release: pinned,
      servers: ["main", "spare"],
      volumes: { data: "/data" },
      secrets: { TOKEN: "abc" },
      processes: { worker, clock: { command: ["tick"], servers: ["spare"], health: "none" } },
    };
    const mailer = { release: pinned, servers: ["main"], processes: { queue: { command: ["send"] } } };
    const { registered, outputs } = await runWith({ blog, mailer });
    const inputsOf = (name: string) => plain(registered.find((one) => one.name === name)!.inputs);
    const names = registered
      .filter(({ type }) => type === "docker:index/container:Container")
      .map(({ name }) => name)
      .filter((name) => /^(blog|mailer)-/.test(name));
    assert.deepEqual(names.sort(), [
      "blog-main-container",
      "blog-main-worker-container",
      "blog-spare-clock-container",
      "blog-spare-container",
      "blog-spare-worker-container",
      "mailer-main-queue-container",
    ]);
    type Made = Record<string, unknown> & { readonly labels: { label: string; value: string }[] };
    const [serving, process] = ["blog-main-container", "blog-main-worker-container"].map(
      (name) => inputsOf(name) as Made,
    );
    for (const same of ["image", "envs", "volumes", "networksAdvanced", "capabilities"])
      assert.deepEqual(process![same], serving![same], same);
    assert.deepEqual([process!["command"], process!["memory"]], [worker.command, 64]);
    const labels = Object.fromEntries(process!.labels.map(({ label, value }) => [label, value]));
    assert.deepEqual([labels["berth.app"], labels["berth.process"]], ["blog", "worker"]);

    const traffic = inputsOf("blog-traffic") as { processes: Record<string, unknown>[] };
    assert.deepEqual(
      traffic.processes.map(({ name, process, container, health }) => [name, process, container, health]),
      [
        ["main", "worker", "blog-main-worker-container-1", undefined],
        ["spare", "worker", "blog-spare-worker-container-1", undefined],
        ["spare", "clock", "blog-spare-clock-container-1", "none"],
      ],
    );
    const drain = inputsOf("blog-drain") as Record<string, unknown>;
    assert.deepEqual(drain["hosts"], ["unix:///main.sock", "unix:///spare.sock"]);
    assert.equal((drain["current"] as string[]).length, 5, "what serves, too");
    assert.equal(drain["identity"], "0123456789abcdef");

    const several = await runWith({ blog: { ...blog, processes: { worker: { ...worker, count: 2 } } } });
    const all = several.registered.filter(({ name }) => /^blog-\w+-worker/.test(name));
    assert.deepEqual(
      all.map(({ name }) => name),
      ["main", "spare"].flatMap((on) => ["", "-2"].map((end) => `blog-${on}-worker${end}-container`)),
    );
    const its = plain(all[1]!.inputs) as Made;
    const label = its.labels.find((one) => one.label === "berth.process");
    assert.deepEqual([label?.value, its["command"], its["memory"]], ["worker-2", worker.command, 64]);
    const waited = several.registered.find(({ name }) => name === "blog-traffic")!;
    const fit = (plain(waited.inputs) as { processes: { process: string }[] }).processes;
    assert.deepEqual(
      fit.map(({ process }) => process),
      ["worker", "worker-2", "worker", "worker-2"],
      "the health of all is waited for",
    );

    const { servers, port, processes } = inputsOf("mailer-traffic") as Record<string, unknown[] | undefined>;
    assert.deepEqual([servers, port, processes!.length], [[], undefined, 1]);
    const told = plain(outputs) as { apps: Record<string, { url?: string }> };
    assert.ok(told.apps["blog"]!.url && !("url" in told.apps["mailer"]!));
  });

  it("removes old images from an app's servers behind its switch, and knows which came before", async () => {
    const servers = ["main", "spare"];
    const { registered } = await runWith({
      blog: { ...app, was: "site", release: pinned, servers, smoke: { path: "/" }, keepReleases: 5 },
      mailer: { release: pinned, servers: ["main"], processes: { queue: { command: ["send"] } } },
    });
    const inputsOf = (name: string) => plain(registered.find((one) => one.name === name)!.inputs);
    const { known, ...blog } = inputsOf("blog-old-images") as Record<string, unknown>;
    assert.deepEqual((known as string[]).slice(0, 2), ["sha256:0", "sha256:1"]);
    assert.equal((known as string[]).length, 20, "states stay small");
    assert.deepEqual(
      [blog["app"], blog["identity"], blog["was"], blog["image"], blog["keep"], blog["servers"]],
      [
        "blog",
        "0123456789abcdef",
        "site",
        `127.0.0.1:8082/blog@${pinned.digest}`,
        5,
        [
          { name: "main", docker: "unix:///main.sock" },
          { name: "spare", docker: "unix:///spare.sock" },
        ],
      ],
    );
    assert.equal((inputsOf("mailer-old-images") as Record<string, unknown>)["keep"], 3);
    const names = registered.map(({ name }) => name);
    const isBefore = (one: string, other: string) => names.indexOf(one) < names.indexOf(other);
    assert.ok(isBefore("blog-smoke", "blog-old-images") && isBefore("mailer-drain", "mailer-old-images"));
  });

  it("is made of resources whose next check does with the inputs of the last update, as that is all it gets", async () => {
    const processes = { worker: { command: ["work"] } };
    const blog = { ...app, release: pinned, processes, smoke: { path: "/" }, releaseCommand: ["migrate"] };
    const { registered } = await runWith({ blog });
    const dynamic = registered.filter(({ type }) => type.startsWith("pulumi-nodejs:dynamic/"));
    assert.ok(dynamic.length > 10, "there are some");
    const said = (name: string, olds: object, news: object) =>
      checkInputs(olds, news).then(
        ({ failures = [] }) => failures.map(({ reason }) => `${name}: ${reason}`),
        (error: Error) => [`${name}: ${error.message}`], // what the world is asked for isn't there
      );
    const problems = dynamic.map(async ({ name, inputs }) => {
      const known = plain(inputs) as Record<string, unknown>;
      const first = await said(name, {}, known);
      return first.length > 0 ? [] : said(name, known, known); // Pulumi's mocks leave something out
    });
    assert.deepEqual((await Promise.all(problems)).flat(), []);
  });

  it("deploys all but an app that waits for its first release", async () => {
    const waiting = { ...app, publish: 8081, release: "none" };
    const { registered, outputs } = await runWith({ blog: built, shop: waiting });
    assert.deepEqual(Object.keys((outputs as unknown as { apps: object }).apps), ["blog"]);
    assert.ok(!registered.some(({ name }) => name.startsWith("shop")));
    assert.deepEqual(portsOf(registered, "main-edge"), [{ internal: 8080, external: 8080 }]);
  });

  it("remembers what was built while a release is pinned, and deploys that again without building", async () => {
    const tag = commitTag("app");
    const image = `gitlab.test:5050/team/site/blog@${digest}`;
    const before = { apps: { blog: { built: { tag, image, inState: true } } } };
    const pinnedRun = await runWith({ blog: { ...built, release: pinned } }, before);
    const after = (pinnedRun.outputs as unknown as { apps: { blog: { built: object } } }).apps;
    assert.deepEqual(after.blog.built, { tag, image, inState: false });
    const { registered, outputs } = await runWith({ blog: built }, { apps: after });
    assert.deepEqual(
      registered.filter((r) => r.type === "docker:index/image:Image"),
      [],
    );
    const { apps } = outputs as unknown as { apps: Record<string, Record<string, unknown>> };
    assert.equal(apps["blog"]!["releasedImage"], `127.0.0.1:8082/blog@${digest}`);
    const again = { apps: { blog: { built: { tag: "another commit", image, inState: false } } } };
    const next = await runWith({ blog: built }, again);
    assert.equal(next.registered.filter((r) => r.type === "docker:index/image:Image").length, 1);
  });

  it("takes layers of the image before, the same one for as long as the commit does", async () => {
    const image = (of: string) => `gitlab.test:5050/team/site/blog@sha256:${of.repeat(64)}`;
    const blog = { ...built, build: { ...built.build, cache: true } };
    const run = async (apps: Record<string, object>, last?: object) => {
      const { registered, outputs } = await runWith(apps, last && { apps: { blog: { built: last } } });
      const { inputs } = registered.find(({ type }) => type === "docker:index/image:Image")!;
      const after = (outputs as unknown as { apps: { blog: { built: { cacheFrom?: string } } } }).apps;
      const { cacheFrom } = plain(inputs["build"]) as { cacheFrom?: { images: string[] } };
      assert.deepEqual(cacheFrom?.images, after.blog.built.cacheFrom && [after.blog.built.cacheFrom]);
      return after.blog.built;
    };
    assert.ok(!("cacheFrom" in (await run({ blog }))), "there is none before");
    const other = { tag: "another commit", image: image("2"), inState: true, cacheFrom: image("3") };
    const once = await run({ blog }, other);
    assert.equal(once.cacheFrom, image("2"));
    assert.deepEqual(await run({ blog }, once), once, "an update that changes nothing builds nothing");
    assert.ok(!("cacheFrom" in (await run({ blog: built }, other))), "it is not wanted");
  });

  it("labels every container, volume and network with its own name and the identity of the stack", async () => {
    const { registered } = await runWith({ blog: { ...built, volumes: { data: "/data" } } });
    const made = registered.filter((r) => /^docker:index\/(container|volume|network):/.test(r.type));
    assert.ok(made.length >= 8);
    for (const { name, inputs } of made) {
      const labels = inputs["labels"] as { label: string; value: string }[];
      assert.deepEqual(labels.slice(0, 5), [
        { label: "berth.project", value: "berth" },
        { label: "berth.stack", value: "test" },
        { label: "berth.resource", value: name },
        { label: "berth.id", value: "0123456789abcdef" },
        { label: "berth.owner", value: "gitlab.test/team/site" },
      ]);
    }
  });

  it("lets https proxies trust the given certificates, and no docker repository give tokens that plain http breaks", async () => {
    const ca = join(mkdtempSync(join(tmpdir(), "berth-program-")), "office.pem");
    writeFileSync(ca, testCertificate);
    const remotes = {
      hub: {},
      plain: { format: "raw", type: "proxy", remote: "http://files.test" },
      own: { format: "npm", type: "proxy", remote: "https://npm.test/", useTrustStore: false, blocked: true },
    };
    const inputsWith = async (nexus: object) => {
      const over = {
        "berth:nexus": { hostname: "127.0.0.1", eula: "accepted", repositories: remotes, ...nexus },
      };
      const { registered } = await runWith({ blog: built }, {}, over);
      return (name: string) =>
        plain(registered.find((one) => one.name === `registry-repository-${name}`)!.inputs) as {
          httpClient: { connection?: object; blocked: boolean };
          docker: { forceBasicAuth: boolean };
        };
    };
    const trusting = await inputsWith({ certificates: { office: ca } });
    assert.deepEqual(trusting("hub").httpClient.connection, { useTrustStore: true });
    assert.equal(trusting("plain").httpClient.connection, undefined);
    assert.deepEqual(trusting("own").httpClient.connection, { useTrustStore: false });
    assert.equal(trusting("own").httpClient.blocked, true);
    assert.equal(trusting("releases").docker.forceBasicAuth, true, "3.94 in plain http");
    const usual = await inputsWith({ tls: { certificates: "own" } });
    assert.equal(usual("hub").httpClient.connection, undefined);
    assert.equal(usual("releases").docker.forceBasicAuth, false, "behind https");
    const older = await inputsWith({ image: "sonatype/nexus3:3.76.1" });
    assert.equal(older("docker").docker.forceBasicAuth, false, "before 3.77");
    rmSync(dirname(ca), { recursive: true });
  });

  it("looks at every Docker that would pull in plain http from another machine, before it makes a Nexus", async () => {
    const { DOCKER_HOST: before } = process.env;
    process.env["DOCKER_HOST"] = "tcp://builder:2375";
    const looks = async (nexus: object, apps: Record<string, unknown> = { blog: built }) => {
      const over = { "berth:nexus": { hostname: "nexus.test", eula: "accepted", ...nexus } };
      const { registered } = await runWith(apps, {}, over);
      const looks = registered.filter(({ type }) => type.endsWith(":PlainHttp"));
      const first = registered.findIndex(({ name }) => name === "nexus-docker");
      assert.ok(looks.every((look) => registered.indexOf(look) < first));
      return looks.map(({ inputs }) => [inputs["docker"], inputs["registries"]]);
    };
    const [group, both] = [["nexus.test:8083"], ["nexus.test:8082", "nexus.test:8083"]];
    const servers = [
      ["unix:///main.sock", both],
      ["unix:///spare.sock", both],
    ];
    assert.deepEqual(await looks({}), [["tcp://builder:2375", group], ...servers]);
    assert.deepEqual(await looks({}, { blog: { ...built, release: pinned } }), servers, "nothing is built");
    assert.deepEqual(await looks({ hostname: "127.0.0.1" }), []);
    assert.deepEqual(await looks({ hostname: "localhost" }), []);
    assert.deepEqual(await looks({ tls: { certificates: "own" } }), []);
    if (before === undefined) delete process.env["DOCKER_HOST"];
    else process.env["DOCKER_HOST"] = before;
  });

  it("makes nothing of a host, no password and no setting of the whole server for a Nexus that was there", async () => {
    const url = "https://nexus.test";
    const repositories = { releases: { address: "releases.test" }, docker: { port: 8083 } };
    const nexus = { url, username: "platform", password: "platform-password", ca: "ca.pem", repositories };
    const folder = mkdtempSync(join(tmpdir(), "berth-own-nexus-"));
    const ca = join(folder, "ca.pem");
    writeFileSync(ca, testCertificate);
    try {
      const over = { "berth:nexus": { ...nexus, ca } };
      const { registered, outputs } = await runWith({ blog: { ...app, release: pinned } }, {}, over);
      const names = registered.map(({ name }) => name);
      assert.deepEqual(
        names.filter((name) => /^nexus\b/.test(name)),
        [],
      );
      const ofServer = ["admin-password", "admin-secret", "realms", "anonymous", "eula", "private-hosts"];
      for (const one of ofServer) assert.ok(!names.includes(`registry-${one}`), one);
      assert.equal(names.indexOf("registry-access") < names.indexOf("registry-repository-releases"), true);
      const releases = registered.find(({ name }) => name === "registry-repository-releases")!.inputs;
      assert.deepEqual([releases["adopt"], releases["keepFound"]], [false, true]);
      const { server } = releases;
      assert.match(JSON.stringify(server), /1b47061264138c4ac30d75fd1eb44270/, "the password is a secret");
      const { nexusUrl, nexusCa, dockerHosted, dockerGroup, accounts } = outputs as unknown as Record<
        string,
        object
      >;
      assert.deepEqual(
        { nexusUrl, nexusCa, dockerHosted, dockerGroup },
        {
          nexusUrl: url,
          nexusCa: testCertificate,
          dockerHosted: "releases.test",
          dockerGroup: "nexus.test:8083",
        },
      );
      assert.deepEqual(Object.keys(accounts!), ["pusher", "puller", "base-reader"]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("marks the passwords that come from settings as secrets, so that no state holds them in plain text", async () => {
    const nexus = {
      hostname: "127.0.0.1",
      eula: "accepted",
      adminPassword: "admin-password",
      repositories: {
        hub: { remote: "https://hub.test", username: "u", password: "hub-password" },
        debs: {
          format: "apt",
          type: "hosted",
          distribution: "bookworm",
          signingKey: "apt-key",
          signingPassphrase: "apt-passphrase",
        },
        fedora: { format: "yum", type: "proxy", remote: "https://rpm.test", signingKey: "yum-key" },
      },
      blobStores: { s3: { type: "s3", bucket: "b", accessKeyId: "id", secretAccessKey: "s3-key" } },
      accounts: { ci: { password: "ci-password" } },
      outboundHttp: {
        httpProxy: { host: "proxy.test", port: 3128, username: "u", password: "proxy-password" },
      },
    };
    const { registered } = await runWith({ blog: built }, {}, { "berth:nexus": nexus });
    const seen = (name: string) => registered.find((r) => r.name === name)!.inputs;
    // Pulumi's mocks mark the whole property that holds a secret.
    const secret = (value: unknown) => ({
      "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
      value,
    });
    const authentication = { type: "username", username: "u", password: "hub-password" };
    const httpClient = { blocked: false, autoBlock: true, authentication };
    assert.deepEqual(seen("registry-repository-hub")["httpClient"], secret(httpClient));
    assert.deepEqual(seen("registry-admin-password")["password"], secret("admin-password"));
    assert.deepEqual(seen("registry-account-ci")["password"], secret("ci-password"));
    const given = ["apt-key", "apt-passphrase", "yum-key", "s3-key", "proxy-password"];
    const marked = (value: unknown) => JSON.stringify(value)?.includes("1b47061264138c4ac30d75fd1eb44270");
    const open = registered.flatMap(({ inputs }) => Object.values(inputs).filter((value) => !marked(value)));
    for (const word of [...given, "hub-password", "admin-password", "ci-password"])
      assert.ok(!JSON.stringify(open).includes(`"${word}"`), `${word} is in a property that isn't marked`);
    const everything = JSON.stringify(registered);
    for (const word of given) assert.ok(everything.includes(word), `${word} reaches its resource`);
  });

  describe("with berth:gitlab.manage", () => {
    const kept = {
      jobImages: true,
      schedules: {},
      protect: { tags: ["v*"] },
      environment: { tier: "testing" },
    };
    const managing = (manage: unknown) => ({ "berth:gitlab": { ...settings["berth:gitlab"], manage } });
    /** How Nexus logs in where it fetches GitLab's images. */
    const loginOfProxy = (registered: readonly Registered[]) => {
      const { inputs } = registered.find(({ name }) => name === "registry-repository-gitlab")!;
      return (plain(inputs["httpClient"]) as Record<string, unknown>)["authentication"];
    };
    const gitlabTypes = (registered: readonly Registered[]) =>
      registered.map(({ type }) => type).filter((type) => type.includes("gitlab"));

    before(() => {
      process.env["GITLAB_TOKEN"] = "glpat-1";
    });
    after(() => {
      delete process.env["GITLAB_TOKEN"];
    });

    it("keeps nothing in GitLab without it", async () => {
      assert.deepEqual(gitlabTypes((await runWith({ blog: built })).registered), []);
    });

    it("keeps the logins of its Nexus there, and lets Nexus log in to GitLab", async () => {
      const { registered, outputs } = await runWith({ blog: built }, {}, managing({}));
      const variables = registered.filter(({ type }) => type.endsWith(":ProjectVariable"));
      assert.deepEqual(
        variables.map(({ inputs }) => inputs["key"]).sort(),
        ["PULL", "PUSH"].flatMap((what) =>
          ["PASSWORD", "REGISTRY", "USER"].map((part) => `BERTH_NEXUS_${what}_${part}`),
        ),
      );
      for (const { inputs } of variables)
        assert.deepEqual(
          [inputs["project"], inputs["environmentScope"], inputs["protected"], inputs["masked"]],
          ["team/site", "test", true, String(inputs["key"]).endsWith("_PASSWORD")],
        );
      const authentication = { type: "username", username: "berth-test", password: "gldt-1" };
      assert.deepEqual(loginOfProxy(registered), authentication);
      const { gitlabLogin } = outputs as unknown as { gitlabLogin: object };
      const login = { registry: "gitlab.test:5050", username: "berth-test", password: "gldt-1" };
      assert.deepEqual(gitlabLogin, login);
    });

    it("gives the provider its address and no token", async () => {
      const { registered } = await runWith({ blog: built }, {}, managing({}));
      const { inputs } = registered.find(({ type }) => type === "pulumi:providers:gitlab")!;
      assert.deepEqual(inputs, { baseUrl: "http://gitlab.test/api/v4/", earlyAuthCheck: "false" });
    });

    it("leaves a login of GitLab's registry that the settings have as it is", async () => {
      const nexus = {
        hostname: "127.0.0.1",
        eula: "accepted",
        repositories: { gitlab: { username: "own", password: "own-password" } },
      };
      const { registered } = await runWith({ blog: built }, {}, { ...managing({}), "berth:nexus": nexus });
      const authentication = { type: "username", username: "own", password: "own-password" };
      assert.deepEqual(loginOfProxy(registered), authentication);
    });

    it("keeps what else the settings want, and each part for itself", async () => {
      const all = gitlabTypes((await runWith({ blog: built }, {}, managing(kept))).registered);
      const made = (name: string) => all.filter((type) => type.endsWith(`:${name}`)).length;
      assert.deepEqual(
        ["ProjectVariable", "PipelineSchedule", "PipelineScheduleVariable", "TagProtection"].map(made),
        [7, 2, 2, 1],
      );
      assert.deepEqual(["ProjectEnvironment", "ProjectDeployToken"].map(made), [1, 1]);
      const little = managing({ variables: false, deployToken: false });
      assert.deepEqual(gitlabTypes((await runWith({ blog: built }, {}, little)).registered).sort(), [
        "berth:gitlab:GitlabAccess",
        "berth:gitlab:GitlabProject",
        "pulumi:providers:gitlab",
      ]);
    });

    it("protects the stack's environment where the settings say so, and for whom they say", async () => {
      const protections = async (manage: object) =>
        (await runWith({ blog: built }, {}, managing(manage))).registered.filter(({ type }) =>
          type.endsWith(":ProjectProtectedEnvironment"),
        );
      assert.deepEqual(await protections(kept), []);
      const alone = await protections({ protect: { environment: {} } });
      assert.deepEqual(
        alone.map(({ inputs }) => inputs),
        [
          {
            project: "team/site",
            environment: "test",
            deployAccessLevelsAttributes: [{ accessLevel: "maintainer" }],
            approvalRules: [],
          },
        ],
      );
      const environment = { deploy: "developer", approvals: 2 };
      const [both] = await protections({ ...kept, protect: { environment } });
      assert.deepEqual(
        [both!.inputs["deployAccessLevelsAttributes"], both!.inputs["approvalRules"]],
        [[{ accessLevel: "developer" }], [{ accessLevel: "maintainer", requiredApprovals: 2 }]],
      );
    });

    it("needs a token before anything is changed", async () => {
      process.env["GITLAB_TOKEN"] = "-";
      await assert.rejects(runWith({ blog: built }, {}, managing({})), /berth:gitlab\.manage needs a token/);
      process.env["GITLAB_TOKEN"] = "glpat-1";
    });
  });

  it("has each of its resources in a step of the story that is meant for it", async () => {
    const target = { project: "platform/clusters", path: "values.yaml", values: { digest: "image.digest" } };
    const cluster = { namespace: "web", deployment: "blog", pullSecret: "nexus" };
    const blog = {
      ...built,
      servers: ["main", "spare"],
      volumes: { data: "/data" },
      secrets: { TOKEN: "abc" },
      releaseCommand: ["migrate"],
      smoke: { path: "/health" },
      processes: { worker: { command: ["work"] } },
      gitops: { ...target, branch: "main", cluster },
    };
    const cache = { ...app, publish: 8081, image: "redis:7" };
    const steps: StepEventMetadata[] = [];
    const tls = { certificates: "own" };
    const servers = {
      main: { ...settings["berth:servers"].main, tls },
      spare: settings["berth:servers"].spare,
    };
    await runWith({ blog, cache }, {}, { "berth:servers": servers }, "by hand", () => hearSteps(steps));
    const facts = { nexus: "", apps: ["blog", "cache"], servers: ["main", "spare"] };
    const places = steps.map((step) => placeOf(step, facts));
    assert.deepEqual([...new Set(places.map(({ label }) => label))].sort(), [
      "Nexus ready",
      "base python:3.11-slim through Nexus",
      "blog",
      "blog answers where people ask",
      "blog built, pushed to GitLab",
      "blog copied to Nexus",
      "blog healthy, traffic moved",
      "blog written to platform/clusters main:values.yaml",
      "cache",
      "cache copied to Nexus",
      "cache healthy, traffic moved",
      "image redis:7 through Nexus",
      "old images of blog",
      "old images of cache",
      "pods of web/blog run it",
      "ports of main free",
      "ports of spare free",
      "processes of blog before drain",
      "pull secret web/nexus in its cluster",
      "release of blog kept by its tags",
      "release of cache kept by its tags",
      "server main ready",
      "server spare ready",
      "the stack has its identity",
      "what is no longer needed removed",
    ]);
    const words = steps.map(({ urn }) => resourceWords(urn, facts));
    assert.deepEqual(
      words.filter((one, index) => one.startsWith(`${resourceName(steps[index]!.urn)}: `)),
      [],
      "each has words of the product",
    );
    for (const one of [
      "blog on main: container",
      "blog/worker on main: container",
      "edge of main: port 8080",
    ])
      assert.ok(words.includes(one), one);
    const deployed = places.filter(({ key }) => key === "blog deployed");
    assert.deepEqual([...new Set(deployed.map(({ word, server }) => `${word} ${server}`))].sort(), [
      "pulled main",
      "pulled spare",
      "release command run undefined",
      "secrets ready main",
      "secrets ready spare",
      "started main",
      "started spare",
      "volumes ready main",
      "volumes ready spare",
    ]);
  });

  it("makes nothing where a build needs an ssh agent and there is none", async () => {
    const context = mkdtempSync(join(tmpdir(), "berth-agent-"));
    writeFileSync(join(context, "Dockerfile"), "FROM scratch\nRUN --mount=type=ssh npm ci\n");
    const apps = { shop: { ...built, publish: 8081 }, blog: { ...app, build: { context, ssh: true } } };
    const registered: string[] = [];
    const listen = () => {
      const monitor = getMonitor();
      const register = monitor.registerResource.bind(monitor);
      monitor.registerResource = (request, callback) => {
        registered.push(request.getType());
        return register(request, callback);
      };
    };
    await withVariables({ SSH_AUTH_SOCK: undefined }, () =>
      assert.rejects(runWith(apps, {}, {}, "berth", listen), /blog: the build uses the ssh agent/),
    );
    assert.deepEqual(registered, []);
    await runWith({ shop: apps.shop }, {}, {}, "berth", listen);
    assert.ok(registered.length > 0, "else nobody listened");
    rmSync(context, { recursive: true });
  });

  it("says what is missing where the GitLab registry's login isn't set", async () => {
    delete process.env["CI_REGISTRY_PASSWORD"];
    await assert.rejects(runWith({ blog: built }), /set CI_REGISTRY_USER and CI_REGISTRY_PASSWORD/);
  });
});
