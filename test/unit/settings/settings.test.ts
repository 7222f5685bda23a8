import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { licenceMissing } from "../../../components/settings/nexus/nexus-licence";
import { NEXUS_IMAGE } from "../../../components/settings/nexus/nexus-version";
import { parseSettings } from "../../../components/settings/settings";
import { refused } from "../../support/settings-problems";

const root = join(__dirname, "..", "..", "..");

/** The `berth:` settings of a stack file, by their names without the prefix. */
function stackSettings(stack: string): Record<string, Record<string, Record<string, unknown>>> {
  const { config } = parse(readFileSync(join(root, `Pulumi.${stack}.yaml`), "utf8"));
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => [key.replace("berth:", ""), value]),
  ) as never;
}

function problems(raw: Record<string, unknown>): readonly string[] {
  return refused(() => parseSettings(raw));
}

describe("settings", () => {
  /** What is deployed, and what waits for its first promotion. */
  const blogIs: Record<string, string[][]> = { dev: [["blog"], []], prod: [[], ["blog"]] };
  for (const stack of Object.keys(blogIs)) {
    it(`Pulumi.${stack}.yaml is valid as shipped`, () => {
      const { apps, waiting } = parseSettings(stackSettings(stack));
      assert.deepEqual(
        [apps, waiting].map((some) => some.map(({ name }) => name)),
        blogIs[stack],
      );
    });
  }

  it("take addresses and CIDRs of both families as trusted proxies of a server, and nothing else", () => {
    const withProxies = (...trustedProxies: unknown[]) => ({
      ...stackSettings("dev"),
      servers: { main: { docker: "unix:///x", address: "a", trustedProxies } },
    });
    const good = ["10.0.0.0/8", "192.0.2.7", "fd00::/8", "::1", "0.0.0.0/0"];
    assert.deepEqual(parseSettings(withProxies(...good)).servers[0]!.trustedProxies, good);
    const bad = [
      "10.0.0.0/33",
      "fd00::/129",
      "lb.example.com",
      "10.0.0/8",
      "10.0.0.0/8/8",
      "10.0.0.0/",
      "private_ranges",
      10,
    ];
    assert.deepEqual(
      problems(withProxies(...bad)),
      bad.map(
        (one, index) =>
          // A number is taken as the text that stands in the file.
          `berth:servers.main.trustedProxies.${index}: expected an address or a CIDR like 10.0.0.0/8, got "${one}"`,
      ),
    );
  });

  it("fills in defaults: repositories, accounts and policies out of the box", () => {
    const settings = parseSettings({
      ...stackSettings("dev"),
      nexus: { hostname: "nexus.example.com", eula: "accepted" },
    });
    const { port, allowDataLoss, repositories, accounts, cleanupPolicies, blobStores } = settings.nexus;
    assert.deepEqual([port, allowDataLoss], [8081, false]);
    const brief = Object.entries(repositories).map(([name, one]) => `${name} ${one.type} ${one.port ?? "-"}`);
    assert.deepEqual(brief, [
      "releases hosted 8082",
      "cache hosted 8084",
      "hub proxy -",
      "gitlab proxy -",
      "docker group 8083",
    ]);
    const { releases, gitlab, docker } = repositories;
    assert.deepEqual(releases?.type === "hosted" && [releases.writePolicy, releases.movableLatest], [
      "ALLOW_ONCE",
      true,
    ]);
    assert.equal(gitlab?.type === "proxy" && gitlab.remote, "https://127.0.0.1:5050");
    assert.deepEqual(docker?.type === "group" && docker.members, ["releases", "hub", "gitlab", "cache"]);
    assert.deepEqual(Object.keys(accounts), ["pusher", "puller", "base-reader"]);
    assert.equal(cleanupPolicies["cache"]!.lastDownloadedDays, 14);
    assert.deepEqual(Object.keys(blobStores), ["docker"]);
  });

  it("lets single fields of a default be changed, defaults be left out, and more be added", () => {
    const { nexus } = parseSettings({
      ...stackSettings("dev"),
      nexus: {
        hostname: "nexus.example.com",
        eula: "accepted",
        repositories: {
          releases: { writePolicy: "DENY" },
          cache: false,
          tools: { format: "raw", type: "hosted" },
        },
        accounts: { auditor: { pull: ["tools"] } },
      },
    });
    const { releases, docker, tools, cache } = nexus.repositories;
    assert.deepEqual(releases?.type === "hosted" && [releases.writePolicy, releases.port], ["DENY", 8082]);
    assert.equal(cache, undefined);
    assert.deepEqual(docker?.type === "group" && docker.members, ["releases", "hub", "gitlab"]);
    assert.equal(tools?.blobStore, "docker");
    assert.deepEqual(
      nexus.accounts["pusher"]!.push,
      ["releases"],
      "a default grant on what was left out goes too",
    );
    assert.deepEqual(nexus.accounts["auditor"]!.pull, ["tools"]);
  });

  it("asks for Sonatype's licence to be accepted, together with every other mistake", () => {
    const raw: Record<string, unknown> = { ...stackSettings("dev"), nexus: { hostname: "h", port: "x" } };
    assert.deepEqual(problems({ ...raw, nexus: { hostname: "h" } }), [
      `berth:nexus.eula: ${licenceMissing({ image: NEXUS_IMAGE })}`,
    ]);
    assert.deepEqual(problems({ ...raw, nexus: { hostname: "h", eula: true } }), [
      "berth:nexus.eula: expected accepted, or nothing, got true",
    ]);
    assert.doesNotThrow(() => parseSettings({ ...raw, nexus: { hostname: "h", eula: "accepted" } }));
    const older = { hostname: "h", image: "sonatype/nexus3:3.76.1" };
    assert.doesNotThrow(() => parseSettings({ ...raw, nexus: older }));
  });

  it("knows which formats, and which kinds of repositories, have a field", () => {
    const raw = stackSettings("dev");
    const proxy = { type: "proxy", remote: "http://remote.test" };
    raw["nexus"]!["repositories"] = {
      packages: { format: "npm", type: "hosted", forceBasicAuth: true, port: 9000 },
      mirror: { format: "pypi", ...proxy, useTrustStore: true, preemptiveAuth: true, retries: 11 },
      jars: { format: "maven", ...proxy, remote: "https://r.test", preemptiveAuth: true, timeoutSeconds: 0 },
      all: { format: "npm", type: "group", members: ["packages"], writableMember: "elsewhere" },
      gems: { format: "rubygems", type: "group", members: ["packages"], writableMember: "packages" },
      rpms: { format: "yum", type: "hosted", signingKey: "key", repodataDepth: 6, deployPolicy: "ALL" },
      debian: { format: "apt", ...proxy, distribution: "bookworm", signingKey: "key" },
      fedora: { format: "yum", ...proxy, signingPassphrase: "secret", repodataDepth: 1 },
      files: { format: "raw", type: "hosted", repodataDepth: 1 },
    };
    assert.deepEqual(problems(raw), [
      "berth:nexus.repositories.mirror.retries: expected retries, 0 to 10, got 11",
      "berth:nexus.repositories.jars.timeoutSeconds: expected seconds, 1 to 3600, got 0",
      "berth:nexus.repositories.rpms.repodataDepth: expected folders, 0 to 5, got 6",
      'berth:nexus.repositories.rpms.deployPolicy: expected STRICT or PERMISSIVE, got "ALL"',
      "berth:nexus.repositories.fedora.repodataDepth: no such setting",
      "berth:nexus.repositories.packages.port: only docker repositories have it, this is npm",
      "berth:nexus.repositories.packages.forceBasicAuth: only docker repositories have it, this is npm",
      "berth:nexus.repositories.mirror.preemptiveAuth: only maven repositories have it, this is pypi",
      "berth:nexus.repositories.mirror.useTrustStore: only an https remote has a certificate to trust",
      "berth:nexus.repositories.mirror.preemptiveAuth: Nexus sends a login unasked only to https",
      "berth:nexus.repositories.jars.preemptiveAuth: there is no login to send: set username and password, too",
      "berth:nexus.repositories.all.writableMember: elsewhere is none of its members",
      "berth:nexus.repositories.gems.writableMember: only docker, npm and pypi repositories have it, this is rubygems",
      "berth:nexus.repositories.gems.members: packages is npm, and members of a group have its format, rubygems",
      "berth:nexus.repositories.rpms.signingKey: only apt hosted, yum proxy and yum group repositories have it, this is yum hosted",
      "berth:nexus.repositories.debian.signingKey: only apt hosted, yum proxy and yum group repositories have it, this is apt proxy",
      "berth:nexus.repositories.fedora.signingPassphrase: there is no key that it opens: set signingKey, too",
      "berth:nexus.repositories.files.repodataDepth: only yum repositories have it, this is raw",
    ]);
  });

  it("takes the slashes at the end of an address off, whichever setting it is", () => {
    const raw = stackSettings("dev");
    raw["gitlab"]!["url"] = "https://gitlab.example.com//" as never;
    raw["nexus"]!["blobStores"] = { s3: { type: "s3", bucket: "b", endpoint: "http://minio:9000/" } };
    raw["nexus"]!["repositories"] = {
      central: { format: "maven", type: "proxy", remote: "https://maven.test/maven2/" },
    };
    const { nexus, gitlab } = parseSettings(raw);
    const { central } = nexus.repositories;
    const { s3 } = nexus.blobStores;
    assert.equal(gitlab.url, "https://gitlab.example.com");
    assert.equal(central?.type === "proxy" && central.remote, "https://maven.test/maven2");
    assert.equal(s3?.type === "s3" && s3.endpoint, "http://minio:9000");
    raw["gitlab"]!["url"] = "https://" as never;
    assert.deepEqual(problems(raw), [
      'berth:gitlab.url: expected an address like https://example.com, got "https://"',
    ]);
  });

  it("names every wrong setting with its full path, all at once", () => {
    const raw = stackSettings("dev");
    raw["nexus"]!["port"] = 70000 as never;
    raw["nexus"]!["colour"] = "blue" as never;
    raw["nexus"]!["accounts"] = { puller: false, ci: { pull: "all", password: 12345 } };
    raw["nexus"]!["repositories"] = {
      hub: { remote: "hub" },
      x: { type: "remote" },
      y: { format: "nuget", type: "hosted" },
    };
    raw["nexus"]!["privileges"] = { p: { type: "application", actions: ["CREATE"] } };
    delete raw["gitlab"];
    raw["apps"]!["blog"]!["servers"] = ["nowhere"];
    raw["apps"]!["Blog"] = raw["apps"]!["blog"]!;
    assert.deepEqual(problems(raw), [
      "berth:nexus.port: expected a port 1–65535, got 70000",
      'berth:nexus.repositories.hub.remote: expected an address like https://example.com, got "hub"',
      'berth:nexus.repositories.x.type: expected hosted, proxy or group, got "remote"',
      'berth:nexus.repositories.y.format: expected docker, raw, maven, apt, yum, npm, pypi, rubygems, helm or go, got "nuget"',
      'berth:nexus.privileges.p.actions.0: expected READ, EDIT, ADD, DELETE, START, STOP, ASSOCIATE, DISASSOCIATE or ALL, got "CREATE"',
      "berth:nexus.privileges.p.domain: expected a domain like blobstores, got nothing",
      "berth:nexus.accounts.puller: expected settings by name, got false",
      "berth:nexus.accounts.ci.password: expected a password (pulumi config set --secret --path 'berth:nexus.accounts.<name>.password')",
      'berth:nexus.accounts.ci.pull: expected a list of repositories, got "all"',
      "berth:nexus.colour: no such setting",
      "berth:gitlab: expected settings by name, got nothing",
      'berth:apps.Blog: expected a name of lower-case letters, digits and dashes, got "Blog"',
      'berth:apps.blog.servers: expected one of main, got "nowhere"',
    ]);
  });

  it("finds what no single setting can know: ports used twice, unknown names, nothing to deploy", () => {
    const raw = stackSettings("dev");
    const blog = raw["apps"]!["blog"]!;
    raw["nexus"]!["port"] = 8082 as never;
    raw["nexus"]!["repositories"] = {
      tools: { type: "hosted", port: 8081, blobStore: "big", cleanup: ["weekly"] },
      bases: { type: "proxy", remote: "https://quay.io", username: "u", routingRule: "only" },
      all: { type: "group", members: ["all", "nothing", "jars"] },
      jars: { format: "maven", type: "hosted", port: 9000 },
      debs: { format: "apt", type: "hosted" },
    };
    raw["nexus"]!["accounts"] = { ci: { push: ["docker", "nowhere"] }, admin: {} };
    raw["apps"] = { blog, shop: { port: 80, publish: 8080, servers: ["main", "moon"] } };
    assert.deepEqual(problems(raw), [
      "berth:nexus.repositories.releases.port: port 8082 is already nexus.port",
      "berth:nexus.repositories.tools.port: port 8081 is Nexus's own inside its container, even if it is published as another",
      'berth:nexus.repositories.tools.blobStore: there is no blob store "big"; there is docker',
      'berth:nexus.repositories.tools.cleanup: there is no cleanup policy "weekly"; there is cache',
      'berth:nexus.repositories.bases.routingRule: there is no routing rule "only"; there are none',
      "berth:nexus.repositories.bases.password: a login has both, username and password",
      "berth:nexus.repositories.all.members: all leads back to all",
      'berth:nexus.repositories.all.members: there is no repository "nothing"; there are releases, cache, hub, gitlab, docker, tools, bases, all, jars, debs',
      "berth:nexus.repositories.all.members: jars is maven, and members of a group have its format, docker",
      "berth:nexus.repositories.jars.port: only docker repositories have it, this is maven",
      "berth:nexus.repositories.debs.distribution: expected a distribution like bookworm, got nothing",
      "berth:nexus.repositories.debs.signingKey: a hosted apt repository signs what it serves: it needs a PGP key pair",
      "berth:nexus.accounts.ci.push: docker is a group; only hosted repositories are pushed to",
      'berth:nexus.accounts.ci.push: there is no repository "nowhere"; there are releases, cache, hub, gitlab, docker, tools, bases, all, jars, debs',
      "berth:nexus.accounts.admin: Nexus has a user admin of its own; choose another name",
      "berth:apps.shop: expected build (to build here), image (to run somebody else's), imageOf (to run another app's) or release " +
        "(to deploy a built one)",
      'berth:apps.shop.servers: expected one of main, got "moon"',
      "berth:apps.shop.publish: port 8080 of server main is already apps.blog.publish",
    ]);
  });

  it("takes a name of before from one heir only, and not while its owner is there: servers, apps and volumes", () => {
    const server = { docker: "unix:///a", address: "a" };
    const release = { tag: "1", digest: `sha256:${"1".repeat(64)}` };
    const one = (over: object) => ({ release, port: 80, servers: ["web1"], ...over });
    const said = problems({
      ...stackSettings("dev"),
      servers: {
        web1: { ...server, was: "web2" },
        web2: { ...server, was: "old" },
        web3: { ...server, was: "old" },
      },
      apps: {
        shop: one({ was: "blog", publish: 8001 }),
        press: one({ was: "blog", publish: 8002 }),
        wiki: one({ was: "shop", publish: 8003, volumes: { a: { path: "/a", was: "b" }, b: "/b" } }),
      },
    });
    assert.deepEqual(said, [
      "berth:servers.web1.was: web2 is there still: take was out, or web2",
      "berth:servers.web3.was: web2 was old already",
      "berth:apps.press.was: shop was blog already",
      "berth:apps.wiki.was: shop is there still: take was out, or shop",
      "berth:apps.wiki.volumes.a.was: b is there still: take was out, or b",
    ]);
  });

  it("refuses an app's port that is Nexus's, where both are on one Docker host", () => {
    const raw = stackSettings("dev");
    const blog = raw["apps"]!["blog"] as unknown as Record<string, unknown>;
    blog["publish"] = 8082;
    parseSettings(raw); // another host has ports of its own
    (raw["servers"]!["main"] as unknown as Record<string, unknown>)["docker"] = raw["nexus"]!["docker"];
    assert.deepEqual(problems(raw), [
      "berth:apps.blog.publish: port 8082 of server main is already one of Nexus's",
    ]);
  });

  it("fills in what Berth keeps in GitLab, and refuses a password that GitLab couldn't mask there", () => {
    const raw = stackSettings("dev");
    raw["gitlab"]!["manage"] = { schedules: { drift: "30 2 * * *" } } as never;
    const { manage } = parseSettings(raw).gitlab;
    assert.deepEqual(manage, {
      variables: true,
      deployToken: true,
      jobImages: false,
      schedules: { drift: "30 2 * * *", cleanup: "0 5 * * 0", timezone: "UTC", branch: "main" },
    });
    raw["nexus"]!["accounts"] = {
      pusher: { password: "hunter2" },
      puller: { password: "correct horse" },
      "base-reader": { password: "short" },
    };
    const said = problems(raw);
    assert.deepEqual(
      said.map((problem) => problem.split(":", 2).join(":")),
      ["berth:nexus.accounts.pusher.password", "berth:nexus.accounts.puller.password"],
    );
    assert.match(said[0]!, /expected 8 or more characters without spaces, as GitLab can't mask others/);
    assert.doesNotMatch(said.join(), /hunter2|correct/);
    raw["gitlab"]!["manage"] = { variables: false } as never;
    assert.doesNotThrow(() => parseSettings(raw));
    raw["gitlab"]!["manage"] = { schedules: { drift: "nightly" }, protect: ["v*"], colour: "blue" } as never;
    assert.deepEqual(problems(raw), [
      'berth:gitlab.manage.schedules.drift: expected five fields of cron like "0 3 * * *", got "nightly"',
      "berth:gitlab.manage.protect: expected settings by name, got a list",
      "berth:gitlab.manage.colour: no such setting",
      ...said, // between settings, and no less true
    ]);
  });

  it("protects no environment unless told, and then for maintainers", () => {
    const raw = stackSettings("dev");
    raw["gitlab"]!["manage"] = { protect: { environment: {} } } as never;
    assert.deepEqual(parseSettings(raw).gitlab.manage?.protect, {
      branches: [],
      tags: [],
      environment: { deploy: "maintainer", approvals: 0 },
    });
    raw["gitlab"]!["manage"] = {
      protect: { environment: { deploy: "owner", approvals: -1, users: ["anna"] } },
    } as never;
    assert.deepEqual(problems(raw), [
      'berth:gitlab.manage.protect.environment.deploy: expected maintainer or developer, got "owner"',
      "berth:gitlab.manage.protect.environment.approvals: expected a number of approvals, 0 or more, got -1",
      "berth:gitlab.manage.protect.environment.users: no such setting",
    ]);
  });

  it("repeats no password in an error, whatever was given for one", () => {
    const raw = stackSettings("dev");
    raw["nexus"]!["adminPassword"] = 987654321 as never;
    assert.deepEqual(problems(raw), [
      "berth:nexus.adminPassword: expected a password (pulumi config set --secret --path 'berth:nexus.adminPassword')",
    ]);
  });
});
