import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { objectOf } from "../../../components/values/json-object";
import { defaultPlaces } from "../../../sandbox/lib/places";
import { SmallDocker } from "../../support/docker/small-docker";
import { DoctorShell } from "../../support/stack/doctor-shell";
import { needsDocker } from "../../support/stack/own-sandbox";
import { ProjectCopy } from "../../support/stack/project-copy";
import { root, run, SERVER, sandboxEnv } from "../../support/stack/sandbox";
import { pulumiEnvironment } from "../../support/stack/sandbox-pulumi";

/** The real things made wrong, and doctor's advice typed as it is printed. */
describe("doctor's advice, typed in the sandbox", function () {
  this.timeout(600_000);
  let project: ProjectCopy;
  let shell: DoctorShell;
  let env: NodeJS.ProcessEnv;
  let stackFile: string;
  let apps: string;
  let administrator: { readonly username: string; readonly password: string };

  before(async function () {
    await needsDocker(this);
    const up = await run([process.execPath, join(root, "sandbox", "main.cjs"), "up"]);
    assert.equal(up.code, 0, up.stderr);
    project = new ProjectCopy();
    stackFile = readFileSync(join(project.project, "Pulumi.dev.yaml"), "utf8");
    apps = APPS.exec(stackFile)![0];
    shell = new DoctorShell(join(project.project, "automation", "berth.cjs"));
    env = {
      ...pulumiEnvironment(join(shell.folder, "pulumi")),
      PULUMI_BACKEND_URL: `file://${join(project.directory, "state")}`,
      PULUMI_CONFIG_PASSPHRASE: project.passphrase,
    };
  });

  after(async () => {
    if (!project) return;
    const destroyed = await project.berth(["destroy", "dev", "--yes"]);
    project.remove();
    shell.remove();
    assert.equal(destroyed.code, 0, destroyed.stderr);
  });

  it("of a Pulumi CLI that knows no backend, then one that isn't there", async () => {
    const { PULUMI_BACKEND_URL: _, ...none } = env;
    const cwd = project.project;
    await shell.cures(
      { "state backend": { wrong: /^the Pulumi CLI is logged in nowhere \(/ } },
      { cwd, env: none },
    );
    const nowhere = { ...env, PULUMI_BACKEND_URL: `file://${join(shell.folder, "nowhere")}` };
    await shell.cures(
      { "state backend": { wrong: /^there is no folder \S+ for states$/ } },
      { cwd, env: nowhere },
    );
  });

  it("of a Docker that is stopped, that takes no plain http, and whose disk is full", async () => {
    const small = new SmallDocker(8e9);
    try {
      shell.program("systemctl", small.systemctl);
      const settings = withoutApps(stackFile)
        .replace("hostname: 127.0.0.1", "hostname: 10.99.0.1")
        .replace(SERVER, small.address);
      writeFileSync(join(project.project, "Pulumi.small.yaml"), settings);
      const typed = { cwd: project.project, env, stack: "small" };
      const started = small.onceAsked();
      await shell.cures({ "Docker of main": { wrong: /no such socket|ENOENT/ } }, typed);
      await started;
      const registries = '["10.99.0.1:8082", "10.99.0.1:8083"]';
      await small.loadOld("old:1", 60e6);
      small.fill("full", 5e9 - 20e6);
      small.fill("more", 1e9 - 1e6);
      const full = await shell.found(typed);
      assert.match(full["Docker of main: disk"]!.text, /no image fits any more$/);
      assert.equal(full["Docker of main: disk"]!.state, "fail");
      small.empty("more");
      shell.program("docker", `exec ${where("docker")} -H ${small.address} "$@"`);
      await shell.cures(
        {
          "Docker of main: plain http": {
            wrong: /would not pull from 10\.99\.0\.1:8082 .*"insecure-registries"/,
            before: `echo '{ "insecure-registries": ${registries} }' >${small.settings}`,
          },
          "Docker of main: disk": { state: "warn", wrong: /^(4\.\d|5\.0) GB free of/ },
        },
        { ...typed, input: "y\ny\n" },
      );
    } finally {
      execFileSync("rm", ["-f", join(shell.folder, "bin", "docker")]);
      await small.remove();
    }
  });

  it("of a Nexus that somebody froze, which a person has to release", async () => {
    project.edit("Pulumi.dev.yaml", withoutApps);
    const up = await project.berth(["up", "dev", "--json"]);
    assert.equal(up.code, 0, up.stderr);
    const told = await project.berth(["outputs", "dev", "--show-secrets", "--json"]);
    administrator = JSON.parse(told.stdout).accounts.admin;
    await nexus("POST", "read-only/freeze", {});
    const frozen = await shell.found({ cwd: project.project, env });
    assert.equal(frozen["Nexus"]!.state, "fail");
    assert.match(frozen["Nexus"]!.advice!, /Disable read-only mode$/);
    await nexus("POST", "read-only/release", {}); // what that page does
  });

  it("of a lock that is left, a port that somebody has, and no login at GitLab's registry", async () => {
    // With an app that isn't deployed yet, and is to be built here.
    project.edit("Pulumi.dev.yaml", (text) => text.replace(NO_APPS, apps.replace("8080", "8099")));
    const locks = join(project.directory, "state", ".pulumi", "locks", "organization", "berth", "dev");
    mkdirSync(locks, { recursive: true });
    const holder = {
      pid: 99_999_999,
      username: "ann",
      hostname: hostname(),
      timestamp: "2026-11-30T08:00:00Z",
    };
    writeFileSync(join(locks, "5e1f0000-0000-4000-8000-000000000000.json"), JSON.stringify(holder));
    execFileSync("sh", ["-c", `docker save berth-sandbox/caddy:2 | docker -H ${SERVER} load --quiet`]); // can look at ports
    const inServer = ["ip", "netns", "exec", defaultPlaces.server.namespace];
    const holds = [process.execPath, "-e", "require('net').createServer().listen(8099)"];
    const thief = spawn(inServer[0]!, [...inServer.slice(1), ...holds], { stdio: "ignore" });
    const ports = join(shell.folder, "ports");
    shell.program("ss", `${inServer.join(" ")} ${where("ss")} "$@" | tee ${ports}`);
    // As a person types it: docker asks for a login on a terminal alone.
    shell.program("docker", `exec script -qec "${where("docker")} $*" /dev/null`);
    const { CI_REGISTRY_USER: user, CI_REGISTRY_PASSWORD: password } = sandboxEnv();
    try {
      await shell.cures(
        {
          lock: { state: "warn", wrong: /^ann@.*there is no such process here any more$/ },
          "Docker of main: ports": {
            wrong: /^port 8099 of \S+ is taken by another process/,
            beside: `kill $(grep -o 'pid=[0-9]*' ${ports} | cut -d= -f2)`,
          },
          "GitLab's registry": { state: "warn", wrong: /^there is no login for 127\.0\.0\.1:5050 here/ },
        },
        { cwd: project.project, env, input: `${user}\n${password}\n` },
      );
    } finally {
      thief.kill();
      project.edit("Pulumi.dev.yaml", withoutApps);
    }
  });

  it("of a password, a role and a quota that somebody changed in Nexus", async () => {
    await nexus("PUT", "security/users/puller/change-password", "by hand");
    const role = await (await nexus("GET", "security/roles/berth-puller")).json();
    await nexus("PUT", "security/roles/berth-puller", { ...objectOf(role), privileges: [] });
    const softQuota = { type: "spaceRemainingQuota", limit: 1e15 };
    await nexus("PUT", "blobstores/file/docker", { path: "docker", softQuota });
    // No cleanup frees a petabyte: besides what is advised, somebody raises the limit. The settings have none.
    const login = join(shell.folder, "login");
    const { username, password } = administrator;
    writeFileSync(login, `user = "${username}:${password}"\n`, { mode: 0o600 });
    const store = `http://127.0.0.1:${defaultPlaces.ports.nexus}/service/rest/v1/blobstores/file/docker`;
    const withoutQuota = `curl -sSf -K ${login} -X PUT --json '{"path":"docker","softQuota":null}' ${store}`;
    await shell.cures(
      {
        "Docker of main: logins": { wrong: /doesn't let it in as puller: .*(401|unauthorized|denied)/i },
        "Nexus: blob store docker": { state: "warn", wrong: /^over its quota: /, beside: withoutQuota },
        "Nexus's registry": { wrong: /^a pull from 127\.0\.0\.1:8082\/\S+ failed: / },
      },
      { cwd: project.project, env },
    );
  });

  function nexus(method: string, path: string, body?: string | object): Promise<Response> {
    const { username, password } = administrator;
    const headers = {
      authorization: `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`,
      "content-type": typeof body === "string" ? "text/plain" : "application/json",
    };
    const url = `http://127.0.0.1:${defaultPlaces.ports.nexus}/service/rest/v1/${path}`;
    const text = typeof body === "string" ? body : JSON.stringify(body);
    return fetch(url, { method, headers, ...(body !== undefined && { body: text }) }).then((answer) => {
      assert.ok(answer.ok, `${method} ${path}: ${answer.status}`);
      return answer;
    });
  }
});

const NO_APPS = "  berth:apps: {}\n";
const APPS = / {2}berth:apps:\n( {4}.*\n)*/;
const withoutApps = (text: string) => text.replace(APPS, NO_APPS);
const where = (program: string) => execFileSync("which", [program], { encoding: "utf8" }).trim();
