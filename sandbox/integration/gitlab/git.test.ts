import assert from "node:assert/strict";
import { execFile, spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { GitlabWeb } from "../../../test/support/gitlab-web";
import { ensureCiToken } from "../../gitlab/access-tokens";
import { gitCredentials } from "../../gitlab/git-credentials";

interface Ran {
  readonly code: number;
  readonly text: string;
}

describe("git in the sandbox's GitLab", () => {
  let gitlab: GitlabWeb;
  let folder: string;
  let work: string;
  let maintainer: string;

  before(async () => {
    gitlab = await new GitlabWeb().start();
    folder = mkdtempSync(join(tmpdir(), "berth-git-"));
    work = join(folder, "work");
    mkdirSync(work);
    maintainer = gitlab.token("maintainer", { accessLevel: 40, scopes: ["write_repository"] });
    await git(["init", "--quiet", "--initial-branch=main"]);
    await commit("README.md", "one\n");
  });

  after(async () => {
    rmSync(folder, { recursive: true });
    await gitlab.stop();
  });

  const address = (project = gitlab.project) => `${gitlab.url}/${project}.git`;

  /** Logs in with a token by a credential helper, as git asks for one only where it is refused without. */
  function git(args: string[], token?: string, user = "git", cwd = work): Promise<Ran> {
    const helper = `!f() { echo username=$TEST_USER; echo password=$TEST_TOKEN; }; f`;
    const who = ["-c", "user.name=Ann", "-c", "user.email=ann@berth.invalid"];
    const login = token ? ["-c", `credential.helper=${helper}`] : [];
    const env = {
      PATH: process.env.PATH,
      HOME: folder,
      GIT_CONFIG_NOSYSTEM: "1",
      GIT_TERMINAL_PROMPT: "0",
      TEST_USER: user,
      TEST_TOKEN: token,
    };
    return new Promise((resolve) => {
      execFile("git", [...who, ...login, ...args], { cwd, env }, (error, stdout, stderr) =>
        resolve({ code: error ? Number(error.code) : 0, text: stdout + stderr }),
      );
    });
  }

  async function commit(file: string, text: string | Buffer): Promise<void> {
    writeFileSync(join(work, file), text);
    await git(["add", "--all"]);
    await git(["commit", "--quiet", "--message", `Change ${file}`]);
  }

  const push = (token: string | undefined, ...more: string[]) => git(["push", address(), ...more], token);

  async function head(): Promise<string> {
    return (await git(["rev-parse", "HEAD"])).text.trim();
  }

  it("takes the first push to an empty project, and gives it back", async () => {
    const pushed = await push(maintainer, "main");
    assert.equal(pushed.code, 0, pushed.text);
    const cloned = await git(["clone", "--quiet", address(), "clone"], maintainer, "anyone", folder);
    assert.equal(cloned.code, 0, cloned.text);
    const at = await git(["log", "--format=%H %D"], undefined, "", join(folder, "clone"));
    assert.equal(at.text.trim(), `${await head()} HEAD -> main, origin/main, origin/HEAD`);
  });

  it("opens a merge request of a new branch where the push asks for it, once", async () => {
    const options = [
      "merge_request.create",
      "merge_request.target=main",
      "merge_request.title=A = b; `c` $d",
    ];
    const asked = options.flatMap((option) => ["-o", option]);
    for (let round = 0; round < 2; round++) {
      await commit("README.md", `changed ${round}\n`);
      const pushed = await git(["push", ...asked, address(), "HEAD:greeting", "HEAD:main"], maintainer);
      assert.equal(pushed.code, 0, pushed.text);
    }
    const open = `/merge_requests/1`;
    const reader = { "private-token": gitlab.token("reader", { scopes: ["read_api"] }) };
    const { json } = await gitlab.ask("GET", open, reader);
    const { title, source_branch, target_branch, sha, author } = json;
    assert.deepEqual(
      [title, source_branch, target_branch, sha, author.name],
      ["A = b; `c` $d", "greeting", "main", await head(), "maintainer"],
    );
    assert.equal((await gitlab.ask("GET", "/merge_requests/2", reader)).status, 404);
  });

  it("streams what is larger than one piece, both ways, also compressed by the client", async () => {
    const large = randomBytes(6_000_000);
    await commit("large.bin", large);
    for (let index = 0; index < 60; index++) await git(["tag", `tag-${index}`]);
    const pushed = await push(maintainer, "main", "--tags");
    assert.equal(pushed.code, 0, pushed.text);
    const fetched = await git(
      ["clone", "--quiet", "--depth=1", address(), "deep"],
      maintainer,
      "anyone",
      folder,
    );
    assert.equal(fetched.code, 0, fetched.text);
    const size = await git(["cat-file", "-s", "HEAD:large.bin"], undefined, "", join(folder, "deep"));
    assert.equal(Number(size.text), large.length);
  });

  it("refuses in GitLab's words: no token, a wrong, an old one, too few scopes or rights, another project", async () => {
    const today = new Date().toISOString().slice(0, 10);
    const reader = gitlab.token("reader", { scopes: ["read_repository"], accessLevel: 20 });
    const job = ensureCiToken(gitlab.dir, gitlab.project).token;
    const old = gitlab.token("old", { scopes: ["write_repository"], expiresAt: today });
    const guest = gitlab.token("guest", { accessLevel: 10 });
    const images = gitlab.token("images", { scopes: ["read_registry"] });
    const cases: [string | undefined, string, "fetch" | "push", RegExp | undefined][] = [
      [undefined, "git", "fetch", /could not read Username|terminal prompts disabled/],
      ["wrong", "git", "fetch", /Access denied/],
      [old, "git", "fetch", /Access denied/],
      [guest, "git", "fetch", /not allowed to download code/],
      [images, "git", "fetch", /not allowed to download code/],
      [reader, "git", "fetch", undefined],
      [reader, "git", "push", /You are not allowed to upload code/],
      [job, "gitlab-ci-token", "fetch", undefined],
      [job, "somebody", "fetch", /Access denied/],
      [job, "gitlab-ci-token", "push", /You are not allowed to upload code/],
    ];
    for (const [token, user, verb, words] of cases) {
      const args = verb === "fetch" ? ["ls-remote", address()] : ["push", address(), "HEAD:refs/heads/x"];
      const ran = await git(args, token, user);
      assert.equal(ran.code === 0, words === undefined, `${user} ${verb}: ${ran.text}`);
      if (words) assert.match(ran.text, words);
      if (token) assert.ok(!ran.text.includes(token));
    }
    const elsewhere = await git(["ls-remote", address("team/other")], maintainer);
    assert.match(elsewhere.text, /could not be found or you don't have permission to view it/);
    const outside = await git(["ls-remote", address("..%2F..%2Fteam%2Fblog")], maintainer);
    assert.notEqual(outside.code, 0);
  });

  it("protects the default branch: maintainers push, nobody by force, and nobody deletes it", async () => {
    const developer = gitlab.token("developer", { accessLevel: 30 });
    await commit("README.md", "two\n");
    const direct = await push(developer, "main");
    assert.notEqual(direct.code, 0);
    assert.match(direct.text, /GitLab: You are not allowed to push code to protected branches/);
    const aside = await push(developer, "HEAD:refs/heads/change");
    assert.equal(aside.code, 0, aside.text);
    assert.equal((await push(maintainer, "main")).code, 0);
    await git(["commit", "--quiet", "--amend", "--message", "Otherwise"]);
    const forced = await push(maintainer, "--force", "main");
    assert.match(forced.text, /GitLab: You are not allowed to force push code to a protected branch/);
    assert.equal((await push(developer, "--force", "HEAD:refs/heads/change")).code, 0);
    const deleted = await push(maintainer, "--delete", "main");
    assert.match(deleted.text, /GitLab: You are not allowed to delete protected branches/);
    assert.equal((await push(developer, "--delete", "change")).code, 0);
  });

  it("gives a person a login that pushes, out of a file that is theirs alone, beside settings that are there", async () => {
    const before = { GIT_CONFIG_COUNT: "1", GIT_CONFIG_KEY_0: "user.name", GIT_CONFIG_VALUE_0: "Ann" };
    const variables = gitCredentials(gitlab.dir, gitlab.url, gitlab.project, before);
    const file = join(gitlab.dir, "git-credentials");
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.ok(Object.values(variables).every((value) => !readFileSync(file, "utf8").includes(`:${value}@`)));
    assert.deepEqual(
      gitCredentials(gitlab.dir, gitlab.url, gitlab.project, { ...before, ...variables }),
      variables,
    );
    const env = { PATH: process.env.PATH, HOME: folder, GIT_TERMINAL_PROMPT: "0", ...before, ...variables };
    const ran = spawn("git", ["push", address(), "HEAD:refs/heads/mine"], { cwd: work, env });
    const [code] = await once(ran, "close");
    assert.equal(code, 0);
    const { stdout } = spawnSync("git", ["config", "user.name"], { cwd: work, env, encoding: "utf8" });
    assert.equal(stdout.trim(), "Ann");
  });

  it("says what it has not, and survives a client that goes away", async () => {
    const dumb = await fetch(`${address()}/objects/info/packs`);
    assert.equal(dumb.status, 501);
    const authorization = `Basic ${Buffer.from(`git:${maintainer}`).toString("base64")}`;
    const { host, port } = new URL(gitlab.url);
    const client = connect(Number(port), "127.0.0.1");
    const lines = [
      ...[
        "POST /team/blog.git/git-receive-pack HTTP/1.1",
        `Host: ${host}`,
        `Authorization: ${authorization}`,
      ],
      ...[
        "Content-Type: application/x-git-receive-pack-request",
        "Content-Length: 100000",
        "",
        "00a0half of",
      ],
    ];
    client.write(lines.join("\r\n"));
    await until(() => gitsRunning() > 0);
    client.destroy();
    await until(() => gitsRunning() === 0);
    assert.equal((await git(["ls-remote", address()], maintainer)).code, 0);
  });
});

/** How many processes of git this one's server has started that still run. */
function gitsRunning(): number {
  const { stdout } = spawnSync("ps", ["-o", "args=", "--ppid", String(process.pid)], { encoding: "utf8" });
  return stdout.split("\n").filter((line) => line.startsWith("git http-backend")).length;
}

async function until(isSo: () => boolean): Promise<void> {
  for (let waited = 0; !isSo(); waited += 50) {
    assert.ok(waited < 60_000, "it never came to that");
    await pause(50);
  }
}
