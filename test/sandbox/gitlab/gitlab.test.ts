import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type Docker from "dockerode";
import { dockerAt, followStream, standardSocket } from "../../../sandbox/docker/client";
import {
  ensureApiToken,
  ensureCiToken,
  readTokens,
  writeTokens,
} from "../../../sandbox/gitlab/access-tokens";
import { sandboxProject, startGitlab } from "../../../sandbox/gitlab/start";
import { gitlabDir, type Places, pidFile } from "../../../sandbox/lib/places";
import { readLiveProcess } from "../../../sandbox/lib/process-file";
import { needsDocker, ownPlaces, removeOwnPlaces } from "../../support/stack/own-sandbox";

interface Login {
  username: string;
  password: string;
}

interface DeployToken {
  id: number;
  username: string;
  token: string;
}

describe("GitLab's registry", () => {
  let places: Places;
  let docker: Docker;
  let image: string;
  let ci: Login;

  before(async function () {
    await needsDocker(this);
    places = await ownPlaces();
    docker = dockerAt(standardSocket);
    image = `${places.imagePrefix}:1`;
    await importSmallImage(docker, places.imagePrefix);
    await startGitlab(places);
    const token = ensureCiToken(gitlabDir(places), sandboxProject);
    ci = { username: token.usernames[0] ?? "", password: token.token };
  });

  after(async () => {
    if (!places) return;
    await removeOwnPlaces(places);
    const names = (await docker.listImages()).flatMap((one) => [
      ...(one.RepoTags ?? []),
      ...(one.RepoDigests ?? []),
    ]);
    const own = names.filter((name) => name.startsWith(`127.0.0.1:${places.ports.gitlabRegistry}/`));
    for (const name of [...own, image])
      await docker.getImage(name).remove({ force: true }).catch(ignoreMissing);
  });

  const registry = () => `127.0.0.1:${places.ports.gitlabRegistry}`;

  async function push(repository: string, login: Login): Promise<string> {
    const repo = `${registry()}/${repository}`;
    await docker.getImage(image).tag({ repo, tag: "1" });
    const authconfig = { ...login, serveraddress: registry() };
    const events = await followStream(
      docker,
      await docker.getImage(`${repo}:1`).push({ tag: "1", authconfig }),
    );
    return events.find((event) => event.aux?.Digest)?.aux?.Digest ?? "";
  }

  async function pull(reference: string, authconfig: Login): Promise<void> {
    const stream = await docker.createImage(authconfig, { fromImage: `${registry()}/${reference}` });
    await followStream(docker, stream);
  }

  it("takes a push and gives the same digest back to a pull", async () => {
    const digest = await push("team/blog", ci);
    assert.match(digest, /^sha256:[0-9a-f]{64}$/);
    await pull(`team/blog@${digest}`, ci);
    const pulled = await docker.getImage(`${registry()}/team/blog@${digest}`).inspect();
    assert.equal(pulled.Id, (await docker.getImage(image).inspect()).Id);
  });

  it("holds images below the project's path, and mounts layers from one to the other", async () => {
    assert.match(await push("team/blog/worker", ci), /^sha256:/);
  });

  it("refuses a push to another project", async () => {
    await assert.rejects(push("team/other", ci), /denied/);
  });

  it("refuses a wrong password with GitLab's words", async () => {
    const login = { ...ci, serveraddress: registry() };
    assert.match((await docker.checkAuth(login)).Status, /Login Succeeded/);
    await assert.rejects(docker.checkAuth({ ...login, password: "wrong" }), /HTTP Basic: Access denied/);
  });

  it("gives nothing without credentials", async () => {
    const response = await fetch(`http://${registry()}/v2/team/blog/manifests/1`);
    assert.equal(response.status, 401);
    const challenge = response.headers.get("www-authenticate") ?? "";
    assert.ok(
      challenge.startsWith(`Bearer realm="http://127.0.0.1:${places.ports.gitlab}/jwt/auth"`),
      challenge,
    );
    assert.match(challenge, /service="container_registry",scope="repository:team\/blog:pull"/);
  });

  it("lets a token delete only where it has that scope", async () => {
    const digest = await push("team/blog", ci);
    const remove = async (login: Login) => {
      const authorization = `Bearer ${await bearer("repository:team/blog:delete,pull", login)}`;
      const url = `http://${registry()}/v2/team/blog/manifests/${digest}`;
      return (await fetch(url, { method: "DELETE", headers: { authorization } })).status;
    };
    assert.equal(await remove(ci), 401);
    const dir = gitlabDir(places);
    const { projects, tokens } = readTokens(dir);
    const cleaner = {
      name: "cleaner",
      usernames: [],
      project: sandboxProject,
      scopes: ["read_registry" as const, "delete_registry" as const],
      token: randomBytes(12).toString("hex"),
    };
    writeTokens(dir, { projects, tokens: [...tokens, cleaner] });
    assert.equal(await remove({ username: "cleaner", password: cleaner.token }), 202);
    const authorization = `Bearer ${await bearer("repository:team/blog:pull", ci)}`;
    const url = `http://${registry()}/v2/team/blog/manifests/${digest}`;
    assert.equal((await fetch(url, { headers: { authorization } })).status, 404);
  });

  it("lets a deploy token of the API pull, not push, and neither once it is deleted", async () => {
    const digest = await push("team/blog", ci);
    const { token } = ensureApiToken(gitlabDir(places), sandboxProject, "maintainer", { accessLevel: 40 });
    const tokens = `http://127.0.0.1:${places.ports.gitlab}/api/v4/projects/team%2Fblog/deploy_tokens`;
    const headers = { "private-token": token, "content-type": "application/json" };
    const body = JSON.stringify({ name: "server", scopes: ["read_registry"] });
    const made = (await (await fetch(tokens, { method: "POST", headers, body })).json()) as DeployToken;
    const server = { username: made.username, password: made.token };
    const authorization = `Bearer ${await bearer("repository:team/blog:pull", server)}`;
    const manifest = `http://${registry()}/v2/team/blog/manifests/${digest}`;
    assert.equal((await fetch(manifest, { headers: { authorization } })).status, 200);
    await assert.rejects(push("team/blog", server), /denied/);
    const login = { ...server, serveraddress: registry() };
    assert.match((await docker.checkAuth(login)).Status, /Login Succeeded/);
    assert.equal((await fetch(`${tokens}/${made.id}`, { method: "DELETE", headers })).status, 204);
    await assert.rejects(docker.checkAuth(login), /HTTP Basic: Access denied/);
  });

  it("keeps token, key and images over a restart of either process", async () => {
    const digest = await push("team/blog/kept", ci);
    for (const name of ["gitlab", "gitlab-registry"]) {
      process.kill(readLiveProcess(pidFile(places, name))?.pid ?? 0, "SIGKILL");
    }
    while (["gitlab", "gitlab-registry"].some((name) => readLiveProcess(pidFile(places, name)))) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await startGitlab(places);
    await pull(`team/blog/kept@${digest}`, ci);
  });

  it("leaves running what runs", async () => {
    const pids = () =>
      ["gitlab", "gitlab-registry"].map((name) => readLiveProcess(pidFile(places, name))?.pid);
    const before = pids();
    await startGitlab(places);
    assert.deepEqual(pids(), before);
    assert.ok(before.every((pid) => pid !== undefined));
  });

  it("keeps its secrets from everybody else", () => {
    const dir = gitlabDir(places);
    assert.equal(statSync(dir).mode & 0o777, 0o700);
    for (const name of ["tokens.json", "registry-auth.key", "registry.yml"]) {
      assert.equal(statSync(join(dir, name)).mode & 0o777, 0o600, name);
    }
  });

  async function bearer(scope: string, login: Login): Promise<string> {
    const basic = Buffer.from(`${login.username}:${login.password}`).toString("base64");
    const url = `http://127.0.0.1:${places.ports.gitlab}/jwt/auth?service=container_registry&scope=${scope}`;
    const response = await fetch(url, { headers: { authorization: `Basic ${basic}` } });
    return ((await response.json()) as { token: string }).token;
  }
});

/** A layer of random bytes, so that no registry of another test has it already. */
async function importSmallImage(docker: Docker, repo: string): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), "berth-small-"));
  writeFileSync(join(dir, "content"), randomBytes(100_000));
  const tar = spawn("tar", ["-C", dir, "-c", "content"], { stdio: ["ignore", "pipe", "inherit"] });
  await followStream(docker, await docker.importImage(tar.stdout, { repo, tag: "1" }));
  rmSync(dir, { recursive: true });
}

function ignoreMissing(error: { statusCode?: number }): void {
  if (error.statusCode !== 404) throw error;
}
