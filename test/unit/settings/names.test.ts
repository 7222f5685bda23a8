import assert from "node:assert/strict";
import { parseSettings } from "../../../components/settings/settings";
import { problemsOf } from "../../support/settings-problems";

type Fields = Record<string, unknown>;

const server = (host: string) => ({ docker: `tcp://${host}:2375`, address: `${host}.test` });
const app = (servers: string[], more: Fields = {}) => ({
  build: {},
  port: 80,
  publish: 8080,
  servers,
  ...more,
});

function problems(servers: Fields, apps: Fields, nexus: Fields = {}): readonly string[] {
  const gitlab = { url: "http://gitlab.test", registry: "gitlab.test:5050", project: "team/site" };
  const all = { nexus: { hostname: "nexus.test", eula: "accepted", ...nexus }, gitlab, servers, apps };
  return problemsOf(() => parseSettings(all));
}

describe("names in settings", () => {
  it("may not come to the same behind the dash between app, server and volume", () => {
    const servers = { "web-1": server("a"), "1": server("b") };
    assert.deepEqual(problems(servers, { blog: app(["web-1"]), "blog-web": app(["1"]) }), [
      "berth:apps.blog-web: its container on 1 would have the name of blog's on web-1, blog-web-1: rename one of them",
    ]);
    const volumes = { blog: app(["1"], { volumes: { "web-data": "/a" } }), "blog-1": app(["web-1"]) };
    assert.deepEqual(problems(servers, volumes), []);
  });

  it("may be nexus for an app, and for a server where no proxy of Nexus has the name of its edge", () => {
    const [servers, apps] = [{ nexus: server("a") }, { nexus: app(["nexus"]) }];
    assert.deepEqual(problems(servers, apps), []);
    assert.deepEqual(problems(servers, apps, { tls: { certificates: "own" } }), [
      "berth:servers.nexus: nexus-edge is the proxy in front of Nexus: give the server another name",
    ]);
  });

  it("are short enough for containers to find each other by them", () => {
    const [long, fits] = ["a".repeat(46), "a".repeat(41)];
    assert.deepEqual(problems({ web: server("a") }, { [fits]: app(["web"]) }), []);
    assert.deepEqual(problems({ web: server("a") }, { [`${fits}a`]: app(["web"]) }), [
      `berth:apps.${fits}a: its name and web are too long together: at most 44 characters`,
    ]);
    assert.deepEqual(problems({ [`${long}aaa`]: server("a") }, {}), [
      `berth:servers.${long}aaa: expected a name of at most 48 characters`,
    ]);
  });
});

describe("an app's container in settings", () => {
  const one = (more: Fields) => problems({ web: server("a") }, { blog: app(["web"], more) });

  it("has one thing at a place", () => {
    const volumes = {
      a: "/data",
      b: "/data/",
      c: "/x/../data",
      d: "/",
      e: "/run/secrets",
      f: "/data:ro",
      g: "/tmp",
    };
    assert.deepEqual(one({ volumes, tmpfs: ["/tmp", "/var/tmp"], secrets: { TOKEN: "hunter22" } }), [
      "berth:apps.blog.volumes.b.path: /data/ is already volumes.a",
      "berth:apps.blog.volumes.c.path: /x/../data is already volumes.b",
      "berth:apps.blog.volumes.d.path: / is already the whole container",
      "berth:apps.blog.volumes.e.path: /run/secrets is already the place of the app's secrets",
      'berth:apps.blog.volumes.f.path: expected a path without a colon, got "/data:ro"',
      "berth:apps.blog.tmpfs: /tmp is already volumes.g",
    ]);
  });

  it("has variables whose names end where their values begin", () => {
    const said = 'expected the name of a variable, without "="';
    assert.deepEqual(one({ env: { "A=B": "c", "": "d", E: "f=g" } }), [
      `berth:apps.blog.env.A=B: ${said}`,
      `berth:apps.blog.env.: ${said}`,
    ]);
  });
});
