import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { STOP_SIGNALS } from "../../../../automation/terminal/stop-signals";
import type { CopyResult } from "../../../../components/registry/copy/copy-args";
import { compiledSources } from "../../../support/compiled-sources";
import { type Reply, ScriptedRegistry, sha256, status } from "../../../support/registry/scripted-registry";
import { start } from "../../../support/stack/sandbox";

const BERTH = join(__dirname, "..", "..", "..", "..", "automation", "berth.cjs");
const PASSWORD = "hunter2-of-the-test";
const BASIC = `Basic ${Buffer.from(`me:${PASSWORD}`).toString("base64")}`;

describe("berth copy", () => {
  let source: ScriptedRegistry;
  let target: ScriptedRegistry;
  let folder: string;
  let digest: string;

  const begin = (args: string[], env: NodeJS.ProcessEnv = {}) => {
    const own = {
      PATH: `${join(folder, "bin")}:${process.env["PATH"]}`,
      HOME: folder,
      DOCKER_CONFIG: folder,
    };
    return start([process.execPath, BERTH, "copy", ...args], { ...own, ...env });
  };
  const run = async (args: string[], env?: NodeJS.ProcessEnv) => {
    const { code, stdout, stderr } = await begin(args, env).ended;
    for (const text of [stdout, stderr])
      for (const secret of [PASSWORD, BASIC.slice(6)])
        assert.ok(!text.includes(secret), `a password in ${text}`);
    return { code, stdout, stderr };
  };
  const copy = (...more: string[]) => run([from(), to(), ...more]);
  const from = () => `${source.host}/team/blog:1.0`;
  const to = () => `${target.host}/blog:1.0`;
  const writes = () => target.seen.filter(({ method }) => method !== "GET" && method !== "HEAD");
  const wantsBasic = (registry: ScriptedRegistry) => {
    const guard: Reply = (request, response) => {
      if (request.headers.authorization === BASIC) return registry.route(request, response);
      response.writeHead(401, { "www-authenticate": "Basic realm=x" }).end();
    };
    for (const method of ["GET", "HEAD", "POST", "PUT", "PATCH"])
      registry.script(method, /./, guard, { times: 999 });
  };

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "berth-copy-"));
    mkdirSync(join(folder, "bin"));
    [source, target] = await Promise.all([new ScriptedRegistry().start(), new ScriptedRegistry().start()]);
    digest = source.addImage("team/blog", [Buffer.alloc(500_000, "a"), Buffer.alloc(20_000, "b")], {
      tag: "1.0",
    });
  });
  afterEach(async () => {
    await Promise.all([source.stop(), target.stop()]);
    rmSync(folder, { recursive: true });
  });

  describe("says what it did", () => {
    it("with the digest first, and what was copied, present and tagged", async () => {
      target.blobs.set(sha256(Buffer.alloc(20_000, "b")), Buffer.alloc(20_000, "b"));
      const { code, stdout, stderr } = await copy();
      assert.equal(code, 0, stderr);
      assert.equal(
        stdout,
        `${to()}@${digest}\n3 blobs: 2 copied (500.0 kB), 1 present\n1 of 1 manifest copied; tag 1.0 set\n`,
      );
      assert.equal(stderr, "Copying blobs: 2 of 3, 500.0 kB\n");
      assert.equal(target.tagged("blog", "1.0"), digest);
      const again = await copy();
      assert.deepEqual(
        [again.code, again.stdout, again.stderr],
        [0, `${to()}@${digest}\n3 blobs: 3 present\n0 of 1 manifest copied; tag 1.0 is right already\n`, ""],
      );
    });

    it("as the whole result and nothing else with --json", async () => {
      const { code, stdout, stderr } = await copy("--json");
      assert.deepEqual([code, stderr], [0, ""]);
      const result = JSON.parse(stdout) as CopyResult;
      assert.deepEqual(
        [result.digest, result.source, result.target, result.blobs.copied, result.tag, result.dryRun],
        [digest, `${source.host}/team/blog@${digest}`, `${to()}@${digest}`, 3, "set", false],
      );
    });

    it("in plain lines beside --json, where they are asked for", async () => {
      const { stdout, stderr } = await copy("--json", "--progress");
      assert.equal((JSON.parse(stdout) as CopyResult).digest, digest);
      assert.equal(stderr, "Copying blobs: 3 of 3, 520.0 kB\n");
    });

    it("of a dry run: what is missing, and that nothing was written", async () => {
      target.blobs.set(sha256(Buffer.alloc(500_000, "a")), Buffer.alloc(500_000, "a"));
      const { code, stdout, stderr } = await copy("--dry-run");
      assert.equal(code, 0, stderr);
      assert.equal(
        stdout,
        `${to()}@${digest}\n2 blobs, 20.0 kB missing, 1 present\n` +
          "1 of 1 manifest missing; tag 1.0 would be set\nNothing was written (--dry-run).\n",
      );
      assert.deepEqual(writes(), []);
      const result = JSON.parse((await copy("--dry-run", "--json")).stdout) as CopyResult;
      assert.deepEqual([result.dryRun, result.blobs.missing, result.manifests.missing], [true, 2, 1]);
    });

    it("of referrers, and leaves them behind when told to", async () => {
      source.addImage("team/blog", ["a signature"], { tag: `${digest.replace(":", "-")}.sig` });
      const without = await copy("--no-referrers");
      assert.match(without.stdout, /\n1 of 1 manifest copied; tag 1\.0 set\n$/);
      const { code, stdout } = await copy();
      assert.equal(code, 0);
      assert.match(stdout, /\n0 of 1 manifest copied; 1 of 1 referrer copied; tag 1\.0 is right already\n$/);
    });
  });

  describe("ends with", () => {
    it("3 where the tag points elsewhere, and moves it when told to", async () => {
      const other = target.addImage("blog", ["other"], { tag: "1.0" });
      for (const more of [[], ["--dry-run"]]) {
        const { code, stdout, stderr } = await copy(...more);
        assert.deepEqual([code, stdout], [3, ""]);
        assert.equal(
          stderr,
          `berth: PUT http://${target.host}/v2/blog/manifests/1.0: tag 1.0 points to ${other}, and should be set to ` +
            `${digest}. Use a new tag, or allow the move (--move-tag)\n`,
        );
      }
      assert.deepEqual(writes(), []);
      const moved = await copy("--move-tag");
      assert.deepEqual([moved.code, target.tagged("blog", "1.0")], [0, digest]);
      assert.match(moved.stdout, /; tag 1\.0 moved\n$/);
    });

    const wrong: [string, () => string[], RegExp][] = [
      ["no target", () => [from()], /^error: missing required argument 'target'\n/],
      [
        "what is no reference",
        () => [from(), "blog:1.0"],
        /^berth: image reference "blog:1\.0": expected registry-host.*write "docker\.io\/library\/blog:1\.0"\n$/,
      ],
      [
        "a source without tag and digest",
        () => [`${source.host}/team/blog`, to()],
        /^berth: image reference ".*\/team\/blog": expected a tag or a digest to copy\n$/,
      ],
      [
        "an unknown flag",
        () => [from(), to(), "--dryrun"],
        /^error: unknown option '--dryrun'\n\(Did you mean --dry-run\?\)/,
      ],
      [
        "--insecure for a third registry",
        () => [from(), to(), "--insecure", "r.io"],
        /^berth: --insecure r\.io: expected a registry of this copy as it is written there, 127\.0\.0\.1:\d+ or 127\.0\.0\.1:\d+\n$/,
      ],
    ];
    for (const [what, args, message] of wrong)
      it(`2 for ${what}`, async () => {
        const { code, stdout, stderr } = await run(args());
        assert.deepEqual([code, stdout], [2, ""]);
        assert.match(stderr, message);
      });

    it("1 where the image does not exist, or the registry fails", async () => {
      const { code, stderr } = await run([`${source.host}/team/blog:2.0`, to()]);
      assert.equal(code, 1);
      assert.match(
        stderr,
        /^berth: GET http:\/\/[\d.:]+\/v2\/team\/blog\/manifests\/2\.0: 404 MANIFEST_UNKNOWN: manifest unknown\. Check that team\/blog and what is asked of it exist at [\d.:]+; some registries also say this to an account without rights, and a proxy while its upstream is down\n$/,
      );
    });
  });

  it("speaks plain http to no other host than this machine, unless told to", async () => {
    // This reaches the same server, and is no loopback address.
    const lan = target.host.replace("127.0.0.1", "0.0.0.0");
    const refused = await run([from(), `${lan}/blog:1.0`]);
    assert.equal(refused.code, 1);
    assert.ok(
      refused.stderr.endsWith(
        `${lan} seems to speak plain http: allow that for this registry ("insecure") if the network is trusted: --insecure ${lan}\n`,
      ),
      refused.stderr,
    );
    assert.deepEqual(target.seen, []);
    const { code, stderr } = await run([from(), `${lan}/blog:1.0`, "--insecure", `${lan},${source.host}`]);
    assert.equal(code, 0, stderr);
    assert.equal(target.tagged("blog", "1.0"), digest);
  });

  describe("logs in", () => {
    it("with what the environment has", async () => {
      wantsBasic(source);
      wantsBasic(target);
      const login = {
        BERTH_TARGET_USERNAME: "me",
        BERTH_TARGET_PASSWORD: PASSWORD,
        CI_REGISTRY: source.host,
        CI_REGISTRY_USER: "me",
        CI_REGISTRY_PASSWORD: PASSWORD,
      };
      const { code, stderr } = await run([from(), to()], login);
      assert.equal(code, 0, stderr);
    });

    it("with Docker's own logins, from its file and from a helper", async () => {
      wantsBasic(source);
      wantsBasic(target);
      const helper = join(folder, "bin", "docker-credential-test");
      writeFileSync(
        helper,
        `#!/bin/sh\nread server\n[ "$server" = "${target.host}" ] || exit 1\nprintf '{"Username":"me","Secret":"${PASSWORD}"}'\n`,
      );
      chmodSync(helper, 0o755);
      const auths = { [source.host]: { auth: BASIC.slice(6) } };
      writeFileSync(
        join(folder, "config.json"),
        JSON.stringify({ auths, credHelpers: { [target.host]: "test" } }),
      );
      const { code, stderr } = await copy();
      assert.equal(code, 0, stderr);
    });

    it("with the login of each repository's path, out of the environment", async () => {
      const login = (user: string) => Buffer.from(`${user}:${PASSWORD}`).toString("base64");
      const { host } = source;
      const logins: Record<string, string> = {
        [host]: login("nobody"),
        [`${host}/team`]: login("reader"),
        [`${host}/blog`]: login("writer"),
      };
      const guard: Reply = (request, response) => {
        const wanted = logins[`${host}/${request.path.startsWith("/v2/team/blog/") ? "team" : "blog"}`];
        if (request.headers.authorization === `Basic ${wanted}`) return source.route(request, response);
        response.writeHead(401, { "www-authenticate": "Basic realm=x" }).end();
      };
      for (const method of ["GET", "HEAD", "POST", "PUT", "PATCH"])
        source.script(method, /./, guard, { times: 999 });
      const auths = Object.fromEntries(Object.entries(logins).map(([key, auth]) => [key, { auth }]));
      const { code, stderr } = await run([from(), `${host}/blog:2`], {
        DOCKER_AUTH_CONFIG: JSON.stringify({ auths }),
      });
      assert.deepEqual([code, source.tagged("blog", "2")], [0, digest], stderr);
    });

    it("not at all with what is meant for another registry", async () => {
      const login = {
        CI_REGISTRY: "registry.example.com",
        CI_REGISTRY_USER: "me",
        CI_REGISTRY_PASSWORD: PASSWORD,
      };
      assert.equal((await run([from(), to()], login)).code, 0);
      for (const { headers } of [...source.seen, ...target.seen])
        assert.equal(headers.authorization, undefined);
    });

    it("and says where a login can be given, where it needs one", async () => {
      wantsBasic(target);
      const { code, stderr } = await copy();
      assert.equal(code, 1);
      assert.match(
        stderr,
        /^berth: HEAD .*: 401\. No credentials for ([\d.:]+) were given: it wants some to pull from blog\. Set BERTH_TARGET_USERNAME and BERTH_TARGET_PASSWORD, or: docker login \1\n$/,
      );
    });

    it("and says which login it was that was refused", async () => {
      wantsBasic(source);
      const env = { CI_REGISTRY_USER: "me", CI_REGISTRY_PASSWORD: "wrong-password" };
      const { code, stderr } = await run([from(), to()], env);
      assert.equal(code, 1);
      assert.ok(!stderr.includes("wrong-password"));
      assert.match(
        stderr,
        /: 401\. The user name or password for [\d.:]+ was refused, or the account may not pull from team\/blog\. The login was taken from CI_REGISTRY_USER\n$/,
      );
    });

    it("and speaks of no login where a proxy names a token server that can't be one", async () => {
      const realm = { "www-authenticate": 'Bearer realm="nil://r.io/token"' };
      target.script("HEAD", /./, status(401, realm));
      const { code, stderr } = await copy();
      assert.deepEqual(
        [code, stderr],
        [
          1,
          `berth: GET http://${target.host}/v2/: 401 the registry names "nil://r.io/token" as its token server (realm): ` +
            "expected an http or https address. Let the proxy in front of it send Host, X-Forwarded-Proto and " +
            "X-Forwarded-Host correctly, the last without a port\n",
        ],
      );
    });

    it("by Basic at a Nexus that names null:// as its token server, and names that where it fails", async () => {
      const guard: Reply = (request, response) => {
        if (request.headers.authorization === BASIC) return target.route(request, response);
        const realm = `Bearer realm="null://${target.host}/v2/token",service="${target.host}/v2/token"`;
        response.writeHead(401, { "www-authenticate": realm }).end();
      };
      for (const method of ["GET", "HEAD", "POST", "PUT", "PATCH"])
        target.script(method, /./, guard, { times: 999 });
      const login = (password: string) => ({
        BERTH_TARGET_USERNAME: "me",
        BERTH_TARGET_PASSWORD: password,
      });
      const { code, stderr } = await run([from(), to()], login(PASSWORD));
      assert.deepEqual([code, target.tagged("blog", "1.0")], [0, digest], stderr);
      const words =
        "It names null:// as its token server, a fault of Nexus from 3.77 on in plain http, so that only a user name and a " +
        "password sent as they are (Basic) work there";
      const wrong = await run([from(), to()], login("wrong-password"));
      const about = `berth: HEAD http://${target.host}/v2/blog/manifests/1.0: 401. `;
      const refused = `The user name or password for ${target.host} was refused, or the account may not pull from blog. `;
      assert.deepEqual(
        [wrong.code, wrong.stderr],
        [1, `${about}${refused}${words}. The login was taken from BERTH_TARGET_USERNAME\n`],
      );
      const nobody = await copy();
      const wanting = `No credentials for ${target.host} were given: it wants some to pull from blog. ${words}. `;
      const advice = `Set BERTH_TARGET_USERNAME and BERTH_TARGET_PASSWORD, or: docker login ${target.host}\n`;
      assert.deepEqual([nobody.code, nobody.stderr], [1, `${about}${wanting}${advice}`]);
    });

    it("never with half a login, nor past a broken file (exit 2)", async () => {
      const half = await run([from(), to()], { BERTH_SOURCE_USERNAME: "me" });
      assert.deepEqual(
        [half.code, half.stderr],
        [2, "berth: BERTH_SOURCE_USERNAME is set, but BERTH_SOURCE_PASSWORD is not: set both, or neither\n"],
      );
      writeFileSync(join(folder, "config.json"), `{"auths": {"r.io": {"auth": "${BASIC.slice(6)}"`);
      const broken = await copy();
      assert.deepEqual(
        [broken.code, broken.stderr],
        [
          2,
          `berth: Docker's configuration ${join(folder, "config.json")}: expected a JSON object, got something else. ` +
            "Correct it, or set DOCKER_CONFIG to another folder\n",
        ],
      );
    });
  });

  describe("of an image whose signature is gone at the source", () => {
    let signature: string;

    beforeEach(() => {
      source.referrersApi = true;
      const { mediaType, bytes } = source.manifests.get(`team/blog@${digest}`)!;
      const subject = { mediaType, digest, size: bytes.length };
      signature = source.addImage("team/blog", ["signature"], { subject });
      source.blobs.delete(sha256("signature"));
    });

    const warning = () =>
      `Warning: ${signature}, which refers to ${digest}, is lost: GET http://${source.host}/`;

    it("copies the image and tells the loss, to people and to machines", async () => {
      const { code, stdout, stderr } = await copy();
      assert.equal(code, 0, stderr);
      assert.ok(stderr.includes(warning()), stderr);
      assert.match(
        stdout,
        /\n1 of 1 manifest copied; 0 of 1 referrer copied; 1 referrer lost; tag 1\.0 set\n$/,
      );
      const again = await copy("--json");
      assert.ok(again.stderr.includes(warning()), again.stderr);
      const { lost } = JSON.parse(again.stdout) as CopyResult;
      assert.deepEqual(
        lost?.map(({ subject, referrers }) => [subject, referrers]),
        [[digest, [signature]]],
      );
    });

    it("fails where it is to be strict, and leaves all of it where it is to", async () => {
      const ways: [string[], NodeJS.ProcessEnv][] = [
        [["--strict-referrers"], {}],
        [[], { BERTH_REFERRERS: "strict" }],
      ];
      for (const [flags, env] of ways) {
        const { code, stderr } = await run([from(), to(), ...flags], env);
        assert.equal(code, 1);
        assert.match(stderr, /: 404 BLOB_UNKNOWN/);
        assert.equal(target.tagged("blog", "1.0"), undefined);
      }
      const left = await run([from(), to()], { BERTH_REFERRERS: "none" });
      assert.deepEqual([left.code, left.stderr.includes("Warning")], [0, false]);
      const flag = await run([from(), to(), "--no-referrers"], { BERTH_REFERRERS: "strict" });
      assert.equal(flag.code, 0, flag.stderr);
    });

    it("refuses a wish that is none (exit 2)", async () => {
      const both = await copy("--no-referrers", "--strict-referrers");
      assert.deepEqual(
        [both.code, both.stderr],
        [2, "berth: --no-referrers copies none, so --strict-referrers can't go with it.\n"],
      );
      const odd = await run([from(), to()], { BERTH_REFERRERS: "some" });
      assert.deepEqual(
        [odd.code, odd.stderr],
        [2, 'berth: BERTH_REFERRERS: expected all, none, strict, got "some"\n'],
      );
    });
  });

  describe("stops", () => {
    /** A source that sends the first half of its large layer and then nothing. */
    const halfway = async (): Promise<void> => {
      const layer = randomBytes(3_000_000);
      digest = source.addImage("team/blog", [layer], { tag: "1.0" });
      const half: Reply = (_request, response) => {
        response.writeHead(200, { "content-length": layer.length });
        response.write(layer.subarray(0, 1_000_000));
      };
      source.script("GET", new RegExp(sha256(layer)), half);
    };
    const untilSeen = async (path: RegExp) => {
      const started = Date.now();
      while (source.requests("GET", path).length === 0) {
        assert.ok(Date.now() - started < 60_000, "the copy has not begun");
        await sleep(20);
      }
      await sleep(100);
    };

    for (const name of STOP_SIGNALS)
      it(`at ${name} in good order: exit 1, no tag, and the next run ends it`, async () => {
        await halfway();
        const { child, ended } = begin([from(), to()]);
        await untilSeen(/blobs/);
        child.kill(name);
        const { code, stdout, stderr } = await ended;
        assert.deepEqual([code, stdout, target.tagged("blog", "1.0")], [1, "", undefined]);
        assert.equal(
          stderr,
          "Copying blobs: 2 of 2, 3.0 MB\n" +
            "Stopping. What is on its way gets a few seconds; once more: at once.\n" +
            `berth: stopped by ${name} before the tag was set. What has arrived stays, and the same command goes on from there\n`,
        );
        assert.equal((await copy()).code, 0);
        assert.equal(target.tagged("blog", "1.0"), digest);
      });

    it("at once at the second signal", async () => {
      const script = `require("${compiledSources("automation/terminal/stop-signals")}").stopOnSignals(() => "x").signal
        .addEventListener("abort", () => console.log("stopping")); setInterval(() => undefined, 1000); console.log("ready");`;
      const { child, ended, said } = start([process.execPath, "-e", script]);
      const until = async (word: string) => {
        for (const started = Date.now(); !said().includes(word); await sleep(20))
          assert.ok(Date.now() - started < 60_000, `no "${word}": ${said()}`);
      };
      await until("ready");
      child.kill("SIGINT");
      await until("stopping");
      assert.equal(child.exitCode, null);
      child.kill("SIGINT");
      await ended;
      assert.equal(child.signalCode, "SIGINT");
    });

    it("in good order where its terminal is lost, of which it is told twice and nobody reads what it says", async () => {
      await halfway();
      const { child, ended } = begin([from(), to()]);
      await untilSeen(/blobs/);
      for (const stream of [child.stdout, child.stderr]) stream.destroy();
      child.kill("SIGHUP");
      await sleep(100);
      child.kill("SIGHUP");
      await ended;
      assert.deepEqual(
        [child.exitCode, child.signalCode, target.tagged("blog", "1.0")],
        [1, null, undefined],
      );
    });

    it("a credential helper that hangs, too", async () => {
      const helper = join(folder, "bin", "docker-credential-slow");
      writeFileSync(helper, `#!/bin/sh\ntouch ${folder}/asked\nexec sleep 30\n`);
      chmodSync(helper, 0o755);
      writeFileSync(join(folder, "config.json"), JSON.stringify({ credsStore: "slow" }));
      const { child, ended } = begin([from(), to(), "--json"]);
      for (const started = Date.now(); !existsSync(join(folder, "asked")); await sleep(20))
        assert.ok(Date.now() - started < 60_000, "the helper is not asked");
      child.kill("SIGINT");
      const { code, stderr } = await ended;
      assert.equal(code, 1);
      assert.match(stderr, /^berth: stopped by SIGINT before the tag was set/);
    });
  });

  it("keeps a refusal in one line, and has the place it came from with --debug", async () => {
    source.script("GET", /manifests/, status(403), { times: 99 });
    const { stderr } = await copy();
    assert.equal(stderr.trim().split("\n").length, 1);
    const debug = await start([process.execPath, BERTH, "--debug", "copy", from(), to()], {
      PATH: process.env["PATH"],
      HOME: folder,
      DOCKER_CONFIG: folder,
    }).ended;
    assert.match(debug.stderr, /components\/registry\/session\.ts:\d+/);
  });
});
