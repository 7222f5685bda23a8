import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  builderAddress,
  builderArgs,
  builderVariables,
  isBuilder,
} from "../../../components/docker/builder-address";
import { dockerHost } from "../../../components/docker/docker-host";
import { dockerCertificates } from "../../support/docker/docker-certificates";
import { withVariables } from "../../support/docker/other-docker";

describe("the Docker host that builds", () => {
  const folder = mkdtempSync(join(tmpdir(), "berth-builder-"));
  after(() => rmSync(folder, { recursive: true }));

  /** A folder of the docker command with that configuration, and the contexts that it has. */
  function configured(name: string, config: object, contexts: Record<string, object> = {}): string {
    const at = join(folder, name);
    mkdirSync(at);
    writeFileSync(join(at, "config.json"), JSON.stringify(config));
    for (const [context, docker] of Object.entries(contexts)) {
      const meta = join(at, "contexts", "meta", idOf(context));
      mkdirSync(meta, { recursive: true });
      writeFileSync(join(meta, "meta.json"), JSON.stringify({ Name: context, Endpoints: { docker } }));
    }
    return at;
  }

  const idOf = (context: string) => createHash("sha256").update(context).digest("hex");
  const empty = configured("empty", {});
  const address = (env: Record<string, string>) => builderAddress({ DOCKER_CONFIG: empty, ...env });

  it("is the standard socket where nothing is said of it", () => {
    assert.equal(address({}), "unix:///var/run/docker.sock");
    assert.equal(address({ DOCKER_HOST: "", DOCKER_CONTEXT: "" }), "unix:///var/run/docker.sock");
    assert.equal(address({ DOCKER_CONTEXT: "default" }), "unix:///var/run/docker.sock");
  });

  it("is told to a plugin that goes by the environment alone, by names that no other plugin knows", () => {
    const variables = (env: Record<string, string>) => builderVariables({ DOCKER_CONFIG: empty, ...env });
    assert.deepEqual(variables({}), {});
    assert.deepEqual(variables({ DOCKER_HOST: "unix:///var/run/docker.sock" }), {});
    assert.deepEqual(variables({ DOCKER_HOST: "ssh://deploy@farm.test" }), {
      BERTH_BUILDER_HOST: "ssh://deploy@farm.test",
    });
    const tls = { DOCKER_HOST: "tcp://docker:2376", DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: "/certs" };
    assert.deepEqual(variables(tls), {
      BERTH_BUILDER_HOST: "tcp://docker:2376",
      BERTH_BUILDER_TLS_VERIFY: "1",
      BERTH_BUILDER_CERT_PATH: "/certs",
    });
    const DOCKER_CONFIG = configured("farm", {}, { farm: { Host: "tcp://farm.test:2375" } });
    assert.deepEqual(variables({ DOCKER_CONFIG, DOCKER_CONTEXT: "farm" }), {
      BERTH_BUILDER_HOST: "tcp://farm.test:2375",
    });
    assert.deepEqual(variables({ DOCKER_CONTEXT: "nope" }), {}, "the build says that there is none");
  });

  it("is DOCKER_HOST, with TLS where DOCKER_TLS_VERIFY asks for it, of DOCKER_CERT_PATH or the docker command's folder", () => {
    const host = "tcp://docker:2376";
    assert.equal(
      address({ DOCKER_HOST: host, DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: "/certs/client" }),
      "tcp://docker:2376?certificates=/certs/client",
    );
    assert.equal(address({ DOCKER_HOST: host, DOCKER_TLS_VERIFY: "1" }), `${host}?certificates=${empty}`);
    assert.equal(address({ DOCKER_HOST: host, DOCKER_CERT_PATH: "/c" }), `${host}?certificates=/c`);
    assert.equal(
      address({ DOCKER_HOST: "tcp://docker:2375", DOCKER_CERT_PATH: "/c" }),
      "tcp://docker:2375",
      "a folder alone asks for no TLS",
    );
    assert.equal(address({ DOCKER_HOST: "docker:2375" }), "tcp://docker:2375");
    for (const other of ["unix:///run/user/1000/docker.sock", "ssh://ci@builder"])
      assert.equal(address({ DOCKER_HOST: other, DOCKER_TLS_VERIFY: "1" }), other, "has no use for it");
    assert.equal(address({ DOCKER_HOST: "unix://" }), "unix:///var/run/docker.sock");
  });

  it("is that of the context which DOCKER_CONTEXT or config.json names, where DOCKER_HOST names none", () => {
    const contexts = {
      desktop: { Host: "unix:///home/ann/.docker/desktop/docker.sock" },
      farm: { Host: "tcp://farm:2376" },
    };
    const config = configured("contexts", { currentContext: "desktop" }, contexts);
    const tls = join(config, "contexts", "tls", idOf("farm"), "docker");
    mkdirSync(tls, { recursive: true });
    const of = (env: Record<string, string>) => builderAddress({ DOCKER_CONFIG: config, ...env });
    assert.equal(of({}), contexts.desktop.Host);
    assert.equal(of({ DOCKER_CONTEXT: "farm" }), `tcp://farm:2376?certificates=${tls}`);
    assert.equal(of({ DOCKER_CONTEXT: "farm", DOCKER_HOST: "tcp://other:2375" }), "tcp://other:2375");
  });

  it("is refused with the reason and the place where it can't be followed", () => {
    const config = configured(
      "odd",
      { currentContext: "gone" },
      {
        windows: { Host: "npipe:////./pipe/docker_engine" },
        blind: { Host: "tcp://b:1", SkipTLSVerify: true },
      },
    );
    const of = (env: Record<string, string>) => () => builderAddress({ DOCKER_CONFIG: config, ...env });
    assert.throws(
      of({}),
      /config\.json names the Docker context "gone", and there is none .* set DOCKER_HOST/,
    );
    assert.throws(of({ DOCKER_CONTEXT: "windows" }), /context "windows" \(DOCKER_CONTEXT\) has "npipe:/);
    assert.throws(of({ DOCKER_CONTEXT: "blind" }), /"blind" .* skips the check of certificates/);
    assert.throws(of({ DOCKER_HOST: "http://ann:hunter22@docker:2375" }), (error: Error) =>
      /^DOCKER_HOST is "http:\/\/docker:2375"/.test(error.message),
    );
    const broken = join(folder, "broken");
    mkdirSync(broken);
    writeFileSync(join(broken, "config.json"), '{"auths": {"r": "c2VjcmV0"');
    assert.throws(() => builderAddress({ DOCKER_CONFIG: broken }), /config\.json: it is not valid JSON$/);
  });

  it("is reached as GitLab's documented Docker-in-Docker is: by TLS, with the certificates of the job", async () => {
    const certificates = dockerCertificates(join(folder, "client"));
    const [ca, cert, key] = ["ca", "cert", "key"].map((name) =>
      readFileSync(join(certificates, `${name}.pem`)),
    );
    const calls: string[] = [];
    const server = createServer({ ca, cert, key, requestCert: true }, (request, response) => {
      calls.push(request.url!);
      response.end("[]");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const host = `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const job = { DOCKER_HOST: host, DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: certificates };
    await withVariables(job, async () => {
      assert.deepEqual(await dockerHost(builderAddress()).listContainers(), []);
      assert.deepEqual(builderArgs(), { host, certPath: certificates });
      assert.ok(isBuilder(`${host}?certificates=${certificates}`) && !isBuilder(host));
    });
    server.closeAllConnections();
    server.close();
    assert.deepEqual(calls, ["/containers/json"]);
  });

  it("is nobody's where it can't be told, and leaves the provider its own standard where nothing is said", async () => {
    await withVariables({ DOCKER_HOST: "http://x" }, async () => assert.equal(isBuilder("http://x"), false));
    const none = { DOCKER_HOST: undefined, DOCKER_CONTEXT: undefined, DOCKER_CONFIG: empty };
    await withVariables(none, async () => assert.deepEqual(builderArgs(), {}));
  });
});
