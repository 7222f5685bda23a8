import { execFileSync } from "node:child_process";
import { chownSync, cpSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { scriptedDocker } from "../../../support/docker/scripted-docker";
import { GitlabWeb } from "../../../support/gitlab-web";
import { Authority, type Issued } from "../../../support/http/authority";
import { DoctorShell } from "../../../support/stack/doctor-shell";

/** What there is of Pulumi's CLI: plugins and states are files of the shell's folder. */
const PULUMI = (folder: string) => `case "$*" in
version) echo v3.274.1;;
"plugin install resource "*) echo "{\\"kind\\":\\"resource\\",\\"name\\":\\"$4\\",\\"version\\":\\"$5\\"}," >>${folder}/plugins;;
"plugin ls"*) echo "[$(cat ${folder}/plugins 2>/dev/null) {}]";;
whoami*)
  [ -d ${folder}/states ] && echo '{"url":"file://${folder}/states"}' && exit 0
  echo 'error: unable to open state directory "file://${folder}/states": stat ${folder}/states: no such file or directory' >&2; exit 255;;
stack*) echo "error: no stack named 'dev' found" >&2; exit 255;;
*) echo "not in the script: $*" >&2; exit 1;;
esac`;

const never = { state: () => undefined, exec: () => ({ exitCode: 1, output: "" }) };

/** What can't be made wrong, or right, without the internet or systemd is a stub that does what it stands for. */
describe("doctor's advice, typed", () => {
  let shell: DoctorShell;
  let web: GitlabWeb;
  let authority: Authority;
  let server: Server;
  let shown: Issued;
  const dockers: { readonly address: string; close(): void }[] = [];
  before(async () => {
    shell = new DoctorShell();
    web = await new GitlabWeb().start();
    authority = new Authority();
    shown = authority.issue(["127.0.0.1"], 25);
    server = createServer(
      { cert: readFileSync(shown.certificate), key: readFileSync(shown.key) },
      (_, answer) => answer.writeHead(404).end(),
    );
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const at = (name: string) => join(shell.folder, name);
    const version = () => ({
      Version: "20.10.24",
      ApiVersion: existsSync(at("upgraded")) ? "1.41" : "1.40",
      Os: "linux",
      Arch: "amd64",
    });
    const info = () => ({
      Name: hostname(),
      DockerRootDir: tmpdir(),
      SystemTime: new Date(Date.now() - (existsSync(at("ntp")) ? 0 : 3_600_000)).toISOString(),
    });
    const right = { Name: hostname(), DockerRootDir: tmpdir() };
    dockers.push(
      await scriptedDocker({
        ...never,
        info: right,
        get version() {
          return version();
        },
      }),
      await scriptedDocker({
        ...never,
        get info() {
          return info();
        },
        version: { ...version(), ApiVersion: "1.51" },
      }),
    );
    shell.program("pulumi", PULUMI(shell.folder));
    shell.program(
      "apt-get",
      `[ "$1" = update ] || { /usr/bin/apt-get --simulate "$@" && touch ${at("upgraded")}; }`,
    );
    shell.program("timedatectl", `[ "$*" = "set-ntp true" ] && touch ${at("ntp")}`);
  });
  after(async () => {
    server.close();
    for (const one of dockers) one.close();
    await web.stop();
    authority.remove();
    shell.remove();
  });

  /** A project in a folder of a repository, as `berth init` makes one. */
  function project(name: string): string {
    const folder = join(shell.folder, name, "deploy");
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "Pulumi.yaml"), "name: shop\nruntime: nodejs\n");
    const { port } = server.address() as AddressInfo;
    const [old, slow] = dockers.map(({ address }) => address);
    writeFileSync(
      join(folder, "Pulumi.dev.yaml"),
      `config:
  berth:gitlab: { url: "${web.url}", registry: "127.0.0.1:${port}", project: ${web.project} }
  berth:nexus: { url: "https://127.0.0.1:${port}", username: admin, password: adminadmin }
  berth:servers:
    old: { docker: "${old}", address: 127.0.0.1 }
    slow: { docker: "${slow}", address: web9.berth.invalid }
  berth:apps: {}
`,
    );
    return folder;
  }

  const env = (more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({
    DOCKER_HOST: dockers[1]!.address,
    ...Object.fromEntries(
      ["AUTHOR", "COMMITTER"].flatMap((who) => [
        [`GIT_${who}_NAME`, "test"],
        [`GIT_${who}_EMAIL`, "test@berth.invalid"],
      ]),
    ),
    ...more,
  });
  const certificate = () => `certificate of 127.0.0.1:${(server.address() as AddressInfo).port}`;

  it("of a machine where nothing is ready yet", async function () {
    if (process.getuid?.() !== 0) this.skip();
    const hosts = join(shell.folder, "hosts");
    cpSync("/etc/hosts", hosts);
    const good = web.token("good", { accessLevel: 40 });
    await shell.cures(
      {
        git: { state: "warn", wrong: /is in no git repository/ },
        plugins: { state: "warn", wrong: /^not here yet: docker / },
        "state backend": { wrong: /^there is no folder .*\/states for states$/ },
        passphrase: { state: "warn", wrong: /^neither PULUMI_CONFIG_PASSPHRASE nor/ },
        "Docker of old": { wrong: /API 1\.40, and Berth needs API 1\.41/ },
        "Docker of builder, slow: clock": { wrong: /^3\d{3} s behind this machine's clock/ },
        "name web9.berth.invalid": {
          wrong: /no name server knows it/,
          beside: `echo 127.0.0.9 web9.berth.invalid >>${hosts}; mount --bind ${hosts} /etc/hosts`,
        },
        [certificate()]: {
          wrong: /of an authority that is not trusted/,
          beside: `export NODE_EXTRA_CA_CERTS=${authority.root}`,
        },
        "GitLab's token": {
          state: "warn",
          wrong: /^BERTH_GITLAB_TOKEN isn't set/,
          right: "GitLab's token: role",
        },
      },
      { cwd: project("new"), env: env(), under: ["unshare", "--mount"], input: `${good}\n` },
    );
  });

  it("without a Pulumi CLI, with another user's repository, another passphrase, an expired certificate and a token without api", async function () {
    if (process.getuid?.() !== 0) this.skip();
    const cwd = project("foreign");
    const top = join(cwd, "..");
    const git = (...args: string[]) =>
      execFileSync("git", ["-C", top, ...args], { env: { ...process.env, ...env() } });
    git("init", "--quiet");
    git("add", "--all");
    git("commit", "--quiet", "--message", "Begin");
    chownSync(top, 65534, 65534);
    chownSync(join(top, ".git"), 65534, 65534);
    const stack = join(cwd, "Pulumi.dev.yaml");
    // Written by `pulumi stack init` of 3.274.1 with the passphrase "correct-horse".
    const salt = "v1:Gt2+3Fr7HR0=:v1:DmZHLrETVDBSRAPp:qWUxmkV1R9keVstPH3HByjiohPleKA==";
    writeFileSync(stack, `encryptionsalt: ${salt}\n${readFileSync(stack, "utf8")}`);
    const expired = authority.issue(["127.0.0.1"], -3);
    const show = ({ certificate, key }: Issued) =>
      server.setSecureContext({ cert: readFileSync(certificate), key: readFileSync(key) });
    show(expired);
    shell.program(
      "curl",
      `echo 'mkdir -p "$HOME/.pulumi/bin" && mv ${shell.folder}/pulumi "$HOME/.pulumi/bin/"'`,
    );
    renameSync(join(shell.folder, "bin", "pulumi"), join(shell.folder, "pulumi"));
    process.once("SIGUSR2", () => show(shown));
    await shell.cures(
      {
        "Pulumi CLI": { wrong: /^There is no `pulumi` on the PATH/ },
        git: { wrong: /refuses .*\/foreign, which is another user's/ },
        passphrase: { wrong: /^PULUMI_CONFIG_PASSPHRASE is not the one of/ },
        [certificate()]: {
          wrong: /^Nexus's expired on /,
          beside: `kill -USR2 ${process.pid}; sleep 0.5`,
        },
        "GitLab's token: scopes": { wrong: /has read_api and not api, it can only look/ },
      },
      {
        cwd,
        input: `correct-horse\n${web.token("good-as-well", { accessLevel: 40 })}\n`,
        env: env({
          PATH: shell.pathWithout("pulumi"),
          PULUMI_CONFIG_PASSPHRASE: "battery",
          NODE_EXTRA_CA_CERTS: authority.root,
          BERTH_GITLAB_TOKEN: web.token("looks", { accessLevel: 40, scopes: ["read_api"] }),
        }),
      },
    );
  });
});
