import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { Connection } from "../../pulumi/src/providers/docker/connection";

describe("the docker provider's connection", () => {
  const folder = mkdtempSync(join(tmpdir(), "berth-connection-"));
  const socket = join(folder, "docker.sock");
  const kept = { ...process.env };
  let server: Server;

  before(async () => {
    server = createServer((request, response) => response.end(JSON.stringify([{ Id: request.url }])));
    await new Promise<void>((resolve) => server.listen(socket, resolve));
  });
  afterEach(() => {
    for (const name of ["PATH", "DOCKER_HOST", "DOCKER_CERT_PATH", "DOCKER_SSH_OPTS"]) {
      if (kept[name] === undefined) delete process.env[name];
      else process.env[name] = kept[name];
    }
  });
  after(() => {
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true });
  });

  /** In place of ssh: notes how it was called, and does what it would do at the other end. */
  function ssh(script: string): void {
    writeFileSync(join(folder, "ssh"), `#!/bin/sh\necho "$@" > ${folder}/called\n${script}\n`);
    chmodSync(join(folder, "ssh"), 0o755);
    process.env["PATH"] = `${folder}${delimiter}${kept["PATH"]}`;
  }
  const relay = `const s = require("net").connect("${socket}"); process.stdin.pipe(s).pipe(process.stdout)`;
  const called = () => readFileSync(join(folder, "called"), "utf8").trim();

  it("goes to the host that it is given, whatever the environment says", async () => {
    process.env["DOCKER_HOST"] = "tcp://127.0.0.1:1";
    const { docker } = new Connection({ host: `unix://${socket}` });
    assert.match((await docker.listContainers())[0]!.Id, /containers\/json/);
  });

  it("goes where the environment says without one", () => {
    process.env["DOCKER_HOST"] = "tcp://127.0.0.1:1";
    assert.equal(new Connection({}).host, "tcp://127.0.0.1:1");
  });

  it("speaks TLS wherever the environment names certificates, as the plugin does, also to a socket that knows none", async () => {
    process.env["DOCKER_CERT_PATH"] = folder;
    assert.throws(() => new Connection({ host: `unix://${socket}` }).docker, /ca\.pem/);
  });

  it("goes through the system's ssh to ssh://, called as Docker's own client calls it", async () => {
    ssh(`exec ${process.execPath} -e '${relay}'`);
    const host = "ssh://deploy@web1.example.com:2222/run/other.sock";
    const { docker } = new Connection({ host, sshOpts: '["-i", "/key"]' });
    assert.equal((await docker.listContainers()).length, 1);
    assert.equal((await docker.listNetworks()).length, 1);
    assert.equal(
      called(),
      "-i /key -l deploy -p 2222 -o ConnectTimeout=30 -T -- web1.example.com docker --host unix:///run/other.sock system dial-stdio",
    );
  });

  it("says what ssh said where that fails", async () => {
    ssh('echo "Host key verification failed." >&2; exit 255');
    const connection = new Connection({ host: "ssh://web2.example.com" });
    await assert.rejects(
      connection.attempt("Unable to list", () => connection.docker.listContainers()),
      /^Error: Unable to list: ssh to ssh:\/\/web2\.example\.com ended with 255: Host key verification failed\./,
    );
  });
});
