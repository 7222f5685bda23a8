import assert from "node:assert/strict";
import { createPrivateKey, randomBytes } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { resolveDigest } from "../../../components/registry/resolve";
import { ensureCiToken } from "../../../sandbox/gitlab/access-tokens";
import { signingKeyOf } from "../../../sandbox/gitlab/signing-key";
import { sandboxProject, startGitlab } from "../../../sandbox/gitlab/start";
import { gitlabDir, type Places } from "../../../sandbox/lib/places";
import { copyWritten, type WrittenCopy } from "../../support/registry/copy-between";
import { DebianRegistry } from "../../support/registry/debian-registry";
import { ScriptedRegistry, sha256 } from "../../support/registry/scripted-registry";
import { TokenServer } from "../../support/registry/token-server";
import { needsDocker, ownPlaces, removeOwnPlaces } from "../../support/stack/own-sandbox";
import { root, run } from "../../support/stack/sandbox";

const PASSWORD = "a test's password";
/** The test's own account in bcrypt, as htpasswd files have it: me, with that password. */
const HTPASSWD = "me:$2y$04$IjLzw/YHKFpJdl0GZMJB6eCwLB1PJOkCUW04CBR4KJTTyN7wN29D6\n";

describe("logging in at real registries", () => {
  let places: Places;
  let folder: string;
  let source: ScriptedRegistry;
  let basic: DebianRegistry;
  let ci: { username: string; password: string };
  const gitlab = () => `127.0.0.1:${places.ports.gitlabRegistry}`;

  before(async function () {
    await needsDocker(this);
    places = await ownPlaces();
    await startGitlab(places);
    const token = ensureCiToken(gitlabDir(places), sandboxProject);
    ci = { username: token.usernames[0] ?? "", password: token.token };
    source = await new ScriptedRegistry().start();
    basic = new DebianRegistry();
    await basic.start(`auth: {htpasswd: {realm: test, path: ${basic.file("users", HTPASSWD)}}}`);
  });
  after(async () => {
    await Promise.all([source?.stop(), basic?.stop()]);
    if (places) await removeOwnPlaces(places);
  });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "berth-auth-"));
    mkdirSync(join(folder, "bin"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const image = (tag: string) =>
    source.addImage("team/blog", [randomBytes(200_000), randomBytes(100)], { tag });
  const copy = (args: Pick<WrittenCopy, "source" | "target"> & Partial<WrittenCopy>) =>
    copyWritten({ retryDelay: 10, journal: false, ...args });
  const dockerConfig = (config: object) =>
    writeFileSync(join(folder, "config.json"), JSON.stringify(config), { mode: 0o600 });
  /** `berth copy`, with Docker's configuration and helpers of this test and no other login than `env`. */
  const berthCopy = async (args: string[], env: NodeJS.ProcessEnv = {}) => {
    const own = {
      PATH: `${join(folder, "bin")}:${process.env["PATH"]}`,
      HOME: folder,
      DOCKER_CONFIG: folder,
    };
    const ran = await run([process.execPath, join(root, "automation", "berth.cjs"), "copy", ...args], {
      ...own,
      ...env,
    });
    for (const secret of [PASSWORD, ci.password, Buffer.from(`me:${PASSWORD}`).toString("base64")])
      assert.ok(!(ran.stdout + ran.stderr).includes(secret), "a password was printed");
    return ran;
  };

  describe("GitLab's, by tokens", () => {
    it("pushes, mounts from one repository to another, and reads back", async () => {
      const digest = image("1");
      const credentials = { [gitlab()]: ci };
      const pushed = await copy({
        source: `${source.host}/team/blog:1`,
        target: `${gitlab()}/team/blog:1`,
        credentials,
      });
      assert.deepEqual([pushed.digest, pushed.blobs.copied], [digest, 3]);
      const mounted = await copy({
        source: `${gitlab()}/team/blog:1`,
        target: `${gitlab()}/team/blog/worker:1`,
        credentials,
      });
      assert.deepEqual([mounted.blobs.mounted, mounted.blobs.copied], [3, 0]);
      assert.equal(await resolveDigest(`${gitlab()}/team/blog/worker:1`, credentials), digest);
    });

    it("takes a GitLab job's variables for its registry, and Berth's for the other", async () => {
      const digest = image("2");
      const into = `${gitlab()}/team/blog:2`;
      const job = { CI_REGISTRY: gitlab(), CI_REGISTRY_USER: ci.username, CI_REGISTRY_PASSWORD: ci.password };
      const pushed = await berthCopy([`${source.host}/team/blog:2`, into], job);
      assert.equal(pushed.code, 0, pushed.stderr);
      const target = { BERTH_TARGET_USERNAME: "me", BERTH_TARGET_PASSWORD: PASSWORD };
      const onwards = await berthCopy([into, `${basic.host}/from-gitlab:2`, "--json"], { ...job, ...target });
      assert.equal(onwards.code, 0, onwards.stderr);
      assert.equal((JSON.parse(onwards.stdout) as { digest: string }).digest, digest);
    });

    it("says what was refused: a password, a project, and everybody without a login", async () => {
      image("3");
      const into = (repository: string, env?: NodeJS.ProcessEnv) =>
        berthCopy([`${source.host}/team/blog:3`, `${gitlab()}/${repository}:3`], env);
      const target = { BERTH_TARGET_USERNAME: ci.username, BERTH_TARGET_PASSWORD: ci.password };
      const wrong = await into("team/blog", { ...target, BERTH_TARGET_PASSWORD: "wrong-password" });
      assert.equal(wrong.code, 1);
      assert.match(
        wrong.stderr,
        /berth: GET http:\/\/127\.0\.0\.1:\d+\/jwt\/auth\?.*: 401 .*HTTP Basic: Access denied.*\. The user name or password for [\d.:]+ was refused\. The login was taken from BERTH_TARGET_USERNAME\n$/,
      );
      const other = await into("team/other", target);
      assert.equal(other.code, 1);
      assert.match(
        other.stderr,
        /berth: HEAD .*: 401\. The user name or password .* or the account may not pull from team\/other\. The login was taken from/,
      );
      const nobody = await into("team/blog");
      assert.equal(nobody.code, 1);
      assert.match(
        nobody.stderr,
        /No credentials for ([\d.:]+) were given: .* Set BERTH_TARGET_USERNAME and BERTH_TARGET_PASSWORD, or: docker login \1\n$/,
      );
    });

    it("says that GitLab takes no identity token", async () => {
      image("4");
      dockerConfig({ auths: { [gitlab()]: { identitytoken: "of-somebody" } } });
      const { code, stderr } = await berthCopy([`${source.host}/team/blog:4`, `${gitlab()}/team/blog:4`]);
      assert.equal(code, 1);
      assert.match(
        stderr,
        /\/jwt\/auth: 404 .*takes no identity token: give a user name and a password instead/,
      );
    });
  });

  describe("docker-registry with another token server", () => {
    let tokens: TokenServer;
    let registry: DebianRegistry;
    const BASIC = `Basic ${Buffer.from(`me:${PASSWORD}`).toString("base64")}`;

    const start = async (
      isKnown: (login: string) => boolean,
      answer?: ConstructorParameters<typeof TokenServer>[2],
    ) => {
      const { keyFile, certificateFile } = signingKeyOf(gitlabDir(places));
      tokens = await new TokenServer(createPrivateKey(readFileSync(keyFile)), isKnown, answer).start();
      registry = await new DebianRegistry().start(tokens.auth(certificateFile));
    };
    afterEach(() => Promise.all([tokens?.stop(), registry?.stop()]));

    const push = (tag: string) =>
      copy({
        source: `${source.host}/team/blog:${tag}`,
        target: `${registry.host}/blog:${tag}`,
        credentials: { [registry.host]: { username: "me", password: PASSWORD } },
      });

    it("renews a token before it runs out, as often as it must", async () => {
      await start(
        (login) => login === BASIC,
        () => ({ expiresIn: 1, valid: 5 }),
      );
      const digest = image("5");
      assert.equal((await push("5")).digest, digest);
      assert.ok(tokens.asked.length >= 8, `${tokens.asked.length} tokens`);
    });

    it("gets over a token that runs out in the middle of a copy, whatever its server has said", async () => {
      await start(
        (login) => login === BASIC,
        (n) => (n === 1 ? { valid: 2, expiresIn: 3600 } : {}),
      );
      const late = randomBytes(300_000);
      const digest = source.addImage("team/blog", [randomBytes(2000), late], { tag: "6" });
      source.script("GET", new RegExp(sha256(late)), async (request, response) => {
        await sleep(4000);
        source.route(request, response);
      });
      const { blobs } = await push("6");
      assert.equal(blobs.copied, 3);
      // The right to delete is asked for besides, to give the refused upload up.
      const forCopy = tokens.asked.filter(({ scopes }) => scopes.join(" ") === "repository:blog:pull,push");
      assert.equal(forCopy.length, 2, JSON.stringify(tokens.asked));
      assert.equal(
        await resolveDigest(`${registry.host}/blog:6`, {
          [registry.host]: { username: "me", password: PASSWORD },
        }),
        digest,
      );
    });

    it("gives up where every token is refused, after a few requests", async () => {
      await start(
        (login) => login === BASIC,
        () => ({ valid: -100 }),
      );
      image("7");
      await assert.rejects(
        push("7"),
        /^RegistryError: HEAD .*: 401\. The user name or password .* was refused, or the account may not pull from blog$/,
      );
      assert.ok(tokens.asked.length <= 10, `${tokens.asked.length} tokens`);
    });

    it("trades the identity token that docker login keeps, by the OAuth2 form", async () => {
      await start((login) => login === "kept-by-docker-login");
      const digest = image("8");
      dockerConfig({
        auths: { [`https://${registry.host}`]: { auth: "MDA6", identitytoken: "kept-by-docker-login" } },
      });
      const ran = await berthCopy([`${source.host}/team/blog:8`, `${registry.host}/blog:8`, "--json"]);
      assert.equal(ran.code, 0, ran.stderr);
      assert.equal((JSON.parse(ran.stdout) as { digest: string }).digest, digest);
      assert.deepEqual([...new Set(tokens.asked.map(({ method }) => method))], ["POST"]);
    });

    it("reads without a login where the token server lets everybody", async () => {
      await start(() => true);
      const digest = image("9");
      await copy({ source: `${source.host}/team/blog:9`, target: `${registry.host}/blog:9` });
      assert.equal(await resolveDigest(`${registry.host}/blog:9`), digest);
    });
  });

  describe("docker-registry with htpasswd, by Docker's own logins", () => {
    const copyIn = async (tag: string) => {
      const digest = image(tag);
      const ran = await berthCopy([`${source.host}/team/blog:${tag}`, `${basic.host}/blog:${tag}`]);
      return { ...ran, digest };
    };

    it("reads them from the file", async () => {
      dockerConfig({ auths: { [basic.host]: { auth: Buffer.from(`me:${PASSWORD}`).toString("base64") } } });
      const { code, stdout, stderr, digest } = await copyIn("10");
      assert.equal(code, 0, stderr);
      assert.ok(stdout.startsWith(`${basic.host}/blog:10@${digest}\n`));
    });

    it("gets them from a credential helper", async () => {
      const helper = join(folder, "bin", "docker-credential-berthtest");
      const answer = JSON.stringify({ Username: "me", Secret: PASSWORD }).replaceAll("'", "'\\''");
      writeFileSync(
        helper,
        `#!/bin/sh\n[ "$1" = get ] && read server\n[ "$server" = "${basic.host}" ] || { echo "credentials not found in native keychain"; exit 1; }\nprintf '%s' '${answer}'\n`,
      );
      chmodSync(helper, 0o700);
      dockerConfig({ credsStore: "berthtest" });
      const { code, stderr } = await copyIn("11");
      assert.equal(code, 0, stderr);
    });

    it("says which file it was where they are refused", async () => {
      dockerConfig({ auths: { [basic.host]: { username: "me", password: "wrong-password" } } });
      const { code, stderr } = await copyIn("12");
      assert.equal(code, 1);
      assert.ok(!stderr.includes("wrong-password"));
      assert.ok(stderr.endsWith(`The login was taken from ${join(folder, "config.json")}\n`), stderr);
    });
  });
});
