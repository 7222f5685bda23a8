import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { CoreClient } from "../../nexus/connector/core-client";
import { environment } from "../../nexus/connector/core-process";
import { interpret, Permissions } from "../../nexus/connector/permissions";
import { withDocker } from "../../nexus/connector/rest/swagger";
import { dockerfile } from "../../nexus/dockerfile";

describe("what a probe of the real server means", () => {
  it("is read as measured on 3.71", () => {
    assert.equal(interpret("read", 405), "allowed");
    assert.equal(interpret("edit", 404), "missing");
    assert.equal(interpret("read", 403), "denied");
    assert.equal(interpret("read", 401), "unauthenticated");
    assert.equal(interpret("read", 503), "offline");
  });

  it("is never guessed", () => {
    assert.throws(() => interpret("read", 200), /unexpected answer 200/);
    assert.throws(() => interpret("edit", 400), /unexpected answer 400/);
  });
});

describe("permissions", () => {
  let server: Server;
  let asked: string[];
  let status: number;
  let writable: number;
  let permissions: Permissions;
  beforeEach(async () => {
    asked = [];
    status = 405;
    writable = 200;
    server = createServer((request, response) => {
      asked.push(`${request.method} ${request.url} ${request.headers.authorization}`);
      const frozenToo = request.url?.endsWith("/status/writable");
      response.writeHead(frozenToo ? writable : status).end();
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    permissions = new Permissions(new CoreClient((server.address() as AddressInfo).port));
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  it("are asked with the caller's own credentials, by a method that changes nothing", async () => {
    await permissions.judge("Basic x", "releases", "v2/a/manifests/p", "read");
    await permissions.judge(undefined, "releases", "v2/a/manifests/p", "add");
    assert.deepEqual(asked, [
      "OPTIONS /repository/releases/v2/a/manifests/p Basic x",
      "POST /repository/releases/v2/a/manifests/p undefined",
      "GET /service/rest/v1/status/writable undefined",
    ]);
  });

  it("to write are frozen while the whole server is read-only; those to read are not", async () => {
    writable = 503;
    assert.equal(await permissions.judge("Basic x", "r", "v2/a", "edit"), "frozen");
    assert.equal(await permissions.judge("Basic x", "r", "v2/a", "read"), "allowed");
    status = 403;
    assert.equal(await permissions.judge("Basic y", "r", "v2/a", "edit"), "denied");
  });

  it("are remembered per caller, image and action, until something changes over REST", async () => {
    for (const who of ["Basic x", "Basic x", "Basic y"]) await permissions.judge(who, "r", "v2/a", "read");
    await permissions.judge("Basic x", "r", "v2/b", "read");
    assert.equal(asked.length, 3);
    status = 403;
    assert.equal(await permissions.judge("Basic x", "r", "v2/a", "read"), "allowed");
    permissions.forget();
    assert.equal(await permissions.judge("Basic x", "r", "v2/a", "read"), "denied");
  });

  it("are not remembered where the probe failed", async () => {
    status = 500;
    await assert.rejects(permissions.judge("Basic x", "r", "v2/a", "read"), /unexpected answer 500/);
    status = 405;
    assert.equal(await permissions.judge("Basic x", "r", "v2/a", "read"), "allowed");
  });
});

describe("the image", () => {
  it("takes a CA bundle into a stage whose layers it does not keep", () => {
    const lines = dockerfile({ base: "debian", caBundle: true }).split("\n");
    const last = lines.lastIndexOf("FROM scratch");
    assert.ok(last > lines.findIndex((line) => line.startsWith("COPY ca.crt")));
    assert.equal(
      lines.slice(last).some((line) => line.includes("ca.crt")),
      false,
    );
    assert.match(lines.find((line) => line.startsWith("RUN")) ?? "", /rm \/tmp\/berth-ca.crt$/);
    assert.equal(dockerfile({ base: "debian", caBundle: false }).includes("ca.crt"), false);
  });

  it("runs as the official image's user, on its volume and port", () => {
    const text = dockerfile({ base: "debian", caBundle: false });
    for (const line of ["USER nexus", "VOLUME /nexus-data", "EXPOSE 8081"])
      assert.match(text, new RegExp(`^${line}$`, "m"));
    assert.match(text, /useradd --uid 200/);
  });
});

describe("the real server's JVM", () => {
  const options = (vmParameters: string) =>
    environment({ home: "/n", data: "/d", vmParameters }).EXTRA_JAVA_OPTS;
  it("gets the user's parameters last, and one collector only", () => {
    assert.equal(options("-Xmx2g"), "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xmx2g");
    assert.equal(options("-XX:+UseG1GC")?.includes("SerialGC"), false);
  });
});

describe("swagger.json", () => {
  it("gains the docker endpoints, and keeps the rest", () => {
    const post = {
      summary: "Create raw hosted repository",
      schema: { $ref: "#/definitions/RawHostedRepositoryApiRequest" },
    };
    const document = {
      paths: { "/v1/repositories/raw/hosted": { post }, "/v1/status": {} },
      definitions: {
        RawHostedRepositoryApiRequest: { required: ["name"], properties: { name: {}, raw: {} } },
      },
    };
    const result = withDocker(document) as typeof document & { definitions: Record<string, unknown> };
    assert.deepEqual(Object.keys(result.paths), [
      ...Object.keys(document.paths),
      "/v1/repositories/docker/hosted",
    ]);
    assert.match(JSON.stringify(result.paths), /Create docker hosted repository/);
    const model = result.definitions.DockerHostedRepositoryApiRequest as {
      required: string[];
      properties: object;
    };
    assert.deepEqual(model.required, ["name", "docker"]);
    assert.deepEqual(Object.keys(model.properties), ["name", "docker", "storage"]);
  });
});
