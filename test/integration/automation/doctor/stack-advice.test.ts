import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { connect, createServer, type Server } from "node:net";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { scriptedDocker } from "../../../support/docker/scripted-docker";
import { freePort } from "../../../support/free-port";
import { scriptedNexus } from "../../../support/nexus/scripted-nexus";
import { fail as refuse, ScriptedRegistry } from "../../../support/registry/scripted-registry";
import { DoctorShell, pulumiStub } from "../../../support/stack/doctor-shell";

const version = { Version: "28.3.0", ApiVersion: "1.51", Os: "linux", Arch: "amd64" };
/** Written by `pulumi stack init` of 3.274.1 with the passphrase "correct-horse". */
const SALT = "v1:Gt2+3Fr7HR0=:v1:DmZHLrETVDBSRAPp:qWUxmkV1R9keVstPH3HByjiohPleKA==";

const encoded = (login: string) => Buffer.from(login).toString("base64");

/** One that takes pushes of one login alone. */
class RegistryOfWriter extends ScriptedRegistry {
  protected override async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { authorization } = request.headers;
    if (authorization === undefined)
      return void response.writeHead(401, { "www-authenticate": 'Basic realm="registry"' }).end();
    if (request.method === "POST" && authorization !== `Basic ${encoded("ann:write")}`)
      return refuse(response, 403, "DENIED", "requested access to the resource is denied");
    return super.serve(request, response);
  }
}

describe("doctor's advice about a stack, typed", () => {
  let shell: DoctorShell;
  let docker: Awaited<ReturnType<typeof scriptedDocker>>;
  before(async () => {
    shell = new DoctorShell();
    shell.program("pulumi", pulumiStub(shell.folder));
    docker = await scriptedDocker({
      state: () => undefined,
      exec: () => ({ exitCode: 1, output: "" }),
      version,
      get info() {
        return { Name: hostname(), DockerRootDir: tmpdir(), SystemTime: new Date().toISOString() };
      },
    });
    writeFileSync(join(shell.folder, "Pulumi.yaml"), "name: shop\nruntime: nodejs\n");
  });
  after(() => {
    docker.close();
    shell.remove();
  });

  const stackFile = (text: string) => writeFileSync(join(shell.folder, "Pulumi.dev.yaml"), text);
  const settings = (...lines: string[]) =>
    stackFile(["config:", ...lines, "  berth:apps: {}", ""].join("\n"));
  const env = (more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({
    PATH: process.env["PATH"],
    DOCKER_HOST: docker.address,
    PULUMI_CONFIG_PASSPHRASE: "x",
    ...more,
  });

  it("of settings with a mistake, which is their author's", async () => {
    settings("  berth:gitlab: { url: 1 }");
    writeFileSync(
      join(shell.folder, "right.yaml"),
      [
        "config:",
        '  berth:gitlab: { url: "http://127.0.0.1:9", registry: "127.0.0.1:9", project: team/blog }',
        `  berth:nexus: { docker: "${docker.address}", hostname: 127.0.0.1, eula: accepted }`,
        `  berth:servers: { web1: { docker: "${docker.address}", address: 127.0.0.1 } }`,
        "  berth:apps: {}",
        "",
      ].join("\n"),
    );
    shell.program("editor", `cp ${join(shell.folder, "right.yaml")} "$1"`);
    await shell.cures(
      { settings: { wrong: /berth:gitlab\.url: expected/ } },
      { cwd: shell.folder, env: env({ EDITOR: "editor" }) },
    );
  });

  it("of a file that is no YAML, which is told once", async () => {
    stackFile("{{{\n");
    const found = await shell.found({ cwd: shell.folder, env: env() });
    assert.match(found["settings"]!.text, /is not valid YAML/);
    assert.match(found["settings"]!.advice!, /^"\$\{EDITOR:-vi\}" \S+Pulumi\.dev\.yaml$/);
    assert.match(found["passphrase"]!.text, /^not looked at: \S+ has to be YAML first$/);
  });

  it("of settings for a Berth of the future: how to update this one, and nothing else about them", async () => {
    settings("  berth:minimumVersion: 99.1.0", "  berth:harbour: {}");
    const { settings: found } = await shell.found({ cwd: shell.folder, env: env() });
    assert.match(found!.text, /these settings are for Berth 99\.1\.0 or newer/);
    assert.doesNotMatch(found!.text, /harbour/);
    // Typed it would change this checkout.
    assert.equal(found!.advice, `cd ${process.cwd()} && git pull && npm ci`);
  });

  it("of a passphrase that isn't there, and of one in a file that isn't", async () => {
    stackFile(`encryptionsalt: ${SALT}\nconfig: {}\n`);
    const ills = [
      [{}, /^neither PULUMI_CONFIG_PASSPHRASE nor PULUMI_CONFIG_PASSPHRASE_FILE is set, and/],
      [{ PULUMI_CONFIG_PASSPHRASE_FILE: "/nowhere/passphrase" }, /names a file that can't be read: ENOENT/],
    ] as const;
    const { PULUMI_CONFIG_PASSPHRASE: _, ...none } = env();
    for (const [more, wrong] of ills)
      await shell.cures(
        { passphrase: { wrong } },
        { cwd: shell.folder, env: { ...none, ...more }, input: "correct-horse\n" },
      );
  });

  it("of a builder that the environment names in a way that nobody can follow", async () => {
    settings();
    const socket = docker.address.slice("unix://".length);
    // The machine's own Docker is whatever this machine has.
    const found = await shell.found({ cwd: shell.folder, env: env({ DOCKER_HOST: `htp://${socket}` }) });
    assert.match(found["Docker"]!.text, /DOCKER_HOST is "htp:.*Berth builds on unix:/);
    const after = await shell.found({
      cwd: shell.folder,
      env: env({ DOCKER_HOST: `htp://${socket}` }),
      lines: found["Docker"]!.advice!,
    });
    assert.equal(after["Docker"], undefined);
    assert.ok(after["Docker of builder"]);
  });

  it("of a Docker behind TCP that is stopped", async () => {
    const port = await freePort();
    const started: Server = createServer((asked) => {
      const answer = connect(docker.address.slice("unix://".length));
      asked.pipe(answer).pipe(asked);
      for (const end of [asked, answer]) end.on("error", () => undefined);
    });
    process.once("SIGUSR2", () => started.listen(port, "127.0.0.1"));
    // There is no ssh server and no systemd here.
    shell.program(
      "ssh",
      `[ "$*" = "127.0.0.1 sudo systemctl start docker" ] && kill -USR2 ${process.pid} && sleep 0.5`,
    );
    settings(`  berth:servers: { web1: { docker: "tcp://127.0.0.1:${port}", address: 127.0.0.1 } }`);
    try {
      await shell.cures(
        { "Docker of web1": { wrong: /ECONNREFUSED .*nothing listens there; start Docker/ } },
        { cwd: shell.folder, env: env() },
      );
    } finally {
      started.close();
    }
  });

  it("of a Nexus that isn't where the settings have it", async () => {
    const nexus = await scriptedNexus(() => ({
      status: 200,
      headers: { server: "Nexus/3.94.0-01 (COMMUNITY)" },
    }));
    const away = `http://127.0.0.1:${await freePort()}`;
    settings(`  berth:nexus: { url: "${away}", username: admin, password: adminadmin }`);
    const beside = `sed -i 's,${away},${nexus.url},' ${join(shell.folder, "Pulumi.dev.yaml")}`;
    try {
      await shell.cures(
        { Nexus: { wrong: /not reached from here: nothing listens there \(ECONNREFUSED\)$/, beside } },
        { cwd: shell.folder, env: env() },
      );
    } finally {
      nexus.close();
    }
  });

  it("of a login that GitLab's registry lets pull and not push", async () => {
    const registry = await new RegistryOfWriter().start();
    const config = join(shell.folder, ".docker", "config.json");
    mkdirSync(join(config, ".."));
    writeFileSync(config, JSON.stringify({ auths: { [registry.host]: { auth: encoded("ann:read") } } }));
    // Docker's own asks on a terminal, and needs a daemon to log in by.
    shell.program(
      "docker",
      `[ "$*" = "login ${registry.host}" ] && read -r user && read -r password &&
printf '{"auths":{"${registry.host}":{"auth":"%s"}}}' "$(printf %s "$user:$password" | base64)" >${config}`,
    );
    stackFile(
      [
        "config:",
        `  berth:gitlab: { url: "http://127.0.0.1:9", registry: "${registry.host}", project: team/blog }`,
        `  berth:nexus: { docker: "${docker.address}", hostname: 127.0.0.1, eula: accepted }`,
        `  berth:servers: { web1: { docker: "${docker.address}", address: 127.0.0.1 } }`,
        "  berth:apps: { blog: { build: { context: . }, port: 80, publish: 8080, servers: [web1] } }",
        "",
      ].join("\n"),
    );
    try {
      await shell.cures(
        { "GitLab's registry": { wrong: /^a push to \S+\/team\/blog\/blog failed: .*denied/s } },
        { cwd: shell.folder, env: env(), input: "ann\nwrite\n" },
      );
    } finally {
      await registry.stop();
    }
  });

  it("without a network: whose name nobody can look up isn't asked, and all is told within its limits", async function () {
    if (process.getuid?.() !== 0) this.skip();
    settings(
      '  berth:nexus: { url: "https://nexus.berth.invalid", username: admin, password: adminadmin }',
      '  berth:gitlab: { url: "https://gitlab.berth.invalid", registry: gitlab.berth.invalid, project: team/blog }',
      '  berth:servers: { web1: { docker: "tcp://10.9.9.9:2376", address: 10.9.9.9 } }',
    );
    // A name server that this machine would have to be in a network for.
    const resolv = join(shell.folder, "resolv.conf");
    writeFileSync(resolv, "nameserver 192.0.2.1\noptions timeout:1 attempts:1\n");
    const alone = `mount --bind ${resolv} /etc/resolv.conf && exec "$@"`;
    const found = await shell.found({
      cwd: shell.folder,
      env: env(),
      under: ["unshare", "--net", "--mount", "sh", "-c", alone, "sh"],
    });
    for (const host of ["gitlab", "nexus"]) {
      const { state, text, advice } = found[`name ${host}.berth.invalid`]!;
      assert.deepEqual([state, /: no name server answers \(EAI_AGAIN\)$/.test(text)], ["fail", true], text);
      assert.match(advice!, /^cat \/etc\/resolv\.conf # .*is there a network/);
      assert.equal(
        found[`certificate of ${host}.berth.invalid`]!.text,
        `not looked at: "name ${host}.berth.invalid" has to be right first`,
      );
    }
    assert.match(found["GitLab"]!.text, /^not looked at: "name gitlab/);
    assert.match(found["Nexus"]!.text, /^not looked at: "name nexus/);
    assert.equal(found["Docker of web1"]!.advice, "ping -c 3 10.9.9.9");
    assert.equal(found["Docker of builder"]!.state, "ok", "what is here is looked at all the same");
  });
});
