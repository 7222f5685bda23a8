import assert from "node:assert/strict";
import { imageName, imageReference, releaseName, withDigest } from "../../../components/settings/app/image";
import { parseSettings } from "../../../components/settings/settings";
import { problemsOf } from "../../support/settings-problems";

const digest = `sha256:${"7f2e84ce1b05".padEnd(64, "0")}`;

function problems(
  apps: Record<string, object>,
  repositories: object = {},
  more: object = {},
): readonly string[] {
  const least = { port: 8000, servers: ["web1"] };
  const complete = Object.entries(apps).map(([name, app], at) => [
    name,
    { ...least, publish: 80 + at, ...app },
  ]);
  const settings = {
    nexus: { hostname: "127.0.0.1", eula: "accepted", repositories, ...more },
    gitlab: { url: "http://gitlab.test", registry: "gitlab.test:5050", project: "Team/site" },
    servers: { web1: { docker: "unix:///x", address: "web1" } },
    apps: Object.fromEntries(complete),
  };
  return problemsOf(() => parseSettings(settings));
}

const image = (text: unknown) => ({ image: text });
const ghcr = { ghcr: { type: "proxy", remote: "https://ghcr.test" } };

describe("an app's image of somebody else", () => {
  it("is one with a tag or a digest, of Docker Hub or of a registry that a proxy serves", () => {
    const repositories = { ...ghcr, docker: { members: ["releases", "ghcr", "hub", "gitlab"] } };
    const rule = { routingRules: { owner: { mode: "ALLOW", matchers: ["^/v2/owner/.*"] } } };
    const routed = { ...repositories, ghcr: { ...ghcr.ghcr, routingRule: "owner" } };
    const apps = {
      redis: image("redis:7"),
      hub: image("docker.io/grafana/grafana:11.1@".concat(digest)),
      ghcr: image("ghcr.test/owner/name:v1"),
      own: image(`gitlab.test:5050/team/site/job@${digest}`),
      pinned: { ...image("redis:7"), release: { tag: "7-7f2e84ce1b05", digest } },
      waits: { ...image("redis:7"), release: "none" },
    };
    assert.deepEqual(problems(apps, routed, rule), []);
  });

  it("is refused, all mistakes at once and each by its path", () => {
    const build = { context: ".", base: "library/python:3.11-slim" };
    const said = problems({
      both: { ...image("redis:7"), build },
      bare: image("redis"),
      odd: image("Redis:7"),
      number: image(7),
      short: image("redis@sha256:12"),
      other: image(`redis@sha512:${"1".repeat(128)}`),
      unserved: image("ghcr.test/owner/name:v1"),
      moving: image("gitlab.test:5050/team/site/job:main"),
      keys: { ...image("redis:7"), target: "x" },
    });
    const expected = "expected an image with its tag, or with its digest sha256:…, like redis:7, got";
    assert.deepEqual(said, [
      `berth:apps.bare.image: ${expected} "redis"`,
      `berth:apps.odd.image: ${expected} "Redis:7"`,
      `berth:apps.number.image: ${expected} "7"`,
      `berth:apps.short.image: ${expected} "redis@sha256:12"`,
      `berth:apps.other.image: ${expected} "redis@sha512:${"1".repeat(128)}"`,
      "berth:apps.keys.target: no such setting",
      "berth:apps.both.image: there is build as well: an app's image is built here, or somebody else's. Take one of the two out",
      "berth:apps.unserved.image: no proxy of ghcr.test is in Nexus's group docker: write one under berth:nexus.repositories, " +
        "and its name into docker.members",
      "berth:apps.moving.image: it is of this project's own registry, where tags move with every build: give it by its digest, " +
        "…@sha256:…",
    ]);
  });

  it("by its tag comes from where it says: nobody asked before may have one of that name", () => {
    const apps = { redis: image("redis:7"), ghcr: image("ghcr.test/owner/name:v1") };
    const after = { ...ghcr, docker: { members: ["releases", "hub", "ghcr"] } };
    assert.deepEqual(problems(apps, after), [
      "berth:apps.ghcr.image: Nexus asks hub first, which may have another owner/name than ghcr.test: put ghcr before it in " +
        "berth:nexus.repositories.docker.members, give hub a routingRule, or give the image by its digest",
    ]);
    const before = { ...ghcr, docker: { members: ["releases", "ghcr", "hub"] } };
    assert.match(problems(apps, before).join(), /^berth:apps\.redis\.image: Nexus asks ghcr first/);
    assert.deepEqual(problems({ ghcr: image(`ghcr.test/owner/name@${digest}`) }, after), []);
    const nested = {
      ...ghcr,
      all: { type: "group", members: ["hub"] },
      docker: { members: ["releases", "ghcr", "all"] },
    };
    assert.match(problems(apps, nested).join(), /^berth:apps\.redis\.image: Nexus asks ghcr first/);
  });

  it("of Docker Hub needs its proxy, of a Nexus that was there already nobody knows", () => {
    assert.match(
      problems({ redis: image("redis:7") }, { hub: false }).join(),
      /^berth:apps\.redis\.image: no proxy of Docker Hub is in .*, by the name hub, and its name into docker\.members$/,
    );
    const theirs = {
      repositories: { docker: { port: 8083, members: ["releases", "theirs"] }, releases: { port: 8082 } },
    };
    const own = {
      url: "http://nexus.test:8081",
      username: "admin",
      password: "x",
      hostname: undefined,
      eula: undefined,
    };
    assert.deepEqual(problems({ redis: image("redis:7") }, {}, { ...own, ...theirs }), []);
  });

  it("names its release by tag and digest, within what a tag may have", () => {
    assert.equal(releaseName(imageReference("redis:7"), digest), "7-7f2e84ce1b05");
    assert.equal(releaseName(imageReference(`redis@${digest}`), digest), "sha256-7f2e84ce1b05");
    const long = `redis:${"x".repeat(128)}`;
    assert.match(releaseName(imageReference(long), digest), /^x{115}-7f2e84ce1b05$/);
  });

  it("is the same one whatever its tag points to, and another one by another tag", () => {
    assert.equal(imageName("redis:7"), "docker.io/library/redis:7");
    assert.equal(imageName(withDigest("redis:7", digest)), imageName("redis:7"));
    assert.equal(imageName(`redis@${digest}`), `docker.io/library/redis@${digest}`);
  });
});

describe("an app that runs the image of another one", () => {
  const build = { context: ".", base: "library/python:3.11-slim" };
  const blog = { build };

  it("names one that has an image: by a build, by another's, or by a pin of its own", () => {
    const release = { tag: "1", digest };
    assert.deepEqual(problems({ blog, worker: { imageOf: "blog" }, old: { imageOf: "blog", release } }), []);
    assert.deepEqual(problems({ redis: image("redis:7"), twin: { imageOf: "redis" } }), []);
    const waiting = { blog: { ...blog, release: "none" }, worker: { imageOf: "blog", release: "none" } };
    assert.deepEqual(problems(waiting), []);
  });

  it("is refused where there is none to run, all mistakes at once and each by its path", () => {
    const said = problems({
      blog,
      waits: { build, release: "none" },
      both: { build, imageOf: "blog" },
      either: { ...image("redis:7"), imageOf: "blog" },
      itself: { imageOf: "itself" },
      nobody: { imageOf: "shop" },
      chain: { imageOf: "twin" },
      twin: { imageOf: "blog" },
      early: { imageOf: "waits" },
      none: {},
    });
    assert.deepEqual(said, [
      "berth:apps.both.imageOf: there is build as well: an app has one image. Take one of the two out",
      "berth:apps.either.imageOf: there is image as well: an app has one image. Take one of the two out",
      "berth:apps.itself.imageOf: it is this app itself",
      "berth:apps.nobody.imageOf: there is no app shop",
      "berth:apps.chain.imageOf: twin runs the image of blog: name that one",
      "berth:apps.early.imageOf: waits waits for its first release (release: none): let this one wait for its own, likewise",
      "berth:apps.none: expected build (to build here), image (to run somebody else's), imageOf (to run another app's) or release " +
        "(to deploy a built one)",
    ]);
  });
});
