import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import { connect } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { connect as connectTls } from "node:tls";
import type Docker from "dockerode";
import { moveRoute } from "../../../components/deploy/route";
import { putFiles } from "../../../components/docker/idle-container";
import { type EdgeSoftwareName, edgeSoftware } from "../../../components/edge/software";
import type { EdgeForm, EdgeTls } from "../../../components/edge/software/edge-software";
import { TLS_FILES } from "../../../components/edge/software/places";
import { standardSocket } from "../../../sandbox/docker/client";
import { ECHO, ensureSandboxImages } from "../../support/docker/sandbox-images";
import { Authority } from "../../support/http/authority";
import { needsDocker } from "../../support/stack/own-sandbox";

const IMAGES: Readonly<Record<EdgeSoftwareName, string>> = {
  caddy: "berth-sandbox/caddy:2",
  nginx: "berth-sandbox/nginx:1",
};

/** What a load balancer that ends TLS says of its client. */
const SAID = {
  "x-forwarded-for": "203.0.113.9",
  "x-forwarded-proto": "https",
  "x-forwarded-host": "www.blog.test",
  "x-forwarded-port": "443",
};
const STRANGERS = ["10.250.0.0/16", "fd00::/8"];
/** Whose request it is by the PROXY protocol, which this test speaks as a door does. */
const FRONT = "198.51.100.7";

interface Answer {
  readonly status: number;
  readonly location: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
}

describe("an edge behind a load balancer, with the real software", function () {
  this.timeout(600_000);
  const prefix = `hosts-front-${randomBytes(3).toString("hex")}`;
  const authority = new Authority();
  let docker: Docker;
  let network: Docker.Network;
  let made = 0;

  before(async function () {
    await needsDocker(this);
    docker = await ensureSandboxImages();
    network = await docker.createNetwork({ Name: prefix });
    await start("app", { Image: "berth-sandbox/python:3.11-slim", Cmd: ["python", "-c", ECHO] });
  });

  after(async () => {
    authority.remove();
    if (!network) return;
    const filters = { label: [`hosts.test=${prefix}`] };
    for (const { Id } of await docker.listContainers({ all: true, filters }))
      await docker.getContainer(Id).remove({ force: true, v: true });
    await network.remove();
  });

  async function start(
    name: string,
    options: Docker.ContainerCreateOptions,
    prepare: (container: Docker.Container) => Promise<void> = async () => undefined,
  ): Promise<Docker.Container> {
    const container = await docker.createContainer({
      ...options,
      name: `${prefix}-${name}`,
      Labels: { "hosts.test": prefix },
      HostConfig: { NetworkMode: prefix },
    });
    await prepare(container);
    await container.start();
    return container;
  }

  interface Edge {
    /** Its address on the network: what comes from this machine comes from the network's gateway. */
    readonly address: string;
    readonly form: EdgeForm;
  }

  /** An edge whose files the product writes: `main` before it starts, the site afterwards. */
  async function edge(
    software: EdgeSoftwareName,
    form: EdgeForm,
    trusted: "front" | "strangers",
    tls?: Partial<EdgeTls>,
  ): Promise<Edge> {
    const info: { IPAM?: { Config?: { Gateway?: string }[] } } = await network.inspect();
    const front = form === "doors" ? FRONT : info.IPAM!.Config![0]!.Gateway!;
    const trustedProxies = trusted === "front" ? [...STRANGERS, front] : STRANGERS;
    const { certificate, key } = authority.issue(["blog.test"]);
    const whole: EdgeTls | undefined = tls && {
      certificates: { from: "files" },
      host: "blog.test",
      port: 8443,
      redirectFrom: 8080,
      redirects: { "blog.test": 8443 },
      routes: [],
      hosts: [],
      trustedProxies,
      apps: { "": "blog", "blog.test": "blog" },
      ...tls,
    };
    const { configFile, mainFile, start: begin, main } = edgeSoftware[software];
    made += 1;
    const name = `edge${made}`;
    const notes = { software, edges: [`${prefix}-${name}`], active: `${prefix}-${name}`, doors: [] };
    const text = main(whole, form);
    const files =
      form === "doors"
        ? { [configFile]: begin, [mainFile]: text, "/config/edge.json": JSON.stringify(notes) }
        : { [configFile]: text };
    const options = { Image: IMAGES[software], Volumes: { "/config": {} } };
    const { id } = await start(name, options, (container) =>
      putFiles(container, "/", [
        ...Object.entries(files).map(([path, content]) => ({ name: path.slice(1), mode: 0o644, content })),
        { name: "config/tls/", mode: 0o700 },
        { name: TLS_FILES.certificate.slice(1), mode: 0o400, content: readFileSync(certificate) },
        { name: TLS_FILES.key.slice(1), mode: 0o400, content: readFileSync(key) },
      ]),
    );
    const at = { app: "blog", docker: `unix://${standardSocket}`, edge: id, software };
    const place = whole ? { host: "blog.test", publish: 8443 } : { publish: 8080 };
    const destination = { container: `${prefix}-app`, port: 8000, trustedProxies, ...place };
    // The software may still be starting, and takes no load until it has.
    for (let tries = 1; ; tries++) {
      const problem = await moveRoute(at, destination).then(
        () => undefined,
        (error: Error) => error,
      );
      if (!problem) break;
      if (tries === 30) throw problem;
      await pause(300);
    }
    const found = await docker.getContainer(id).inspect();
    return { address: found.NetworkSettings.Networks[prefix]!.IPAddress, form };
  }

  /** As a door does: with whose it is in front (PROXY protocol, version 1). */
  function connected({ address, form }: Edge, scheme: "http" | "https") {
    const port = scheme === "https" ? 8443 : 8080;
    const socket = connect(port, address);
    if (form === "doors") socket.write(`PROXY TCP4 ${FRONT} ${address} 40000 ${port}\r\n`);
    const secure = { socket, ca: authority.ca, servername: "blog.test" };
    return scheme === "https" ? connectTls(secure) : socket;
  }

  async function get(to: Edge, scheme: "http" | "https", headers: object = {}): Promise<Answer> {
    const options = {
      path: "/a?b=c",
      createConnection: () => connected(to, scheme),
      headers: { host: "blog.test", ...headers },
    };
    return new Promise((resolve, reject) => {
      const asked = (scheme === "https" ? https : http).get(options, async (answer) => {
        let text = "";
        for await (const chunk of answer) text += String(chunk);
        const { statusCode: status = 0, headers } = answer;
        resolve({ status, location: headers.location, headers: status === 200 ? JSON.parse(text) : {} });
      });
      asked.once("error", reject);
    });
  }

  /** What an app learns of its client; of the addresses as many as there are, and the first. */
  function told({ status, headers }: Answer) {
    const clients = headers["x-forwarded-for"]?.split(", ") ?? [];
    const names = ["x-forwarded-proto", "x-forwarded-host", "x-forwarded-port"];
    return [
      status,
      clients.length,
      clients[0] === SAID["x-forwarded-for"],
      ...names.map((name) => headers[name]),
    ];
  }

  for (const form of ["doors", "alone"] as const) {
    it(`plain http, ${form}: a trusted proxy's words reach the app, a stranger's don't`, async () => {
      const trusting = await edge("caddy", form, "front");
      assert.deepEqual(told(await get(trusting, "http", SAID)), [
        200,
        2,
        true,
        "https",
        "www.blog.test",
        "443",
      ]);
      assert.deepEqual(told(await get(trusting, "http")), [200, 1, false, "http", "blog.test", "8080"]);
      const wary = await edge("caddy", form, "strangers");
      assert.deepEqual(told(await get(wary, "http", SAID)), [200, 1, false, "http", "blog.test", "8080"]);
    });

    for (const software of ["caddy", "nginx"] as const) {
      it(`${software} with TLS, ${form}: a trusted proxy's words reach the app, a stranger's don't`, async () => {
        const [trusting, wary] = [
          await edge(software, form, "front", {}),
          await edge(software, form, "strangers", {}),
        ];
        const said = await get(trusting, "https", SAID);
        assert.deepEqual(told(said), [200, 2, true, "https", "www.blog.test", "443"]);
        assert.deepEqual(told(await get(trusting, "https")), [200, 1, false, "https", "blog.test", "8443"]);
        const plain = { ...SAID, "x-forwarded-proto": "http" };
        assert.deepEqual(told(await get(wary, "https", plain)), [
          200,
          1,
          false,
          "https",
          "blog.test",
          "8443",
        ]);
      });

      it(`${software} with TLS, ${form}: what a trusted proxy sends by plain http is served where its client spoke https, and else sent on`, async () => {
        const [trusting, wary] = [
          await edge(software, form, "front", {}),
          await edge(software, form, "strangers", {}),
        ];
        const ended = await get(trusting, "http", SAID);
        assert.deepEqual(told(ended), [200, 2, true, "https", "www.blog.test", "443"]);
        const { "x-forwarded-port": _port, ...portless } = SAID;
        const [, , , proto, , port] = told(await get(trusting, "http", portless));
        assert.deepEqual([proto, port], ["https", "8443"]);
        const other = await get(trusting, "http", { ...SAID, host: "www.blog.test" });
        assert.equal(other.status, 200, "another name leads to the same app");
        const redirected = [308, "https://blog.test:8443/a?b=c"];
        for (const [from, headers] of [
          [trusting, {}],
          [trusting, { ...SAID, "x-forwarded-proto": "http" }],
          [wary, SAID],
        ] as const) {
          const { status, location } = await get(from, "http", headers);
          assert.deepEqual([status, location], redirected);
        }
      });
    }
  }
});
