import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import https from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { stackContainers } from "../../../automation/services/stack-containers";
import { dockerHost, execIn, providerArgs } from "../../../components/docker/docker-host";
import { Connection } from "../../../sandbox/pulumi/src/providers/docker/connection";
import { dockerCertificates } from "../../support/docker/docker-certificates";
import { otherDocker, withVariables } from "../../support/docker/other-docker";
import { scriptedDocker } from "../../support/docker/scripted-docker";
import { freePort } from "../../support/free-port";

const script = {
  state: () => ({ Running: true }),
  exec: () => ({ exitCode: 7, output: "hello" }),
  containers: [{ Id: "1" }],
};

describe("a Docker host", () => {
  const folder = mkdtempSync(join(tmpdir(), "berth-docker-host-"));
  after(() => rmSync(folder, { recursive: true }));

  const failureOf = (address: string) =>
    dockerHost(address)
      .listContainers()
      .then(
        () => "no failure",
        (error: Error) => error.message,
      );

  it("that can't be reached: the error names the address and what to do", async () => {
    const port = await freePort();
    assert.match(
      await failureOf("unix:///nowhere.sock"),
      /^Docker at unix:\/\/\/nowhere\.sock: .*ENOENT.* \(there is no such socket; start Docker there, or correct `docker`/,
    );
    assert.match(
      await failureOf(`tcp://127.0.0.1:${port}`),
      /^Docker at tcp:\S+: .*ECONNREFUSED.* \(nothing listens/,
    );
    await assert.rejects(async () => dockerHost("http://x"), /expected unix:\/\/, tcp:\/\/ or ssh:\/\//);
  });

  it("keeps Docker's own errors as they are", async () => {
    const docker = await scriptedDocker({ ...script, state: () => undefined });
    const error = await dockerHost(docker.address)
      .getContainer("x")
      .inspect()
      .catch((failure: Error & { statusCode?: number }) => failure);
    docker.close();
    assert.equal((error as { statusCode?: number }).statusCode, 404);
    assert.match((error as Error).message, /^\(HTTP code 404\)/);
  });

  describe("is the one that its address names, whatever the environment says of Docker", () => {
    for (const [what, variables] of [
      ["another host", {}],
      [
        "another host, by TLS, and certificates that aren't there",
        { DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: "/nowhere" },
      ],
      [
        "a path before every call, and a short time",
        { DOCKER_PATH_PREFIX: "/elsewhere", DOCKER_CLIENT_TIMEOUT: "1" },
      ],
      ["what is no address", { DOCKER_HOST: "tcp://[" }],
    ] as const) {
      it(what, async () => {
        const [docker, named, other] = [
          await scriptedDocker(script),
          await otherDocker(),
          await otherDocker(),
        ];
        const ours = { DOCKER_HOST: other.address, ...variables };
        const [one, two] = await withVariables(ours, async () => [
          await dockerHost(docker.address).listContainers(),
          await dockerHost(named.address).listContainers(),
        ]);
        const after = Object.keys(ours).filter((name) => process.env[name] !== undefined);
        for (const one of [docker, named, other]) one.close();
        assert.deepEqual([one!.length, two!.length], [1, 0]);
        assert.deepEqual(named.calls, ["GET /containers/json"]);
        assert.deepEqual([other.calls, after], [[], []]);
      });
    }

    it("for a list of what runs there, too", async () => {
      const [docker, other] = [await scriptedDocker(script), await otherDocker()];
      await withVariables({ DOCKER_HOST: other.address }, async () => {
        const [answer] = await stackContainers({ owns: () => true }, [docker.address]);
        assert.deepEqual([answer!.containers.length, answer!.problem], [1, undefined]);
      });
      for (const one of [docker, other]) one.close();
      assert.deepEqual(other.calls, []);
    });
  });

  describe("behind ssh", () => {
    const path = process.env["PATH"];
    const bin = join(folder, "bin");
    after(() => {
      process.env["PATH"] = path;
    });

    /** In place of ssh: notes how it was called, and does what it would do at the other end. */
    function fakeSsh(text: string): void {
      mkdirSync(bin, { recursive: true });
      writeFileSync(join(bin, "ssh"), `#!/bin/sh\necho "$@" >> ${folder}/called\n${text}\n`);
      chmodSync(join(bin, "ssh"), 0o755);
      process.env["PATH"] = `${bin}${delimiter}${path}`;
    }

    it("is reached by the system's ssh, one connection for many calls", async () => {
      const docker = await scriptedDocker(script);
      const socket = docker.address.slice("unix://".length);
      const relay = `const s = require("net").connect("${socket}"); process.stdin.pipe(s).pipe(process.stdout)`;
      fakeSsh(`exec ${process.execPath} -e '${relay}'`);
      const client = dockerHost("ssh://deploy@web1.example.com:2222");
      assert.equal((await client.listContainers()).length, 1);
      assert.deepEqual(await execIn(client.getContainer("app"), ["true"]), { exitCode: 7, output: "hello" });
      await dockerHost("ssh://deploy@web1.example.com:2222").listContainers();
      docker.close();
      const calls = readFileSync(join(folder, "called"), "utf8").trim().split("\n");
      assert.deepEqual(calls, [
        "-o BatchMode=yes -o ConnectTimeout=20 -T -l deploy -p 2222 -- web1.example.com docker system dial-stdio",
      ]);
    });

    for (const [said, advice] of [
      ["Host key verification failed.", /its key isn't known; compare it and add it/],
      ["deploy@web: Permission denied (publickey).", /it takes none of our keys/],
      ["sh: 1: docker: command not found", /its user can't run docker/],
    ] as const) {
      it(`says what to do about "${said}"`, async () => {
        fakeSsh(`echo "${said}" >&2; exit 255`);
        const message = await failureOf("ssh://deploy@web2.example.com");
        assert.match(message, /^Docker at ssh:\/\/deploy@web2\.example\.com: ssh to /);
        assert.ok(message.includes(said));
        assert.match(message, advice);
      });
    }
  });

  describe("behind TLS", () => {
    it("takes certificates from a folder, and says which side refused", async () => {
      const [ours, others] = ["ours", "others"].map((name) => dockerCertificates(join(folder, name))) as [
        string,
        string,
      ];
      const read = (name: string) => readFileSync(join(ours, name));
      const only = { ca: read("ca.pem"), cert: read("cert.pem"), key: read("key.pem") };
      const server = https.createServer(
        { ...only, requestCert: true, rejectUnauthorized: true },
        (_, response) => response.end("[]"),
      );
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      const address = `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
      assert.deepEqual(await dockerHost(`${address}?certificates=${ours}`).listContainers(), []);
      const { host, certPath } = providerArgs(`${address}?certificates=${ours}`);
      const provider = new Connection({ host, certPath: certPath! });
      assert.deepEqual(await provider.docker.listContainers(), [], "the sandbox's provider gets there too");
      assert.match(await failureOf(`${address}?certificates=${others}`), /not of the authority in ca\.pem/);
      writeFileSync(join(others, "ca.pem"), read("ca.pem"));
      assert.match(await failureOf(`${address}?certificates=${others}`), /it doesn't take our cert\.pem/);
      server.closeAllConnections();
      server.close();
      assert.deepEqual(providerArgs(`${address}?certificates=${ours}`), { host: address, certPath: ours });
      assert.deepEqual(providerArgs(address), { host: address });
      assert.deepEqual(providerArgs("tcp://web"), { host: "tcp://web:2375" });
      assert.deepEqual(providerArgs("tcp://web?certificates=/c"), { host: "tcp://web:2376", certPath: "/c" });
      await assert.rejects(
        async () => dockerHost(`${address}?certificates=/nowhere`),
        /its certificates can't be read: ENOENT/,
      );
    });
  });
});
