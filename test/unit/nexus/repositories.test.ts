import assert from "node:assert/strict";
import { type dynamic, output } from "@pulumi/pulumi";
import { UNKNOWN } from "../../../components/base/shape";
import {
  AptHosted,
  AptProxy,
  aptGroup,
  aptHosted,
} from "../../../components/nexus/kinds/repository/apt-repository";
import {
  DockerGroup,
  DockerHosted,
  DockerProxy,
  dockerGroup,
  dockerHosted,
  dockerProxy,
} from "../../../components/nexus/kinds/repository/docker-repository";
import {
  MavenGroup,
  MavenHosted,
  MavenProxy,
} from "../../../components/nexus/kinds/repository/maven-repository";
import {
  RawGroup,
  RawHosted,
  RawProxy,
  rawGroup,
} from "../../../components/nexus/kinds/repository/raw-repository";
import { YumGroup, YumHosted, YumProxy } from "../../../components/nexus/kinds/repository/yum-repository";
import type { Fields } from "../../../components/nexus/object/kind";
import type { Facts } from "../../../components/nexus/rest/server-abilities";
import { type Call, type Reply, scriptedNexus } from "../../support/nexus/scripted-nexus";
import { inputsOf, serialisedProvider } from "../../support/serialised-provider";

type Make = Parameters<typeof inputsOf>[0];
type Provider = Required<dynamic.ResourceProvider>;

const server = { url: "http://nexus.test", username: "admin", password: "x" };
const base = { server, name: "it", blobStore: "default" };
const proxy = { ...base, remoteUrl: "https://up.test/" };
const rawProxyResource = () => new RawProxy("p", proxy);

/** The fields that Nexus would be sent for a resource. */
async function fieldsOf(make: Make): Promise<Fields> {
  const { server: _server, code: _code, __provider, ...fields } = await inputsOf(make);
  return fields;
}

/** A repository's provider in front of a Nexus that has it as `existing` and takes what it is sent. */
async function against(make: Make, answer: (call: Call) => Reply | undefined) {
  const nexus = await scriptedNexus((call) => answer(call) ?? defaultReply(call));
  const provider = (await serialisedProvider(make)) as Provider;
  const sent = () => nexus.calls.filter(({ method }) => method !== "GET");
  return { provider, at: { ...server, url: nexus.url }, sent, ...nexus };
}

/** As a server that has none of our repositories: the calls it offers, 404, and success for every change. */
function defaultReply({ method, path }: Call): Reply {
  const paths = Object.fromEntries(
    ["raw/hosted", "raw/proxy", "raw/group", "docker/hosted", "docker/proxy", "docker/group"].map((kind) => [
      `/v1/repositories/${kind}`,
      { post: {} },
    ]),
  );
  if (path === "/service/rest/swagger.json")
    return { status: 200, body: { paths: { ...paths, "/v1/repositories": { get: {} } } } };
  if (method === "GET") return { status: 404 };
  return { status: method === "POST" ? 201 : 204 };
}

/** A server that already has the repository. */
const having = (existing: Fields) => (call: Call) =>
  call.method === "GET" && call.path.endsWith(`/${existing["name"]}`)
    ? { status: 200, body: existing }
    : undefined;

const facts = (offered: readonly string[], more: Partial<Facts> = {}): Facts => ({
  version: "3.71.0",
  edition: "OSS",
  offers: (method, path) => ["GET /v1/repositories", ...offered].includes(`${method} ${path}`),
  fieldsOf: () => [],
  ...more,
});

describe("a repository's arguments become Nexus's fields", () => {
  it("hosted: defaults, and nothing for what isn't asked for", async () => {
    const fields = await fieldsOf(() => new RawHosted("r", { ...base, writePolicy: "ALLOW_ONCE" }));
    assert.deepEqual(fields, {
      name: "it",
      online: true,
      storage: { blobStoreName: "default", strictContentTypeValidation: true, writePolicy: "ALLOW_ONCE" },
    });
  });

  it("hosted: everything", async () => {
    const args = {
      ...base,
      adopt: true,
      allowDataLoss: true,
      writePolicy: "DENY" as const,
      online: false,
      strictContentTypeValidation: false,
      cleanupPolicies: ["weekly"],
      proprietaryComponents: true,
      contentDisposition: "INLINE" as const,
    };
    assert.deepEqual(await fieldsOf(() => new RawHosted("r", args)), {
      adopt: true,
      allowDataLoss: true,
      name: "it",
      online: false,
      storage: { blobStoreName: "default", strictContentTypeValidation: false, writePolicy: "DENY" },
      cleanup: { policyNames: ["weekly"] },
      component: { proprietaryComponents: true },
      raw: { contentDisposition: "INLINE" },
    });
  });

  it("proxy: defaults; what isn't there is not remembered", async () => {
    assert.deepEqual(await fieldsOf(rawProxyResource), {
      name: "it",
      online: true,
      storage: { blobStoreName: "default", strictContentTypeValidation: true },
      proxy: { remoteUrl: "https://up.test/", contentMaxAge: 1440, metadataMaxAge: 1440 },
      negativeCache: { enabled: false, timeToLive: 1440 },
      httpClient: { blocked: false, autoBlock: true },
    });
  });

  it("proxy: everything", async () => {
    const args = {
      ...proxy,
      remoteUsername: "u",
      remotePassword: "p",
      preemptiveAuth: true,
      contentMaxAge: -1,
      metadataMaxAge: 5,
      negativeCacheMinutes: 6,
      blocked: true,
      autoBlock: false,
      routingRule: "only-ours",
      cleanupPolicies: ["weekly"],
      retries: 2,
      timeoutSeconds: 30,
      useTrustStore: true,
      versionPolicy: "MIXED" as const,
      layoutPolicy: "PERMISSIVE" as const,
      contentDisposition: "ATTACHMENT" as const,
    };
    assert.deepEqual(await fieldsOf(() => new MavenProxy("p", args)), {
      name: "it",
      online: true,
      storage: { blobStoreName: "default", strictContentTypeValidation: true },
      proxy: { remoteUrl: "https://up.test/", contentMaxAge: -1, metadataMaxAge: 5 },
      negativeCache: { enabled: true, timeToLive: 6 },
      httpClient: {
        blocked: true,
        autoBlock: false,
        authentication: { type: "username", username: "u", password: "p", preemptive: true },
        connection: { retries: 2, timeout: 30, useTrustStore: true },
      },
      routingRule: "only-ours",
      cleanup: { policyNames: ["weekly"] },
      maven: { versionPolicy: "MIXED", layoutPolicy: "PERMISSIVE", contentDisposition: "ATTACHMENT" },
    });
  });

  it("groups: the members in their order, and no write policy", async () => {
    const args = { ...base, members: ["b", "a"] };
    const common = {
      name: "it",
      online: true,
      storage: { blobStoreName: "default", strictContentTypeValidation: true },
    };
    const group = { memberNames: ["b", "a"] };
    assert.deepEqual(await fieldsOf(() => new MavenGroup("g", args)), { ...common, group });
    assert.deepEqual(
      await fieldsOf(() => new RawGroup("g", { ...args, contentDisposition: "INLINE" as const })),
      { ...common, group, raw: { contentDisposition: "INLINE" } },
    );
    const docker = { v1Enabled: false, forceBasicAuth: false, httpPort: 8083 };
    const pro = { ...args, httpPort: 8083, writableMember: "a" };
    assert.deepEqual(await fieldsOf(() => new DockerGroup("g", pro)), {
      ...common,
      group: { ...group, writableMember: "a" },
      docker,
    });
  });

  it("docker: ports, path, subdomain, the movable latest and the index", async () => {
    const ways = { httpPort: 1, httpsPort: 2, subdomain: "s", pathEnabled: true };
    const hosted = { ...base, ...ways, writePolicy: "ALLOW_ONCE" as const, movableLatest: true };
    const fields = await fieldsOf(() => new DockerHosted("h", { ...hosted, forceBasicAuth: true }));
    assert.deepEqual(fields["docker"], { v1Enabled: false, forceBasicAuth: true, ...ways });
    assert.equal((fields["storage"] as Fields)["latestPolicy"], true);
    const index = { indexType: "CUSTOM" as const, indexUrl: "https://index.test" };
    const proxied = await fieldsOf(() => new DockerProxy("p", { ...proxy, ...index, v1Enabled: true }));
    assert.deepEqual(proxied["dockerProxy"], index);
    assert.deepEqual(proxied["docker"], { v1Enabled: true, forceBasicAuth: false });
  });

  it("maven and apt: their own parts", async () => {
    const maven = await fieldsOf(() => new MavenHosted("m", { ...base, writePolicy: "ALLOW" }));
    assert.deepEqual(maven["maven"], { versionPolicy: "RELEASE", layoutPolicy: "STRICT" });
    const key = { signingKey: "KEY", passphrase: "pass" };
    const hosted = { ...base, ...key, writePolicy: "ALLOW" as const, distribution: "bookworm" };
    const { apt, aptSigning } = await fieldsOf(() => new AptHosted("a", hosted));
    assert.deepEqual(
      [apt, aptSigning],
      [{ distribution: "bookworm" }, { keypair: "KEY", passphrase: "pass" }],
    );
    const proxied = await fieldsOf(() => new AptProxy("a", { ...proxy, distribution: "sid" }));
    assert.deepEqual(proxied["apt"], { distribution: "sid", flat: false });
  });

  it("yum: lists at a depth, and a key where one signs", async () => {
    const hosted = { ...base, writePolicy: "ALLOW" as const };
    const plain = await fieldsOf(() => new YumHosted("y", hosted));
    assert.deepEqual(plain["yum"], { repodataDepth: 0, deployPolicy: "STRICT" });
    const own = { repodataDepth: 2, deployPolicy: "PERMISSIVE" as const };
    assert.deepEqual((await fieldsOf(() => new YumHosted("y", { ...hosted, ...own })))["yum"], own);
    assert.equal("yumSigning" in (await fieldsOf(() => new YumProxy("y", proxy))), false);
    const key = { signingKey: "KEY", passphrase: "pass" };
    const yumSigning = { keypair: "KEY", passphrase: "pass" };
    assert.deepEqual(
      (await fieldsOf(() => new YumProxy("y", { ...proxy, ...key })))["yumSigning"],
      yumSigning,
    );
    const group = { ...base, members: ["a"], ...key };
    assert.deepEqual((await fieldsOf(() => new YumGroup("y", group)))["yumSigning"], yumSigning);
  });

  it("a name without its password is an error, and so is the other way round", () => {
    const message = (missing: string) =>
      `A proxy that logs in to its remote needs both a name and a password: set ${missing}.`;
    const login = (more: object) => () => new RawProxy("p", { ...proxy, ...more });
    assert.throws(login({ remoteUsername: "u" }), { message: message("remotePassword") });
    assert.throws(login({ remotePassword: output("p") }), { message: message("remoteUsername") });
  });
});

describe("a repository's life", () => {
  it("sends the routing rule under both of its names, and asks first whether it is there", async () => {
    const rules = ["only-ours"];
    let there: Fields | undefined;
    const { provider, at, sent, close } = await against(rawProxyResource, (call) =>
      rules.some((rule) => call.path.endsWith(`/v1/routing-rules/${rule}`))
        ? { status: 200, body: {} }
        : there && having(there)(call),
    );
    const want = { ...(await fieldsOf(() => new RawProxy("p", { ...proxy, routingRule: "only-ours" }))) };
    await provider.create({ server: at, ...want });
    const { routingRule, routingRuleName } = sent()[0]!.body as Fields;
    assert.deepEqual([routingRule, routingRuleName], ["only-ours", "only-ours"]);
    rules.length = 0;
    const missing = {
      message:
        'The proxy "it" is to follow the routing rule "only-ours", and Nexus has no such rule. ' +
        "Create it first, or leave routingRule out.",
    };
    await assert.rejects(provider.create({ server: at, ...want }), missing);
    there = { ...want, routingRule: undefined, routingRuleName: "another" };
    await assert.rejects(provider.update("it", { server: at, ...want }, { server: at, ...want }), missing);
    close();
    assert.equal(sent().length, 1, "Nexus would have taken it without a word");
  });

  it("gives up a rule, a login and a policy that are no longer asked for, and keeps what never was", async () => {
    const asked = await fieldsOf(
      () =>
        new RawProxy("p", {
          ...proxy,
          routingRule: "r",
          cleanupPolicies: ["c"],
          remoteUsername: "u",
          remotePassword: "p",
          retries: 1,
        }),
    );
    const existing = {
      ...asked,
      url: "http://nexus.test/repository/it",
      format: "raw",
      type: "proxy",
      routingRuleName: "r",
      replication: { preemptivePullEnabled: false },
      httpClient: {
        blocked: false,
        autoBlock: true,
        authentication: { type: "username", username: "u" },
        connection: { retries: 1, userAgentSuffix: "theirs" },
      },
    };
    const { provider, at, sent, close } = await against(rawProxyResource, having(existing));
    const want = await fieldsOf(() => new RawProxy("p", { ...proxy, useTrustStore: false }));
    await provider.update("it", { server: at, ...asked }, { server: at, ...want });
    close();
    assert.deepEqual(sent()[0]!.body, {
      ...want,
      replication: { preemptivePullEnabled: false },
      httpClient: {
        blocked: false,
        autoBlock: true,
        connection: { useTrustStore: false, userAgentSuffix: "theirs" },
      },
    });
  });

  it("sends the remote's password again with every change, and a new one although all else is as it was", async () => {
    const login = (remotePassword: string) =>
      fieldsOf(() => new RawProxy("p", { ...proxy, remoteUsername: "u", remotePassword }));
    const old = await login("old");
    const told = {
      ...old,
      httpClient: { ...(old["httpClient"] as Fields), authentication: { username: "u" } },
    };
    const { provider, at, sent, close } = await against(rawProxyResource, having({ ...told, online: false }));
    const passwords = () =>
      sent().map(({ body }) => ((body as Fields)["httpClient"] as Fields)["authentication"]);
    await provider.update("it", { server: at, ...old }, { server: at, ...old });
    await provider.update("it", { server: at, ...old }, { server: at, ...(await login("new")) });
    const { props } = await provider.read("it", { server: at, ...old });
    close();
    const authentication = { type: "username", username: "u" };
    assert.deepEqual(passwords(), [
      { ...authentication, password: "old" },
      { ...authentication, password: "new" },
    ]);
    assert.equal(JSON.stringify(props).includes('"password":"old"'), true, "ours, as Nexus never tells it");
  });

  it("doesn't break a login that it was never told of: neither in an update nor when it takes over", async () => {
    const want = await fieldsOf(rawProxyResource);
    const httpClient = {
      blocked: true,
      autoBlock: true,
      authentication: { type: "username", username: "u" },
    };
    const { provider, at, sent, close } = await against(rawProxyResource, having({ ...want, httpClient }));
    const message =
      'The proxy "it" logs in to its remote as "u", and Nexus wants the password again with every change: ' +
      "set remoteUsername and remotePassword.";
    const inputs = { server: at, ...want };
    await assert.rejects(provider.update("it", inputs, inputs), { message });
    await assert.rejects(provider.create({ ...inputs, adopt: true }), { message });
    close();
    assert.equal(sent().length, 0);
  });

  it("takes the order of members for a change and that of cleanup policies for none", async () => {
    const provider = (await serialisedProvider(
      () => new RawGroup("g", { ...base, members: ["a"] }),
    )) as Provider;
    const wish = {
      server,
      name: "it",
      group: { memberNames: ["a", "b"] },
      cleanup: { policyNames: ["a", "b"] },
    };
    const changed = async (other: object) => (await provider.diff("it", wish, { ...wish, ...other })).changes;
    assert.equal(await changed({ group: { memberNames: ["b", "a"] } }), true);
    assert.equal(await changed({ cleanup: { policyNames: ["b", "a"] } }), false);
    assert.equal(await changed({ storage: { writePolicy: "DENY" } }), true);
  });

  it("takes a write policy in another case, or a movable latest that isn't told, for no change", async () => {
    const hosted = () =>
      new DockerHosted("h", { ...base, writePolicy: "ALLOW_ONCE", movableLatest: true, httpPort: 8082 });
    const want = await fieldsOf(hosted);
    const { latestPolicy: _untold, ...storage } = want["storage"] as Fields;
    const existing = { ...want, storage: { ...storage, writePolicy: "allow_once" } };
    const { provider, at, close } = await against(hosted, having(existing));
    const inputs = { server: at, ...want };
    const { props } = await provider.read("it", inputs);
    close();
    assert.equal((await provider.diff("it", props!, inputs)).changes, false);
    const immovable = { ...inputs, storage: { ...(want["storage"] as Fields), latestPolicy: false } };
    assert.equal((await provider.diff("it", inputs, immovable)).changes, true, "but a new wish is one");
  });

  it("takes a slash at the end of a remote's address for no change, as Nexus's own proxies have one", async () => {
    const want = await fieldsOf(() => new RawProxy("p", { ...proxy, remoteUrl: "https://up.test" }));
    const { provider, at, sent, close } = await against(
      rawProxyResource,
      having({ ...want, proxy: { ...(want["proxy"] as Fields), remoteUrl: "https://up.test//" } }),
    );
    const inputs = { server: at, ...want };
    await provider.create({ ...inputs, adopt: true });
    const { props } = await provider.read("it", inputs);
    close();
    assert.deepEqual(sent(), []);
    assert.deepEqual(props!["proxy"], want["proxy"], "a refresh finds no drift");
    const elsewhere = { ...inputs, proxy: { ...(want["proxy"] as Fields), remoteUrl: "https://up.test/x" } };
    assert.equal((await provider.diff("it", inputs, elsewhere)).changes, true);
  });

  it("doesn't differ by what the server takes and never tells", async () => {
    const group = () => new RawGroup("g", { ...base, members: ["a"], contentDisposition: "INLINE" });
    const key = { distribution: "sid", signingKey: "KEY", passphrase: "pass" };
    const hosted = () => new AptHosted("a", { ...base, ...key, writePolicy: "ALLOW" });
    const untold = { raw: undefined, aptSigning: { keypair: null, passphrase: null } };
    for (const make of [group, hosted]) {
      const want = await fieldsOf(make);
      const { provider, at, close } = await against(make, having({ ...want, ...untold }));
      const inputs = { server: at, ...want };
      const { props } = await provider.read("it", inputs);
      close();
      assert.equal((await provider.diff("it", props!, inputs)).changes, false);
    }
  });

  it("says another name or blob store at preview, for all formats", async () => {
    const provider = (await serialisedProvider(rawProxyResource)) as Provider;
    const olds = { server, ...(await fieldsOf(rawProxyResource)) };
    const moved = {
      ...olds,
      storage: { ...((olds as Fields)["storage"] as Fields), blobStoreName: "other" },
    };
    const { failures } = await provider.check(olds, moved);
    const reason =
      'Nexus can\'t change "storage.blobStoreName" of the raw proxy repository "it". ' +
      'Put "default" back, or declare a new one beside it under another resource name.';
    assert.deepEqual(failures, [{ property: "storage.blobStoreName", reason }]);
  });
});

describe("a repository that holds something", () => {
  const page = (items: object[], continuationToken: string | null = null) => ({
    status: 200,
    body: { items, continuationToken },
  });
  const rawHostedResource = () => new RawHosted("r", { ...base, writePolicy: "ALLOW" });

  it("is not deleted, and what it holds is counted over all pages", async () => {
    const { provider, at, sent, close } = await against(rawHostedResource, (call) => {
      const { pathname, searchParams } = new URL(call.path, "http://x");
      if (searchParams.size > 0) assert.equal(searchParams.get("repository"), "it");
      if (pathname.endsWith("/v1/components"))
        return searchParams.get("continuationToken") === "next&1" ? page([{}]) : page([{}, {}], "next&1");
      if (pathname.endsWith("/v1/assets")) return page([{ fileSize: 1_200_000 }, { fileSize: 34_000 }, {}]);
      return having({ name: "it" })(call);
    });
    await assert.rejects(provider.delete("it", { server: at, name: "it" }), {
      message:
        'The raw hosted repository "it" holds 3 components, 1.2 MB and is not deleted. ' +
        "To lose them, set allowDataLoss: true for it and run `up` once with it still in the program.",
    });
    assert.equal(sent().length, 0);
    await provider.delete("it", { server: at, name: "it", allowDataLoss: true });
    close();
    assert.deepEqual(
      sent().map(({ method, path }) => `${method} ${path}`),
      ["DELETE /service/rest/v1/repositories/it"],
    );
  });

  it("is counted up to a limit, and then there is more", async () => {
    const { provider, at, calls, close } = await against(rawHostedResource, (call) =>
      /\/v1\/(components|assets)/.test(call.path)
        ? page([{ fileSize: 1 }], "more")
        : having({ name: "it" })(call),
    );
    await assert.rejects(
      provider.delete("it", { server: at, name: "it" }),
      /holds more than 100 components, 0\.1 kB and is not deleted/,
    );
    close();
    assert.equal(calls.filter(({ path }) => path.includes("/v1/components")).length, 100);
  });

  it("a group holds nothing of its own", () => assert.equal(rawGroup.content, undefined));
});

describe("what this Nexus can't do, at preview", () => {
  it("names the version that has a format, where one has", () => {
    assert.equal(
      aptGroup.refusal!(facts(["POST /v1/repositories/apt/hosted"]), {}),
      "Nexus 3.71.0 (OSS) has no apt group repositories; no version up to 3.94 has them.",
    );
    assert.equal(
      aptHosted.refusal!(facts([]), {}),
      "Nexus 3.71.0 (OSS) has no apt hosted repositories; newer versions have them.",
    );
    assert.equal(
      dockerProxy.refusal!(facts([]), {}),
      "Nexus 3.71.0 (OSS) has no docker proxy repositories; Sonatype's own images and downloads have them.",
    );
    assert.equal(aptHosted.refusal!(facts(["POST /v1/repositories/apt/hosted"]), {}), undefined);
    assert.equal(aptGroup.refusal!({ ...facts([]), offers: () => false }, {}), undefined, "nothing is known");
  });

  it("a group without members", () => {
    const offered = facts(["POST /v1/repositories/raw/group"]);
    const group = (memberNames: unknown) => rawGroup.refusal!(offered, { name: "g", group: { memberNames } });
    assert.equal(
      group([]),
      'The group "g" has no members, and Nexus takes no empty group. Name at least one.',
    );
    assert.equal(group(["a"]), undefined);
    assert.equal(group(UNKNOWN), undefined);
  });

  const offered = ["hosted", "proxy", "group"].map((type) => `POST /v1/repositories/docker/${type}`);
  const hosted = (docker: object, more: Partial<Facts> = {}) =>
    dockerHosted.refusal!(facts(offered, more), { name: "h", docker });
  const withPaths = { fieldsOf: (name: string) => (name === "DockerAttributes" ? ["pathEnabled"] : []) };

  it("docker repositories by path", () => {
    const cannot =
      'Nexus 3.71.0 (OSS) can\'t serve the docker repository "h" by its path; Nexus 3.83 and later can. ' +
      "Give it an httpPort instead.";
    assert.equal(hosted({ pathEnabled: true }), cannot);
    assert.equal(hosted({ pathEnabled: false }), undefined);
    assert.equal(hosted({ pathEnabled: true }, withPaths), undefined);
    for (const way of ["httpPort", "httpsPort", "subdomain"]) {
      assert.equal(
        hosted({ pathEnabled: true, [way]: 1 }, withPaths),
        `The docker repository "h" is reached by its path or by ${way}, not by both.`,
      );
    }
  });

  it("a movable latest without ALLOW_ONCE, and a custom index without its address", () => {
    const latest = (writePolicy: string) =>
      dockerHosted.refusal!(facts(offered), { name: "h", storage: { latestPolicy: true, writePolicy } });
    assert.equal(
      latest("ALLOW"),
      'movableLatest of the docker repository "h" is the exception to writePolicy ALLOW_ONCE: set that, too.',
    );
    assert.deepEqual(
      [latest("ALLOW_ONCE"), latest("allow_once"), latest(UNKNOWN)],
      [undefined, undefined, undefined],
    );
    const index = (dockerProxyFields: object) =>
      dockerProxy.refusal!(facts(offered), { name: "p", dockerProxy: dockerProxyFields });
    assert.equal(
      index({ indexType: "CUSTOM" }),
      'The docker repository "p" has indexType CUSTOM: set indexUrl, too.',
    );
    assert.equal(index({ indexType: "CUSTOM", indexUrl: "u" }), undefined);
  });

  it("pushing to a group, except with Pro", () => {
    const group = (edition: string) =>
      dockerGroup.refusal!(facts(offered, { edition }), {
        name: "g",
        group: { memberNames: ["h"], writableMember: "h" },
      });
    assert.equal(
      group("OSS"),
      'Nexus 3.71.0 (OSS) can\'t take what is pushed to the group "g"; Nexus Pro can. ' +
        "Leave writableMember out and push to the hosted member itself.",
    );
    assert.equal(group("PRO"), undefined);
    assert.equal(group(""), undefined, "a proxy hides the edition: Nexus will say");
  });
});

describe("a docker repository's ports, at preview", () => {
  const hostedResource = () => new DockerHosted("h", { ...base, writePolicy: "ALLOW" });

  async function failuresWith(docker: object): Promise<string[]> {
    const others = [
      { name: "it", docker: { httpPort: 8082, httpsPort: null } },
      { name: "hub", docker: { httpPort: 8083, httpsPort: 8443 } },
      { name: "files", raw: {} },
    ];
    const { provider, at, close } = await against(hostedResource, ({ path }) =>
      path === "/service/rest/v1/repositorySettings" ? { status: 200, body: others } : undefined,
    );
    const want = { ...(await fieldsOf(hostedResource)), docker };
    const { failures = [] } = await provider.check({}, { server: at, ...want });
    close();
    return failures.map(({ reason }) => reason);
  }
  const taken = (what: string, by: string) => [
    `The docker repository "it" wants ${what}, which is taken by ${by}. Choose another port.`,
  ];

  it("clash with those of other repositories, whichever of the two they are", async () => {
    assert.deepEqual(await failuresWith({ httpPort: 8083 }), taken("httpPort 8083", 'the repository "hub"'));
    assert.deepEqual(await failuresWith({ httpPort: 8443 }), taken("httpPort 8443", 'the repository "hub"'));
    assert.deepEqual(
      await failuresWith({ httpPort: 8090, httpsPort: 8083 }),
      taken("httpsPort 8083", 'the repository "hub"'),
    );
  });

  it("clash with Nexus's own and with each other", async () => {
    assert.deepEqual(await failuresWith({ httpPort: 8081 }), taken("httpPort 8081", "Nexus itself"));
    assert.deepEqual(
      await failuresWith({ httpPort: 8090, httpsPort: 8090 }),
      taken("httpsPort 8090", "its own httpPort"),
    );
  });

  it("are free otherwise; the repository's own don't count", async () => {
    assert.deepEqual(await failuresWith({ httpPort: 8082 }), []);
    assert.deepEqual(await failuresWith({ httpPort: 8090, httpsPort: UNKNOWN }), []);
    assert.deepEqual(await failuresWith({}), []);
  });
});
