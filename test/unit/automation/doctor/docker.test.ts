import assert from "node:assert/strict";
import { hostname, tmpdir } from "node:os";
import { dockerAdvice } from "../../../../automation/doctor/docker-advice";
import {
  clockFinding,
  hostChecks,
  hostsOf,
  platformFinding,
  spaceFinding,
} from "../../../../automation/doctor/docker-hosts";
import { daemonLogin, hostRegistryChecks, portsOf } from "../../../../automation/doctor/docker-registries";
import type { Finding } from "../../../../automation/doctor/finding";
import { runChecks } from "../../../../automation/doctor/run-checks";
import type { Subject } from "../../../../automation/doctor/subject";
import type { ThisMachine } from "../../../../automation/doctor/this-machine";
import { StackState } from "../../../../automation/engine/stack-state";
import { parseSettings, type Settings } from "../../../../components/settings/settings";
import { type DockerScript, scriptedDocker } from "../../../support/docker/scripted-docker";
import { inEnvironment } from "../../../support/stack/in-environment";

/** Somebody's machine with Debian. */
const debian: ThisMachine = {
  platform: "linux",
  isRoot: false,
  isJob: false,
  hasNvm: false,
  has: (program) => ["apt-get", "systemctl"].includes(program),
};
const never: DockerScript = { state: () => undefined, exec: () => ({ exitCode: 1, output: "" }) };
const version = { Version: "20.10.24", ApiVersion: "1.41", Os: "linux", Arch: "amd64" };
/** The time is that of the answer. */
const info = () => ({
  Name: hostname(),
  DockerRootDir: tmpdir(),
  get SystemTime() {
    return new Date().toISOString();
  },
});

const settings = (nexus: object, docker: string): Settings =>
  parseSettings({
    nexus: { eula: "accepted", docker, ...nexus },
    gitlab: { url: "https://gitlab.test", registry: "registry.test", project: "team/blog" },
    servers: { web1: { docker, address: "web1.test" } },
    apps: {
      blog: {
        release: { tag: "1", digest: `sha256:${"1".repeat(64)}` },
        port: 80,
        publish: 9080,
        servers: ["web1"],
      },
    },
  });

function subjectFor(known: Settings, accounts: object = {}): Subject {
  return {
    stack: "dev",
    root: undefined,
    file: undefined,
    settings: known,
    finding: { what: "settings", state: "ok", text: "" },
    state: async () => new StackState({ resources: [{ urn: "urn::a", type: "x" }] }),
    outputs: async () => ({ accounts: accounts as never }),
  };
}

/** What a look at a Docker of this script finds, by the end of each name. */
async function lookAt(script: Partial<DockerScript>, builder?: string): Promise<Record<string, Finding>> {
  const docker = await scriptedDocker({ ...never, version, info: info(), ...script });
  try {
    const host = { address: docker.address, roles: ["web1"] };
    const found = await runChecks(
      hostChecks(
        host,
        async () => "id",
        async () => builder,
      ),
    );
    return Object.fromEntries(
      found.map((one) => [one.what.replace("Docker of web1", "").replace(": ", ""), one]),
    );
  } finally {
    docker.close();
  }
}

describe("doctor on a Docker", () => {
  it("is ok where it is there, new enough, on time, with space, of the builder's platform", async () => {
    const { "": host, disk, clock, platform } = await lookAt({}, "linux/amd64");
    assert.match(host!.text, /20\.10\.24, API 1\.41$/);
    assert.match(disk!.text, /free of/);
    assert.deepEqual([host!.state, clock!.state, platform!.state], ["ok", "ok", "ok"]);
  });

  it("fails for one that is too old, and looks at nothing more there", async () => {
    const found = await lookAt({ version: { ...version, Version: "19.03.1", ApiVersion: "1.40" } });
    assert.match(found[""]!.text, /API 1\.40, and Berth needs API 1\.41 or newer/);
    assert.deepEqual(
      ["disk", "clock", "platform"].map((name) => found[name]!.text),
      Array(3).fill('not looked at: "Docker of web1" has to be right first'),
    );
  });

  it("fails for one that isn't there, with what starts it", async () => {
    const { CI } = process.env;
    delete process.env["CI"]; // a job has other advice
    const host = { address: "unix:///nowhere/docker.sock", roles: ["builder"] };
    const [found] = await runChecks(
      hostChecks(
        host,
        async () => "id",
        async () => undefined,
      ),
    );
    if (CI !== undefined) process.env["CI"] = CI;
    assert.deepEqual([found!.state, found!.what], ["fail", "Docker of builder"]);
    assert.match(found!.text, /^Docker at unix:\/\/\/nowhere\/docker\.sock: .*ENOENT/);
    assert.match(found!.advice!, /(systemctl|service) .*docker/);
  });

  it("has a command for each way in which one can't be reached, on the machine that it is for", () => {
    const cases = [
      [
        "connect EACCES /var/run/docker.sock",
        "unix:///var/run/docker.sock",
        'sudo usermod -aG docker "$(id -un)" # then log in anew',
      ],
      [
        "ssh ended: Host key verification failed.",
        "ssh://deploy@web1.test",
        "mkdir -p ~/.ssh && ssh-keyscan web1.test >> ~/.ssh/known_hosts # compare the key with the machine's own",
      ],
      [
        "ssh ended: Host key verification failed.",
        "ssh://deploy@web1.test:2222",
        "mkdir -p ~/.ssh && ssh-keyscan -p 2222 web1.test >> ~/.ssh/known_hosts # compare the key with the machine's own",
      ],
      [
        "WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! … Host key verification failed.",
        "ssh://deploy@web1.test:2222",
        "ssh-keygen -R '[web1.test]:2222' && ssh-keyscan -p 2222 web1.test >> ~/.ssh/known_hosts # only if you know why: compare the key with the machine's own",
      ],
      [
        "ssh to ssh://web1.test could not be started: spawn ssh ENOENT",
        "ssh://web1.test",
        "sudo apt-get update && sudo apt-get install -y openssh-client",
      ],
      [
        "ssh: connect to host web1.test port 2222: Connection refused",
        "ssh://deploy@web1.test:2222",
        "ssh -p 2222 deploy@web1.test # on that machine its ssh server has to run; or the address has another port",
      ],
      [
        "ssh: connect to host web1.test port 22: No route to host",
        "ssh://deploy@web1.test",
        "ping -c 3 web1.test",
      ],
      [
        "connect ENOENT /var/run/docker.sock",
        "unix:///var/run/docker.sock",
        "sudo systemctl start docker # where there is none: sudo apt-get update && sudo apt-get install -y docker.io",
      ],
      [
        "Permission denied (publickey)",
        "ssh://deploy@web1.test:2222",
        "ssh-copy-id -p 2222 deploy@web1.test",
      ],
      [
        "bash: line 1: docker: command not found",
        "ssh://deploy@web1.test",
        "ssh deploy@web1.test sudo apt-get install -y docker.io",
      ],
      [
        "sh: 1: docker: not found (its user can't run docker)",
        "ssh://deploy@web1.test",
        "ssh deploy@web1.test sudo apt-get install -y docker.io",
      ],
      [
        "permission denied while trying to connect to the Docker daemon socket",
        "ssh://deploy@web1.test",
        // In quotes: it is the name there that counts.
        `ssh deploy@web1.test 'sudo usermod -aG docker "$USER"'`,
      ],
      [
        "connect ECONNREFUSED 10.0.0.1:2376",
        "tcp://10.0.0.1:2376",
        "ssh 10.0.0.1 sudo systemctl start docker",
      ],
      [
        "getaddrinfo ENOTFOUND web9.test",
        "tcp://web9.test:2376",
        "getent hosts web9.test # it has to be in DNS, or in /etc/hosts",
      ],
    ] as const;
    for (const [said, address, advice] of cases) assert.equal(dockerAdvice(said, address, debian), advice);
    assert.equal(dockerAdvice("something new", "unix:///x", debian), undefined);
    assert.equal(
      dockerAdvice("connect ENOENT /var/run/docker.sock", "unix:///x", { ...debian, isJob: true }),
      "Give the job a Docker: the runner's socket as a volume, or DOCKER_HOST (docs/gitlab.md, The runner)",
    );
  });

  it("warns of a disk that fills up, and fails for one that is full", () => {
    const states = [20e9, 3e9, 0.5e9].map((free) => spaceFinding("disk", free, "of 40.0 GB").state);
    assert.deepEqual(states, ["ok", "warn", "fail"]);
    const full = spaceFinding("disk", 0.5e9, "of 40.0 GB (/var/lib/docker)");
    assert.equal(full.text, "500.0 MB free of 40.0 GB (/var/lib/docker): no image fits any more");
    assert.match(full.advice!, /docker image prune/);
  });

  it("tells how much a clock is off, to which side, and when that breaks things", async () => {
    assert.equal(clockFinding("clock", -3_000).state, "ok");
    const slow = clockFinding("clock", 12_000);
    assert.deepEqual([slow.state, slow.text], ["warn", "12 s ahead of this machine's clock"]);
    const SystemTime = new Date(Date.now() - 3_600_000).toISOString();
    const { clock } = await lookAt({ info: { ...info(), SystemTime } });
    assert.equal(clock!.state, "fail");
    assert.match(clock!.text, /^3\d{3} s behind this machine's clock: certificates and tokens/);
    assert.match(clock!.advice!, /^sudo timedatectl/);
  });

  it("warns where the builder is of another platform, and fails where containers aren't Linux's", () => {
    const arm = platformFinding(
      "platform",
      { Os: "linux", Arch: "arm64" },
      { roles: ["web1"] },
      "linux/amd64",
    );
    assert.deepEqual([arm.state, /the builder is linux\/amd64/.test(arm.text)], ["warn", true]);
    assert.match(arm.advice!, /--install arm64/);
    assert.equal(
      platformFinding("platform", { Os: "windows", Arch: "amd64" }, { roles: ["web1"] }, undefined).state,
      "fail",
    );
  });

  it("looks at each Docker once, whatever it is used for", async () => {
    const known = settings({ hostname: "127.0.0.1" }, "unix:///var/run/docker.sock");
    assert.deepEqual(hostsOf(known), [{ address: "unix:///var/run/docker.sock", roles: ["Nexus", "web1"] }]);
    await inEnvironment({ DOCKER_HOST: "unix:///run/docker.sock" }, async () => {
      const building = { ...known, apps: undefined } as never;
      assert.deepEqual(
        hostsOf(building)[0]!.roles,
        ["builder", "Nexus", "web1"],
        "the same socket by its other name",
      );
    });
  });
});

describe("doctor on what a Docker says of registries", () => {
  const login = { username: "puller", password: "secret-of-puller" };

  it("has it log in itself, and tells what came back with what helps", async () => {
    const cases = [
      [
        "Get https://n:1/v2/: x509: certificate signed by unknown authority",
        /^berth up dev .*certs\.d\/nexus\.test:8082/,
      ],
      [
        "http: server gave HTTP response to HTTPS client",
        /^sudo systemctl reload docker # .*"nexus\.test:8082" is in the "insecure-registries"/,
      ],
      ["dial tcp: lookup nexus.test: no such host", /^getent hosts nexus\.test # on that machine/],
      ["login attempt failed with status: 401 Unauthorized", /^berth up dev # puts the account right/],
    ] as const;
    for (const [refusal, advice] of cases) {
      const docker = await scriptedDocker({ ...never, auth: () => refusal });
      const wish = {
        what: "logins",
        docker: docker.address,
        registry: "nexus.test:8082",
        login,
        stack: "dev",
      };
      const found = await daemonLogin(wish);
      docker.close();
      assert.equal(found.state, "fail");
      assert.match(found.text, /^nexus\.test:8082 doesn't let it in as puller: /);
      assert.match(found.advice!, advice);
    }
  });

  it("asks it as the account that it pulls with, for each registry that it pulls from", async () => {
    const asked: object[] = [];
    const docker = await scriptedDocker({
      ...never,
      auth: (given) => {
        asked.push(given);
        return undefined;
      },
    });
    const subject = subjectFor(settings({ hostname: "127.0.0.1" }, docker.address), { puller: login });
    const checks = hostRegistryChecks(
      { address: docker.address, roles: ["Nexus", "web1"] },
      subject,
      async () => "id",
    );
    const found = await runChecks(checks.filter(({ name }) => name.endsWith("logins")));
    docker.close();
    assert.deepEqual(asked, [
      { ...login, serveraddress: "127.0.0.1:8082" },
      { ...login, serveraddress: "127.0.0.1:8083" },
    ]);
    assert.deepEqual(
      found.map(({ state }) => state),
      ["ok", "ok"],
    );
  });

  it("fails where it wouldn't pull in plain http, with its daemon.json", async () => {
    const docker = await scriptedDocker({ ...never, info: { ...info(), RegistryConfig: {} } });
    const subject = subjectFor(settings({ hostname: "10.1.2.3" }, docker.address));
    const checks = hostRegistryChecks(
      { address: docker.address, roles: ["web1"] },
      subject,
      async () => "id",
    );
    const [found] = await runChecks(checks.filter(({ name }) => name.endsWith("plain http")));
    docker.close();
    assert.equal(found!.state, "fail");
    assert.match(found!.text, /would not pull from 10\.1\.2\.3:8082 and 10\.1\.2\.3:8083 in plain http/);
    assert.match(found!.advice!, /systemctl reload docker/);
  });

  it("fails where somebody else has a port of the settings, and not where the stack has it itself", async () => {
    const found = async (Labels: object) => {
      const Ports = [{ Type: "tcp", PublicPort: 9080, IP: "0.0.0.0" }];
      const holder = { Id: "1", Names: ["/other"], Image: "shop:1", Labels, Ports };
      const docker = await scriptedDocker({ ...never, containers: [holder] });
      const host = { address: docker.address, roles: ["web1"] };
      const subject = subjectFor(settings({ hostname: "127.0.0.1" }, docker.address));
      const checks = hostRegistryChecks(host, subject, async () => "id");
      const [one] = await runChecks(checks.filter(({ name }) => name.endsWith("ports")));
      docker.close();
      return one!;
    };
    const taken = await found({ "berth.id": "another" });
    assert.equal(taken.state, "fail");
    assert.match(
      taken.text,
      /^port 9080 of .* is taken by container other \(shop:1\); choose another in berth:servers\.web1/,
    );
    assert.equal(taken.advice, "sudo ss -ltnp 'sport = :9080' # on that machine: who has it");
    assert.deepEqual(await found({ "berth.id": "id" }), {
      what: "Docker of web1: ports",
      state: "ok",
      text: "9080: free, or this stack's own",
    });
  });

  it("knows which ports are of which host", () => {
    const subject = subjectFor(settings({ hostname: "127.0.0.1" }, "unix:///x"));
    const of = (...roles: string[]) =>
      portsOf({ roles }, subject).map(({ settings: chosen, ports }) => [chosen, ports]);
    assert.deepEqual(of("web1"), [["servers.web1", [9080]]]);
    assert.deepEqual(of("Nexus"), [["nexus", [8081, 8082, 8084, 8083]]]);
    assert.deepEqual(of("builder"), []);
  });
});
