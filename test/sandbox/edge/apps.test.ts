import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { ServerHost } from "../../../components/deploy/server-host";
import { Traffic } from "../../../components/deploy/traffic";
import { tarOf } from "../../../components/docker/tar";
import { type EdgeSoftwareName, edgeSoftware } from "../../../components/edge/software";
import { caddy } from "../../../components/edge/software/caddy";
import type { EdgeForm, EdgeTls } from "../../../components/edge/software/edge-software";
import { nginx } from "../../../components/edge/software/nginx";
import { TLS_FILES } from "../../../components/edge/software/places";
import { isServed } from "../../../components/settings/app-settings";
import { parseSettings, type Settings } from "../../../components/settings/settings";
import { dockerAt, standardSocket } from "../../../sandbox/docker/client";
import { pushUpstream } from "../../../sandbox/images/base-images";
import { recipes } from "../../../sandbox/images/recipes";
import { startUpstream } from "../../../sandbox/images/upstream";
import { defaultPlaces, type Places } from "../../../sandbox/lib/places";
import { ECHO, ensureSandboxImages } from "../../support/docker/sandbox-images";
import { secureGet } from "../../support/edge/secure-get";
import { feed } from "../../support/feed";
import { freePort } from "../../support/free-port";
import { Authority } from "../../support/http/authority";
import { testIdentity } from "../../support/identity";
import { InlineProject, type InlineStack } from "../../support/stack/inline-stack";
import { needsDocker, ownPlaces, removeOwnPlaces } from "../../support/stack/own-sandbox";

const execute = promisify(execFile);
const quiet = () => undefined;
const address = "127.0.0.1";

describe("an edge's configuration, as the real software judges it", function () {
  this.timeout(600_000);
  const authority = new Authority();
  const route = { host: "nexus.test", publish: 8082, container: "nexus", port: 8082 };
  const tls: EdgeTls = {
    certificates: { from: "files" },
    host: "nexus.test",
    port: 8443,
    redirectFrom: 8080,
    hosts: ["blog.test"],
    redirects: { "blog.test": 443 },
    routes: [route, { ...route, host: "docker.test" }, { ...route, host: "fd00::1", publish: 8083 }],
  };
  const directory = "https://ca.test/acme/directory";
  const ways: EdgeTls["certificates"][] = [
    { from: "files" },
    { from: "own" },
    { from: "acme" },
    { from: "acme", email: "ops@example.com", directory, directoryCa: true },
  ];

  before(async function () {
    await needsDocker(this);
    await ensureSandboxImages();
  });

  after(() => authority.remove());

  /** @throws Error with what the software says, unless that takes it with a site of an app */
  async function judged(
    name: EdgeSoftwareName,
    main: string,
    host?: string,
    form: EdgeForm = "doors",
    trustedProxies?: readonly string[],
  ): Promise<void> {
    const { configFile, extension, site, sites, start, mainFile } = edgeSoftware[name];
    const place = { container: "blog-1", port: 8000, publish: 9443, host, trustedProxies };
    const app = site({ app: "blog", ...place }, form);
    const configured = form === "doors" ? { [configFile]: start, [mainFile]: main } : { [configFile]: main };
    const { certificate, key } = authority.issue(["nexus.test"]);
    const { certificate: certificatePlace, key: keyPlace, directoryCa } = TLS_FILES;
    const files = {
      ...configured,
      [`${sites(form)}/blog.${extension}`]: app,
      [directoryCa]: authority.ca,
      [certificatePlace]: readFileSync(certificate, "utf8"),
      [keyPlace]: readFileSync(key, "utf8"),
    };
    const archive = await tarOf(
      Object.entries(files).map(([path, content]) => ({ name: path.slice(1), mode: 0o644, content })),
    );
    const image = `berth-sandbox/${name === "caddy" ? "caddy:2" : "nginx:1"}`;
    const check = name === "caddy" ? `caddy validate --config ${configFile} --adapter caddyfile` : "nginx -t";
    const running = execute("docker", ["run", "--rm", "-i", image, "sh", "-c", `tar -x -C / && ${check}`]);
    feed(running.child, archive);
    await running;
  }

  it("is valid for Caddy, wherever certificates come from", async () => {
    await judged("caddy", caddy.main());
    await judged("caddy", caddy.main(), "blog.test");
    for (const certificates of ways) await judged("caddy", caddy.main({ ...tls, certificates }), "blog.test");
  });

  it("is valid for both with trusted proxies in front", async () => {
    const trustedProxies = ["10.0.0.0/8", "192.0.2.7", "fd00::/8"];
    const front = { ...tls, trustedProxies, apps: { "": "blog", "nexus.test": "blog", "blog.test": "blog" } };
    for (const form of ["doors", "alone", "older"] as const) {
      await judged("caddy", caddy.main(undefined, form), undefined, form, trustedProxies);
      await judged("caddy", caddy.main(front, form), "blog.test", form, trustedProxies);
      await judged("nginx", nginx.main(front, form), "blog.test", form, trustedProxies);
    }
  });

  it("is valid for nginx", async () => {
    await judged("nginx", nginx.main());
    await judged("nginx", nginx.main(tls), "blog.test");
  });

  it("is valid for an edge that stands alone, with what ends its connections and without", async () => {
    for (const form of ["alone", "older"] as const) {
      await judged("caddy", caddy.main(undefined, form), undefined, form);
      await judged("caddy", caddy.main(tls, form), "blog.test", form);
      await judged("nginx", nginx.main(tls, form), "blog.test", form);
    }
  });

  it("is not taken by either where it is wrong, so that the two above tell something", async () => {
    await assert.rejects(judged("caddy", "blog.test {\n\tnonsense\n}\n"), /unrecognized directive: nonsense/);
    await assert.rejects(judged("nginx", "nonsense;\n"), /unknown directive "nonsense"/);
  });
});

describe("an edge in front of apps", function () {
  this.timeout(600_000);
  const project = new InlineProject("edgeapps");
  const authority = new Authority();
  const ports = { blog: 0, https: 0, http: 0 };
  let places: Places;
  let stack: InlineStack;
  let ca: string | undefined;

  /** @param tls of the server; the blog has a port of its own, the shop may have a host name */
  const program = (tls?: object) => () => {
    const { servers, apps: all } = settings(tls);
    const apps = all.filter(isServed);
    const [server] = servers;
    const registry = `127.0.0.1:${places.ports.upstream}`; // which has the image of an edge without TLS
    const from = { dockerHosted: registry, dockerGroup: registry };
    const puller = { username: "nobody", password: pulumi.output("nothing") };
    const host = new ServerHost("web", { server: server!, identity: testIdentity(), apps, ...from, puller });
    ca = undefined;
    host.ca?.apply((pem) => {
      ca = pem;
    });
    const provider = host.provider;
    const moved = apps.map((app) => {
      const container = new docker.Container(
        `${app.name}-container`,
        {
          image: "berth-sandbox/python:3.11-slim",
          command: ["python3", "-c", ECHO],
          memory: 64,
          memorySwap: 64,
          networksAdvanced: [{ name: host.network }],
        },
        { provider },
      );
      const place = { name: "web", docker: server!.docker, edge: host.edge, container: container.name };
      const { publish } = app;
      return new Traffic(`${app.name}-traffic`, {
        app: app.name,
        publish,
        port: 8000,
        healthTimeout: 30,
        servers: [{ ...place, ...host.placeOf(app) }],
      });
    });
    host.keepOnly(apps, moved);
  };

  function settings(tls?: object): Settings {
    const images = { image: "berth-sandbox/caddy:2", doorImage: "berth-sandbox/nginx:1" };
    const more = { port: ports.https, redirectFrom: ports.http, ...images, ...tls };
    const server = { docker: `unix://${standardSocket}`, address, ...(tls && { tls: more }) };
    const release = { tag: "1", digest: `sha256:${"1".repeat(64)}` };
    const blog = { release, port: 8000, publish: ports.blog, servers: ["web"] };
    const shop = { ...blog, publish: ports.https };
    return parseSettings({
      nexus: { hostname: "nexus.test", eula: "accepted" },
      gitlab: { url: "http://gitlab.test", registry: "gitlab.test", project: "team/site" },
      servers: { web: server },
      apps: { blog, ...(tls && "names" in tls && { shop }) },
    });
  }

  const edge = async () => {
    const filters = { label: ["berth.project=edgeapps", "berth.resource=web-edge-a"] };
    const [found] = await dockerAt(standardSocket).listContainers({ filters });
    return found!;
  };

  before(async function () {
    await needsDocker(this);
    const client = await ensureSandboxImages();
    places = { ...(await ownPlaces()), imagePrefix: defaultPlaces.imagePrefix };
    await startUpstream(places);
    for (const recipe of recipes.filter(({ repository }) => repository !== "library/python"))
      await pushUpstream(client, places, recipe, quiet);
    for (const key of ["blog", "https", "http"] as const) ports[key] = await freePort();
    stack = await project.stack("dev");
  });

  after(async () => {
    await stack?.destroy();
    project.remove();
    authority.remove();
    if (places) await removeOwnPlaces(places);
  });

  const own = { certificates: "own", names: { shop: "shop.test" } };

  it("serves each by https under its own authority: on a port, or by a host name", async () => {
    await stack.up(program(own));
    assert.match(String(ca), /^-----BEGIN CERTIFICATE-----/);
    const forged = {
      "x-forwarded-for": "6.6.6.6",
      "x-forwarded-proto": "gopher",
      "x-forwarded-host": "evil",
    };
    const blog = await echoed(`${address}:${ports.blog}`, ca!, forged);
    const shop = await echoed(`shop.test:${ports.https}`, ca!, forged);
    for (const [{ headers }, host, port] of [
      [blog, `${address}:${ports.blog}`, ports.blog],
      [shop, `shop.test:${ports.https}`, ports.https],
    ] as const) {
      assert.equal(headers["host"], host);
      // Its port goes in X-Forwarded-Port: some apps take "host:port" for a name.
      assert.equal(headers["x-forwarded-host"], host.split(":")[0]);
      assert.equal(headers["x-forwarded-proto"], "https");
      assert.equal(headers["x-forwarded-port"], String(port));
      assert.doesNotMatch(String(headers["x-forwarded-for"]), /6\.6\.6\.6/);
    }
    assert.deepEqual(Object.keys(await stack.preview(program(own))), ["same"]);
  });

  it("sends plain http on to the host that was asked for", async () => {
    const location = async (host: string) => {
      const headers = { host };
      const { default: http } = await import("node:http");
      return new Promise((resolve, reject) => {
        http
          .get({ host: address, port: ports.http, path: "/a?b=c", headers }, (answer) => {
            answer.resume();
            resolve([answer.statusCode, answer.headers.location]);
          })
          .once("error", reject);
      });
    };
    assert.deepEqual(await location(address), [308, `https://${address}:${ports.blog}/a?b=c`]);
    assert.deepEqual(await location("shop.test"), [308, `https://shop.test:${ports.https}/a?b=c`]);
  });

  it("says to a client what is wrong: unknown name, unknown authority", async () => {
    await assert.rejects(echoed(`other.test:${ports.https}`, ca!), /alert internal error/);
    await assert.rejects(echoed(`${address}:${ports.blog}`, authority.ca), /unable to get/);
  });

  const given = ({ certificate, key }: { certificate: string; key: string }) => ({
    proxy: "nginx",
    image: "berth-sandbox/nginx:1",
    certificates: { certificate, key, ca: authority.root },
    names: { shop: "shop.test" },
  });

  it("serves the same with nginx and given files, whose key is in no plain text", async () => {
    const files = authority.issue([address, "shop.test"]);
    await stack.up(program(given(files)));
    const { headers } = await echoed(`shop.test:${ports.https}`, authority.ca, {
      "x-forwarded-for": "6.6.6.6",
    });
    assert.deepEqual(
      ["host", "x-forwarded-host", "x-forwarded-proto", "x-forwarded-port"].map((name) => headers[name]),
      [`shop.test:${ports.https}`, "shop.test", "https", String(ports.https)],
    );
    assert.doesNotMatch(String(headers["x-forwarded-for"]), /6\.6\.6\.6/);
    const { Id } = await edge();
    const inspected = JSON.stringify(await dockerAt(standardSocket).getContainer(Id).inspect());
    const [, line] = readFileSync(files.key, "utf8").split("\n");
    assert.ok(
      !inspected.includes(line!) && !project.written().includes(line!) && !project.printed.includes(line!),
    );
  });

  it("loads a renewed certificate while it runs", async () => {
    const { Id } = await edge();
    const before = await echoed(`${address}:${ports.blog}`, authority.ca);
    await stack.up(program(given(authority.issue([address, "shop.test"]))));
    const after = await echoed(`${address}:${ports.blog}`, authority.ca);
    assert.notEqual(after.serial, before.serial);
    assert.equal((await edge()).Id, Id);
  });

  it("refuses files that clients would refuse, naming the setting, before anything is changed", async () => {
    const expired = authority.issue([address, "shop.test"], -3);
    await assert.rejects(
      stack.up(program(given(expired))),
      /berth:servers\.web\.tls\.certificates\.certificate: the file \S+ expired on \d{4}-\d\d-\d\d: renew it/,
    );
    const elsewhere = authority.issue([address]);
    await assert.rejects(
      stack.up(program(given(elsewhere))),
      /is not for shop\.test but for IP Address:127\.0\.0\.1/,
    );
    await echoed(`${address}:${ports.blog}`, authority.ca);
  });

  it("goes back to plain http", async () => {
    await stack.up(program(own));
    await stack.up(program());
    const answer = await fetch(`http://${address}:${ports.blog}/`);
    const headers = (await answer.json()) as Record<string, string>;
    assert.equal(headers["x-forwarded-proto"], "http");
    assert.equal(ca, undefined);
  });
});

/** GET / over TLS of an app that says what headers it got. @param place host:port */
async function echoed(place: string, ca: string, sent: Record<string, string> = {}) {
  const { body, serial } = await secureGet(place, ca, sent);
  const headers: Record<string, unknown> = JSON.parse(body);
  return { headers, serial };
}
