import assert from "node:assert/strict";
import { dockerKey, isDockerAddress } from "../../../components/docker/docker-address";
import { parseSettings } from "../../../components/settings/settings";
import { problemsOf } from "../../support/settings-problems";

type Fields = Record<string, unknown>;

const tls = (app: string, more: Fields = {}) => ({
  tls: { certificates: "own", names: { [app]: `${app}.test` }, ...more },
});
const server = (docker: string, more: Fields = {}) => ({ docker, address: "web.test", ...more });
const app = (publish: number, ...servers: string[]) => ({ build: {}, port: 80, publish, servers });

function problems(servers: Fields, apps: Fields, nexus: Fields = {}): readonly string[] {
  const gitlab = { url: "http://gitlab.test", registry: "gitlab.test:5050", project: "team/site" };
  const all = { nexus: { hostname: "nexus.test", eula: "accepted", ...nexus }, gitlab, servers, apps };
  return problemsOf(() => parseSettings(all));
}

describe("ports in settings", () => {
  it("belong to a Docker host, whatever names its servers have", () => {
    const servers = { web1: server("tcp://host:2375"), web2: server("tcp://host:2375") };
    assert.deepEqual(problems(servers, { blog: app(80, "web1"), shop: app(80, "web2") }), [
      "berth:apps.shop.publish: port 80 of server web2 is already apps.blog.publish of server web1, on the same Docker",
    ]);
    assert.deepEqual(problems(servers, { blog: app(80, "web1"), shop: app(81, "web2") }), []);
  });

  it("are those of https and of plain http that leads there, too", () => {
    const docker = "unix:///var/run/docker.sock"; // Nexus's as well
    const servers = { web1: server(docker, tls("blog")), web2: server(docker, tls("shop")) };
    const nexus = { tls: { certificates: "own", redirectFrom: false, port: 8443 } };
    assert.deepEqual(problems(servers, { blog: app(81, "web1"), shop: app(82, "web2") }, nexus), [
      "berth:servers.web2.tls.redirectFrom: port 80 is already servers.web1.tls.redirectFrom, on the same Docker",
      "berth:servers.web2.tls.port: port 443 is already servers.web1.tls.port, on the same Docker",
    ]);
    const both = problems(
      { web1: servers.web1 },
      { blog: app(81, "web1") },
      { tls: { certificates: "own" } },
    );
    assert.deepEqual(both, [
      "berth:servers.web1.tls.redirectFrom: port 80 is already one of Nexus's",
      "berth:servers.web1.tls.port: port 443 is already one of Nexus's",
    ]);
  });

  it("are shared by an app that has its server's own name and those with names of their own", () => {
    const servers = { web1: server("tcp://host:2375", tls("blog")) };
    assert.deepEqual(problems(servers, { blog: app(81, "web1"), shop: app(443, "web1") }), []);
  });

  it("are not taken by an app that has several host names", () => {
    const names = { blog: ["blog.test", "www.blog.test"] };
    const web = server("tcp://host:2375", { tls: { certificates: "own", names } });
    const spare = { spare: server("tcp://host:2375") };
    assert.deepEqual(
      problems({ web1: web, ...spare }, { blog: app(81, "web1"), shop: app(81, "spare") }),
      [],
    );
    assert.deepEqual(problems({ web1: web, ...spare }, { blog: app(81, "web1"), shop: app(443, "spare") }), [
      "berth:apps.shop.publish: port 443 of server spare is already servers.web1.tls.port, on the same Docker",
    ]);
  });

  it("are not taken by the app itself where it names a server twice: that is what is said", () => {
    const servers = { web1: server("tcp://host:2375"), web2: server("tcp://other:2375", tls("blog")) };
    assert.deepEqual(problems(servers, { blog: app(80, "web1", "web2", "web1", "web2") }), [
      "berth:apps.blog.servers: web1 is given twice",
      "berth:apps.blog.servers: web2 is given twice",
    ]);
  });

  it("are told of one Docker that is written in two ways, with the way to write it", () => {
    const servers = {
      web1: server("unix:///run/docker.sock"),
      web2: server("tcp://HOST/"),
      web3: server("tcp://host:2375"),
    };
    assert.deepEqual(problems(servers, { blog: app(80, "web1", "web2") }), [
      "berth:servers.web1.docker: it is the Docker of berth:nexus.docker, written in another way: write unix:///var/run/docker.sock",
      "berth:servers.web3.docker: it is the Docker of berth:servers.web2.docker, written in another way: write tcp://HOST/",
    ]);
  });
});

describe("names that take each other's place", () => {
  it("are told to go round in two updates", () => {
    const servers = { web1: server("tcp://host:2375") };
    const round =
      "is there still: names go round in two updates, the first of which gives one of them a new name";
    const apps = { blog: { ...app(80, "web1"), was: "shop" }, shop: { ...app(81, "web1"), was: "blog" } };
    assert.deepEqual(problems(servers, apps), [
      `berth:apps.blog.was: shop ${round}`,
      `berth:apps.shop.was: blog ${round}`,
    ]);
  });
});

describe("a Docker host's address", () => {
  const good = [
    ...["unix:///var/run/docker.sock", "tcp://host", "tcp://host:2376?certificates=/a b", "tcp://[::1]:2375"],
    ...["ssh://host", "ssh://deploy@host:22", "tcp://10.0.0.1:2375/"],
  ];
  for (const address of good)
    it(`may be ${address}`, () => {
      assert.equal(isDockerAddress(address), true);
      const servers = { web: server(address) };
      assert.deepEqual(
        problems(servers, { blog: app(80, "web") }).filter((line) => !/another way/.test(line)),
        [],
      );
    });

  const bad = [
    ...[
      "unix://var/run/docker.sock",
      "tcp://host:99999",
      "tcp://host:port",
      "tcp://::1:2375",
      "tcp://my host:2375",
    ],
    ...[
      "tcp://host/v1",
      "tcp://host?certs=/a",
      "tcp://user@host",
      "ssh://deploy@host/run/docker.sock",
      "ssh://",
    ],
    ...["TCP://host:2375", "npipe:////./pipe/docker_engine", "/var/run/docker.sock"],
  ];
  for (const address of bad)
    it(`may not be ${address}`, () => {
      assert.deepEqual(problems({ web: server(address) }, { blog: app(80, "web") }), [
        `berth:servers.web.docker: expected unix:///path, tcp://host:port or ssh://user@host, got ${JSON.stringify(address)}`,
      ]);
    });

  it("has no password, and none is repeated", () => {
    const [said = ""] = problems({ web: server("ssh://deploy:hunter22@host") }, { blog: app(80, "web") });
    assert.match(said, /^berth:servers\.web\.docker: expected .*, got "ssh:\/\/deploy:\*\*\*@host"$/);
  });

  it("is the same in other letters, with its usual port, and under /run", () => {
    assert.equal(dockerKey("tcp://HOST"), dockerKey("tcp://host:2375/"));
    assert.equal(dockerKey("tcp://host?certificates=/a"), dockerKey("tcp://host:2376?certificates=/b"));
    assert.equal(dockerKey("unix:///var/run/docker.sock"), dockerKey("unix:///run/docker.sock"));
    assert.notEqual(dockerKey("ssh://a@host"), dockerKey("ssh://b@host"));
  });
});
