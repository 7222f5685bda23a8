import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer as createPage } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import type { AccessToken } from "../../../../sandbox/gitlab/access-tokens";
import { scriptedDocker } from "../../../support/docker/scripted-docker";
import { freePort } from "../../../support/free-port";
import { GitlabWeb } from "../../../support/gitlab-web";
import { Authority, type Issued } from "../../../support/http/authority";
import { DoctorShell, pulumiStub } from "../../../support/stack/doctor-shell";

const version = { Version: "28.3.0", ApiVersion: "1.51", Os: "linux", Arch: "amd64" };
const info = () => ({ Name: hostname(), DockerRootDir: tmpdir(), SystemTime: new Date().toISOString() });

/** What other machines are wrong in. */
describe("doctor's advice about other machines, typed", () => {
  let shell: DoctorShell;
  let docker: Awaited<ReturnType<typeof scriptedDocker>>;
  before(async () => {
    shell = new DoctorShell();
    shell.program("pulumi", pulumiStub(shell.folder));
    const script = {
      state: () => undefined,
      exec: () => ({ exitCode: 1, output: "" }),
      version,
      get info() {
        return info();
      },
    };
    docker = await scriptedDocker(script);
    writeFileSync(join(shell.folder, "Pulumi.yaml"), "name: shop\nruntime: nodejs\n");
  });
  after(() => {
    docker.close();
    shell.remove();
  });

  /** @param settings lines below `config:` */
  const settings = (...lines: string[]) =>
    writeFileSync(
      join(shell.folder, "Pulumi.dev.yaml"),
      ["config:", ...lines, "  berth:apps: {}", ""].join("\n"),
    );
  const env = (more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({
    PATH: process.env["PATH"],
    DOCKER_HOST: docker.address,
    PULUMI_CONFIG_PASSPHRASE: "x",
    ...more,
  });

  it("of a server behind ssh: its key, ours, its Docker, its group, one after the other", async () => {
    const at = (name: string) => join(shell.folder, name);
    // There is no ssh server here: these stand for ssh and its helpers, and say what they say.
    shell.program("ssh-keyscan", '[ "$1 $2" = "-p 2222" ] && echo "[$3]:2222 ssh-ed25519 AAAA"');
    shell.program("ssh-copy-id", `[ "$*" = "-p 2222 deploy@web1.berth.invalid" ] && touch ${at("key")}`);
    shell.program(
      "ssh",
      `grep -qs 'web1.berth.invalid.:2222' "$HOME/.ssh/known_hosts" || { echo "Host key verification failed." >&2; exit 255; }
[ -e ${at("key")} ] || { echo "deploy@web1.berth.invalid: Permission denied (publickey)." >&2; exit 255; }
case "$*" in
"-p 2222 deploy@web1.berth.invalid sudo apt-get install -y docker.io") touch ${at("docker")}; exit;;
"-p 2222 deploy@web1.berth.invalid sudo usermod -aG docker \\"\\$USER\\"") touch ${at("group")}; exit;;
*" docker system dial-stdio") ;;
*) echo "not in the script: $*" >&2; exit 1;;
esac
[ -e ${at("docker")} ] || { echo "sh: 1: docker: not found" >&2; exit 127; }
[ -e ${at("group")} ] || { echo "permission denied while trying to connect to the Docker daemon socket" >&2; exit 1; }
exec '${process.execPath}' -e 'const s = require("net").connect("${docker.address.slice("unix://".length)}"); process.stdin.pipe(s); s.pipe(process.stdout)'`,
    );
    settings(
      '  berth:servers: { web1: { docker: "ssh://deploy@web1.berth.invalid:2222", address: 127.0.0.1 } }',
    );
    const asked = { cwd: shell.folder, env: env() };
    const steps = [
      [/Host key verification failed/, /Permission denied \(publickey\)/],
      [/Permission denied \(publickey\)/, /docker: not found/],
      [/docker: not found/, /permission denied while trying to connect/],
    ] as const;
    for (const [wrong, next] of steps) {
      const found = (await shell.found(asked))["Docker of web1"]!;
      assert.match(found.text, wrong);
      const after = await shell.found({ ...asked, lines: found.advice! });
      assert.match(after["Docker of web1"]!.text, next, shell.said);
    }
    await shell.cures({ "Docker of web1": { wrong: /permission denied while trying to connect/ } }, asked);
  });

  describe("with a GitLab", () => {
    let web: GitlabWeb;
    before(async () => {
      web = await new GitlabWeb().start();
    });
    after(() => web.stop());

    const gitlab = (url: string, more = "") =>
      settings(`  berth:gitlab: { url: "${url}", registry: "127.0.0.1:9", project: ${web.project}${more} }`);

    it("that is away, then another page where it should be", async () => {
      const port = await freePort();
      const page = createPage((_, answer) => answer.end("<html>welcome</html>"));
      process.once("SIGUSR2", () => page.listen(port, "127.0.0.1"));
      const stack = join(shell.folder, "Pulumi.dev.yaml");
      gitlab(`http://127.0.0.1:${port}`);
      try {
        const asked = { cwd: shell.folder, env: env() };
        const away = (await shell.found(asked))["GitLab"]!;
        assert.match(away.text, /ECONNREFUSED/);
        assert.match(away.advice!, /^curl -si http:\/\/127\.0\.0\.1:\d+\/api\/v4\/version # is it up/);
        const up = `${away.advice}\nkill -USR2 ${process.pid}; sleep 0.5`;
        const other = (await shell.found({ ...asked, lines: up }))["GitLab"]!;
        assert.match(other.text, /answers 200, which is not GitLab's API$/);
        await shell.cures(
          {
            GitLab: {
              wrong: /is not GitLab's API$/,
              beside: `sed -i 's,http://127.0.0.1:${port},${web.url},' ${stack}`,
            },
          },
          asked,
        );
      } finally {
        page.close();
      }
    });

    const BAD: readonly (readonly [string, Partial<AccessToken>, RegExp, string])[] = [
      ["has expired", { accessLevel: 40, expiresAt: "2020-01-01" }, /is expired: make a new one/, ""],
      ["was revoked", { accessLevel: 40, revoked: true }, /was revoked/, ""],
      [
        "may only read the registry",
        { accessLevel: 40, scopes: ["read_registry"] },
        /has read_registry and not api/,
        ": scopes",
      ],
      [
        "may only write the repository",
        { accessLevel: 40, scopes: ["write_repository"] },
        /has write_repository and not api/,
        ": scopes",
      ],
      [
        "is a Developer's, where settings need more",
        { accessLevel: 30 },
        /^Developer in team\/blog: without Maintainer/,
        ": role",
      ],
      [
        "is a Reporter's, where settings need more",
        { accessLevel: 20 },
        /^Reporter in team\/blog: without Developer/,
        ": role",
      ],
    ];
    for (const [at, [words, token, wrong, part]] of BAD.entries())
      it(`that is there, and a token that ${words}`, async () => {
        gitlab(web.url, ", manage: {}");
        const what = `GitLab's token${part}`;
        await shell.cures(
          { [what]: { wrong, right: part === "" ? "GitLab's token: role" : what } },
          {
            cwd: shell.folder,
            env: env({ BERTH_GITLAB_TOKEN: web.token(`bad-${at}`, token) }),
            input: `${web.token(`good-${at}`, { accessLevel: 40 })}\n`,
          },
        );
      });

    it("that is there, and a token that ends in a week", async () => {
      gitlab(web.url);
      const expiresAt = new Date(Date.now() + 7 * 86_400_000).toISOString().slice(0, 10);
      await shell.cures(
        { "GitLab's token: scopes": { state: "warn", wrong: /has api, good for [67] days/ } },
        {
          cwd: shell.folder,
          env: env({ BERTH_GITLAB_TOKEN: web.token("ends", { accessLevel: 40, expiresAt }) }),
          input: `${web.token("stays", { accessLevel: 40 })}\n`,
        },
      );
    });
  });

  it("of a certificate that is for another name, and of one that ends in days", async () => {
    const authority = new Authority();
    const read = ({ certificate, key }: Issued) => ({
      cert: readFileSync(certificate),
      key: readFileSync(key),
    });
    const server: Server = createServer(read(authority.issue(["other.berth.invalid"], 25)), (_, answer) =>
      answer.writeHead(404).end(),
    );
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const good = authority.issue(["127.0.0.1"], 25);
    settings(
      `  berth:gitlab: { url: "https://127.0.0.1:${port}", registry: "127.0.0.1:9", project: team/blog }`,
    );
    const ills = [
      [authority.issue(["other.berth.invalid"], 25), "fail", /not for that name but for DNS:other/],
      [authority.issue(["127.0.0.1"], 5), "warn", /^good for [45] days, until /],
    ] as const;
    try {
      for (const [bad, state, wrong] of ills) {
        server.setSecureContext(read(bad));
        process.once("SIGUSR2", () => server.setSecureContext(read(good)));
        const beside = `kill -USR2 ${process.pid}; sleep 0.5`;
        await shell.cures(
          { [`certificate of 127.0.0.1:${port}`]: { state, wrong, beside } },
          { cwd: shell.folder, env: env({ NODE_EXTRA_CA_CERTS: authority.root }) },
        );
      }
    } finally {
      server.close();
      authority.remove();
    }
  });
});
