import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ProxyBackend } from "../../nexus/connector/docker/proxy";
import { parseRoute } from "../../nexus/connector/docker/route";
import type { DockerRepository } from "../../nexus/connector/record";

const digestOf = (body: string) => `sha256:${createHash("sha256").update(body).digest("hex")}`;
const manifest = '{"schemaVersion":2}';
const blob = "layer ".repeat(50_000);
const type = "application/vnd.oci.image.manifest.v1+json";

/** A remote registry whose answers each test sets, and the proxy repository under test in front of it. */
class Stage {
  asked: { path: string; authorization: string | undefined }[] = [];
  answer: (request: IncomingMessage, response: ServerResponse) => void = () => undefined;
  log: string[] = [];
  settings!: DockerRepository;
  private servers: Server[] = [];
  private readonly directory = mkdtempSync(join(tmpdir(), "berth-proxy-"));
  private url = "";
  remoteUrl = "";

  async open(): Promise<void> {
    this.remoteUrl = await this.listen((request, response) => {
      this.asked.push({ path: request.url ?? "", authorization: request.headers.authorization });
      this.answer(request, response);
    });
    const remote = {
      url: this.remoteUrl,
      metadataMaxAge: 0,
      negativeCacheEnabled: true,
      negativeCacheTtl: 5,
      blocked: false,
    };
    const docker = {
      v1Enabled: false,
      forceBasicAuth: false,
      httpPort: null,
      httpsPort: null,
      subdomain: null,
    };
    this.settings = { name: "hub", type: "proxy", online: true, docker, remote };
    const proxy = new ProxyBackend(
      this.directory,
      () => this.settings,
      (line) => this.log.push(line),
    );
    this.url = await this.listen((request, response) => {
      const route = parseRoute(request.url ?? "");
      if (route.kind === "manifest" || route.kind === "blob") void proxy.serve(route, request, response);
    });
  }

  async listen(handle: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
    const server = createServer(handle).listen(0, "127.0.0.1");
    this.servers.push(server);
    await once(server, "listening");
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  get(path: string, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(`${this.url}/v2/${path}`, { headers });
  }

  /** A remote that has one tag and one blob. */
  healthy = (request: IncomingMessage, response: ServerResponse): void => {
    if (request.url?.includes("/manifests/")) response.writeHead(200, { "content-type": type }).end(manifest);
    else if (request.url?.endsWith(digestOf(blob))) response.writeHead(200).end(blob);
    else response.writeHead(404).end();
  };

  close(): void {
    for (const server of this.servers) {
      server.closeAllConnections();
      server.close();
    }
    rmSync(this.directory, { recursive: true });
  }
}

describe("a proxy repository", () => {
  let stage: Stage;
  beforeEach(async () => {
    stage = new Stage();
    await stage.open();
    stage.answer = stage.healthy;
  });
  afterEach(() => stage.close());

  it("gives the remote's manifest unchanged, by tag and by digest", async () => {
    for (const reference of ["1.0", digestOf(manifest)]) {
      const answer = await stage.get(`team/app/manifests/${reference}`);
      assert.deepEqual([answer.status, await answer.text()], [200, manifest]);
      assert.equal(answer.headers.get("content-type"), type);
      assert.equal(answer.headers.get("docker-content-digest"), digestOf(manifest));
    }
    assert.equal(stage.asked.length, 1, "the digest came from the cache");
  });

  it("serves on what it has while the remote is away", async () => {
    await (await stage.get("app/manifests/1.0")).text();
    await (await stage.get(`app/blobs/${digestOf(blob)}`)).text();
    stage.answer = (_request, response) => response.destroy();
    assert.equal((await stage.get("app/manifests/1.0")).status, 200);
    assert.equal(await (await stage.get(`app/blobs/${digestOf(blob)}`)).text(), blob);
    assert.equal((await stage.get("app/manifests/2.0")).status, 503);
  });

  it("asks for a tag again only after metadataMaxAge", async () => {
    stage.settings.remote!.metadataMaxAge = 10;
    await stage.get("app/manifests/1.0");
    await stage.get("app/manifests/1.0");
    assert.equal(stage.asked.length, 1);
    stage.settings.remote!.metadataMaxAge = 0;
    await stage.get("app/manifests/1.0");
    assert.equal(stage.asked.length, 2);
  });

  it("translates the remote's refusals as the real server does", async () => {
    const said: Record<number, number> = { 401: 503, 403: 404, 404: 404, 429: 404, 500: 503 };
    for (const [remote, expected] of Object.entries(said)) {
      stage.answer = (_request, response) => response.writeHead(Number(remote)).end();
      const answer = await stage.get(`app/manifests/tag-${remote}`);
      assert.equal(answer.status, expected, `remote ${remote}`);
      const body = (await answer.json()) as { errors: { code: string }[] };
      assert.equal(body.errors[0]?.code, expected === 404 ? "MANIFEST_UNKNOWN" : "UNAVAILABLE");
    }
  });

  it("remembers what the remote did not have, as long as the settings say", async () => {
    stage.answer = (_request, response) => response.writeHead(404).end();
    await stage.get("app/manifests/later");
    stage.answer = stage.healthy;
    assert.equal((await stage.get("app/manifests/later")).status, 404);
    stage.settings.remote!.negativeCacheEnabled = false;
    stage.answer = (_request, response) => response.writeHead(404).end();
    await stage.get("app/manifests/other");
    stage.answer = stage.healthy;
    assert.equal((await stage.get("app/manifests/other")).status, 200);
  });

  it("never keeps or serves whole a blob of another digest", async () => {
    stage.answer = (_request, response) => response.writeHead(200).end("something else");
    const wanted = `app/blobs/${digestOf(blob)}`;
    await assert.rejects(async () => (await stage.get(wanted)).text());
    stage.answer = stage.healthy;
    assert.equal(await (await stage.get(wanted)).text(), blob);
  });

  it("refuses a manifest of another digest", async () => {
    const answer = await stage.get(`app/manifests/${digestOf("other")}`);
    assert.equal(answer.status, 503);
    assert.match(await answer.text(), /the remote sent sha256:/);
  });

  it("fetches a blob once for clients that come together", async () => {
    const wanted = `app/blobs/${digestOf(blob)}`;
    stage.answer = (request, response) => setTimeout(() => stage.healthy(request, response), 50);
    const first = stage.get(wanted);
    const texts = await Promise.all(
      [first, first.then(() => stage.get(wanted))].map(async (one) => (await one).text()),
    );
    assert.deepEqual(texts, [blob, blob]);
    assert.equal(stage.asked.length, 1);
  });

  it("cuts ranges out of a blob, cached or not", async () => {
    for (const round of ["fresh", "cached"]) {
      const answer = await stage.get(`app/blobs/${digestOf(blob)}`, { range: "bytes=6-11" });
      assert.deepEqual([answer.status, await answer.text()], [206, "layer "], round);
      assert.equal(answer.headers.get("content-range"), `bytes 6-11/${blob.length}`);
    }
  });

  it("logs in at the remote with a token, and keeps credentials from other hosts", async () => {
    Object.assign(stage.settings.remote!, { username: "u", password: "secret" });
    const elsewhere: (string | undefined)[] = [];
    const storage = await stage.listen((request, response) => {
      elsewhere.push(request.headers.authorization);
      response.end(blob);
    });
    stage.answer = (request, response) => {
      if (request.url?.startsWith("/token")) response.end(JSON.stringify({ token: "T" }));
      else if (request.headers.authorization !== "Bearer T")
        response
          .writeHead(401, { "www-authenticate": `Bearer realm="${stage.remoteUrl}/token",service="s"` })
          .end();
      else response.writeHead(307, { location: `${storage}/blob` }).end();
    };
    assert.equal(await (await stage.get(`app/blobs/${digestOf(blob)}`)).text(), blob);
    assert.deepEqual(elsewhere, [undefined]);
    assert.match(stage.asked[1]?.authorization ?? "", /^Basic /);
    assert.equal(stage.log.join().includes("secret"), false);
  });

  it("asks the hub for official images below library/", async () => {
    stage.settings.dockerProxy = {
      indexType: "HUB",
      indexUrl: null,
      cacheForeignLayers: false,
      foreignLayerUrlWhitelist: [],
    };
    await stage.get("python/manifests/3.11");
    assert.equal(stage.asked[0]?.path, "/v2/library/python/manifests/3.11");
  });

  it("asks nothing of a blocked remote", async () => {
    stage.settings.remote!.blocked = true;
    assert.equal((await stage.get("app/manifests/1.0")).status, 503);
    assert.deepEqual(stage.asked, []);
  });
});
