import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { CredentialHelperError } from "../../../components/registry/logins/credential-helper";
import { dockerLogin } from "../../../components/registry/logins/docker-config";
import {
  dockerConfigFile,
  InvalidDockerConfig,
  loginPlaces,
} from "../../../components/registry/logins/login-places";

const PASSWORD = "hunter2: with a colon and ünicode";
const base64 = (text: string) => Buffer.from(text).toString("base64");
const AUTH = base64(`me:${PASSWORD}`);

describe("Docker's own logins", () => {
  let folder: string;
  let file: string;
  // A home of its own: whoever runs this may have logins.
  const env = () => ({
    DOCKER_CONFIG: folder,
    HOME: folder,
    PATH: `${join(folder, "bin")}:${process.env["PATH"]}`,
  });
  const find = (registry: string, more: { helperTimeLimit?: number; signal?: AbortSignal } = {}) =>
    dockerLogin({ registry, env: env(), ...more });
  const config = (content: unknown) =>
    writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
  const refusal = async (registry = "r.io"): Promise<Error> => {
    const error = await find(registry).then(
      (found) => assert.fail(`expected an error, got ${JSON.stringify(found)}`),
      (reason: Error) => reason,
    );
    assert.ok(!error.message.includes("hunter2"), error.message);
    assert.ok(!error.message.includes(AUTH.slice(0, 8)), error.message);
    assert.ok(error.message.includes(file), `the file is not named: ${error.message}`);
    return error;
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "berth-docker-config-"));
    file = join(folder, "config.json");
    mkdirSync(join(folder, "bin"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  describe("in the file", () => {
    it("are none where there is no file, and none in an empty one", async () => {
      assert.equal(await find("r.io"), undefined);
      assert.equal(
        await dockerLogin({ registry: "r.io", env: { ...env(), DOCKER_CONFIG: file } }),
        undefined,
      );
      config({});
      assert.equal(await find("r.io"), undefined);
      config({ auths: { "r.io": {} } });
      assert.equal(await find("r.io"), undefined);
    });

    it("are none where the file has nothing in it at all", async () => {
      for (const text of ["", " \n", "\uFEFF"]) {
        config(text);
        assert.equal(await find("r.io"), undefined);
      }
    });

    it("are asked for in a folder: the file's own name in DOCKER_CONFIG is told as a mistake", async () => {
      config({ auths: { "r.io": { auth: AUTH } } });
      const asked = dockerLogin({ registry: "r.io", env: { ...env(), DOCKER_CONFIG: file } });
      await assert.rejects(asked, (error: Error) => {
        assert.ok(error instanceof InvalidDockerConfig);
        assert.match(
          error.message,
          /^DOCKER_CONFIG: expected the folder that config\.json is in, got the file/,
        );
        return true;
      });
    });

    it("are the same with the port of https and without", async () => {
      config({
        auths: {
          "r.io": { auth: AUTH },
          "https://s.io:443/v2/": { auth: AUTH },
          "t.io:4430": { auth: AUTH },
        },
      });
      for (const host of ["r.io", "r.io:443", "s.io", "s.io:443"]) assert.ok(await find(host), host);
      for (const host of ["r.io:4430", "r.io:80", "t.io", "t.io:443"])
        assert.equal(await find(host), undefined);
    });

    it("of podman are in /run, by the user's number, where there is no XDG_RUNTIME_DIR", () => {
      const names = (more: NodeJS.ProcessEnv) =>
        loginPlaces({ HOME: "/home/me", ...more }).map(({ name }) => name);
      const home = ["/home/me/.config/containers/auth.json", "/home/me/.docker/config.json"];
      assert.deepEqual(names({}), [`/run/containers/${process.getuid!()}/auth.json`, ...home]);
      assert.deepEqual(names({ XDG_RUNTIME_DIR: "/run/user/7" }), [
        "/run/user/7/containers/auth.json",
        ...home,
      ]);
    });

    it("is in $DOCKER_CONFIG, else in the home folder", () => {
      assert.equal(dockerConfigFile({ DOCKER_CONFIG: "/etc/docker" }), "/etc/docker/config.json");
      assert.equal(dockerConfigFile({ HOME: "/home/me" }), "/home/me/.docker/config.json");
      assert.equal(dockerConfigFile({ DOCKER_CONFIG: "", HOME: "/home/me" }), "/home/me/.docker/config.json");
      assert.match(dockerConfigFile({}), /^\/.*\.docker\/config\.json$/);
    });

    it("are base64, plain, or an identity token, in Docker's order", async () => {
      const account = { username: "me", password: PASSWORD };
      config({
        auths: {
          "base64.io": { auth: AUTH, username: "other", password: "other" },
          "plain.io:5000": { username: "me", password: PASSWORD },
          "token.io": { auth: base64("00000000-0000:"), identitytoken: "refresh-me" },
          "zero.io": { auth: base64("me:secret\0\0") },
          "empty.io": { auth: base64("me:") },
        },
      });
      assert.deepEqual(await find("base64.io"), { account, origin: file, scope: "base64.io" });
      assert.deepEqual((await find("plain.io:5000"))?.account, account);
      assert.deepEqual((await find("token.io"))?.account, { identityToken: "refresh-me" });
      assert.deepEqual((await find("zero.io"))?.account, { username: "me", password: "secret" });
      assert.deepEqual((await find("empty.io"))?.account, { username: "me", password: "" });
    });

    for (const key of [
      "r.io",
      "https://r.io",
      "http://r.io",
      "https://r.io/",
      "https://r.io/v1/",
      "r.io/v2/",
      "R.IO",
    ])
      it(`are found for r.io under ${key}`, async () => {
        config({ auths: { "not-r.io": { auth: base64("no:no") }, [key]: { auth: AUTH } } });
        assert.deepEqual((await find("r.io"))?.account, { username: "me", password: PASSWORD });
      });

    for (const key of [
      "https://index.docker.io/v1/",
      "index.docker.io",
      "docker.io",
      "https://registry-1.docker.io/v2/",
    ])
      it(`are found for Docker Hub under ${key}`, async () => {
        config({ auths: { [key]: { auth: AUTH } } });
        for (const host of ["docker.io", "registry-1.docker.io"])
          assert.deepEqual((await find(host))?.account, { username: "me", password: PASSWORD });
      });

    it("prefer a host's plain name, and pass over entries that credential stores leave empty", async () => {
      config({
        auths: {
          "https://r.io/v1/": { auth: base64("old:old") },
          "r.io": { auth: AUTH },
          "s.io": {},
          "https://s.io": { auth: AUTH },
        },
      });
      assert.deepEqual((await find("r.io"))?.account, { username: "me", password: PASSWORD });
      assert.deepEqual((await find("s.io"))?.account, { username: "me", password: PASSWORD });
    });

    it("are read with line breaks in their Base64, as programs leave them", async () => {
      const long = { username: "me", password: `${PASSWORD}${"x".repeat(200)}` };
      const encoded = base64(`me:${long.password}`);
      for (const end of ["\n", "\r\n", " "]) {
        config({ auths: { "r.io": { auth: encoded.replace(/.{76}/g, `$&${end}`) + end } } });
        assert.deepEqual((await find("r.io"))?.account, long);
      }
    });

    for (const other of [
      "r.io:5000",
      "r.io.evil.example",
      "evil.example/r.io",
      "https://evil.example/@r.io",
      "xr.io",
      "r.io@evil.example",
    ])
      it(`for ${other} never go to r.io`, async () => {
        config({ auths: { [other]: { auth: AUTH } } });
        assert.equal(await find("r.io"), undefined);
      });

    const broken: [string, unknown, RegExp][] = [
      [
        "a text that is no JSON",
        `{"auths": {"r.io": {"auth": "${AUTH}"`,
        /expected a JSON object, got something else\. Correct it, or set DOCKER_CONFIG/,
      ],
      ["a list", [AUTH], /expected a JSON object/],
      ["auths that is a list", { auths: [AUTH] }, /expected an object at auths$/],
      ["an entry that is a text", { auths: { "r.io": AUTH } }, /expected an object at auths\["r\.io"\]$/],
      [
        "auth without a colon",
        { auths: { "r.io": { auth: base64("hunter2") } } },
        /expected base64 of a user name, a colon and a password at auths\["r\.io"\]\.auth$/,
      ],
      [
        "auth that is no base64",
        { auths: { "r.io": { auth: `me:${PASSWORD}` } } },
        /expected base64 of .* at auths/,
      ],
      [
        "a password that is a number",
        { auths: { "r.io": { username: "me", password: 1 } } },
        /expected a text at auths\["r\.io"\]\.password$/,
      ],
      ["credHelpers that is a text", { credHelpers: "hunter2" }, /expected an object at credHelpers$/],
      [
        "a helper that is a list",
        { credHelpers: { "r.io": ["hunter2"] } },
        /expected a name at credHelpers\["r\.io"\]$/,
      ],
      ["a store that is a number", { credsStore: 5 }, /expected a name at credsStore$/],
    ];
    for (const [what, content, message] of broken)
      it(`name the file, and nothing of its content, for ${what}`, async () => {
        config(content);
        const error = await refusal();
        assert.ok(error instanceof InvalidDockerConfig);
        assert.match(error.message, message);
      });

    it("take a byte order mark, and leave what is broken for other registries alone", async () => {
      config(`\uFEFF${JSON.stringify({ auths: { "r.io": { auth: AUTH }, "s.io": { auth: "!" } } })}`);
      assert.ok(await find("r.io"));
    });

    it("say so where the file can't be read", async () => {
      mkdirSync(file);
      assert.match(
        (await refusal()).message,
        /^Docker's configuration .*config\.json can't be read \(EISDIR\)$/,
      );
    });

    it("give a login or an InvalidDockerConfig for any 500 files, and never show what is in them", async () => {
      const secret = "hunter2-in-any-place";
      const text = fc.oneof(fc.string(), fc.constant(secret), fc.constant(base64(`me:${secret}`)));
      const entry = fc.oneof(
        fc.dictionary(
          fc.constantFrom("auth", "username", "password", "identitytoken"),
          fc.oneof(text, fc.jsonValue()),
        ),
        fc.jsonValue(),
      );
      const content = fc.oneof(
        fc.record({ auths: fc.dictionary(fc.constantFrom("r.io", "https://r.io/v1/", "__proto__"), entry) }),
        fc.jsonValue(),
      );
      await fc.assert(
        fc.asyncProperty(content, fc.nat(3), async (value, cut) => {
          config(JSON.stringify(value).slice(0, cut === 0 ? -1 : undefined));
          const found = await find("r.io").catch((error: Error) => {
            assert.ok(error instanceof InvalidDockerConfig, `${error.stack}`);
            assert.ok(!error.message.includes(secret) && !error.message.includes(base64(`me:${secret}`)));
            return undefined;
          });
          if (found !== undefined) assert.equal(found.origin, file);
        }),
        { numRuns: 500 },
      );
    });
  });

  describe("for a part of a registry", () => {
    const auths = (...names: string[]) =>
      Object.fromEntries(names.map((name) => [name, { auth: base64(`${name}:pw`) }]));
    const user = async (repository?: string, registry = "r.io") => {
      const found = await dockerLogin({ registry, repository, env: env() });
      return found && [(found.account as { username: string }).username, found.scope];
    };

    it("go to the repositories below the longest path that has them, whatever their order", async () => {
      const names = ["r.io/team", "r.io", "r.io/team/blog/deep", "r.io/team/blog", "r.io/te"];
      for (const order of [names, [...names].reverse()]) {
        config({ auths: auths(...order) });
        assert.deepEqual(await user("team/blog"), ["r.io/team/blog", "r.io/team/blog"]);
        assert.deepEqual(await user("team/blog/deep/er"), ["r.io/team/blog/deep", "r.io/team/blog/deep"]);
        assert.deepEqual(await user("team/blogs"), ["r.io/team", "r.io/team"]);
        assert.deepEqual(await user("teams/blog"), ["r.io", "r.io"]);
        assert.deepEqual(await user(), ["r.io", "r.io"]);
      }
    });

    it("go to no other part, and to no other host", async () => {
      config({ auths: auths("r.io/team/blog", "s.io") });
      for (const repository of ["team", "team/blogs", "team/other", "blog", undefined])
        assert.equal(await user(repository), undefined, repository);
      assert.equal(await user("team/blog", "t.io"), undefined);
    });

    it("are Docker Hub's, too, and whoever's host is written otherwise", async () => {
      config({ auths: auths("docker.io/team", "index.docker.io", "R.IO/team/") });
      assert.deepEqual(await user("team/blog", "docker.io"), ["docker.io/team", "docker.io/team"]);
      assert.deepEqual(await user("library/alpine", "docker.io"), ["index.docker.io", "docker.io"]);
      assert.deepEqual(await user("team/blog"), ["R.IO/team/", "r.io/team"]);
    });

    it("are those for all of it where the address is that of an API", async () => {
      config({ auths: { "https://r.io/team/other": { auth: AUTH } } });
      assert.deepEqual(await user("blog"), ["me", "r.io"]);
    });

    it("pass over an entry that a credential store leaves empty", async () => {
      config({ auths: { ...auths("r.io"), "r.io/team": {} } });
      assert.deepEqual(await user("team/blog"), ["r.io", "r.io"]);
    });
  });

  describe("in other places", () => {
    const place = (path: string, username: string, host = "r.io") => {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, JSON.stringify({ auths: { [host]: { username, password: "pw" } } }));
      return path;
    };
    const who = async (more: NodeJS.ProcessEnv) => {
      const found = await dockerLogin({ registry: "r.io", env: { ...env(), ...more } });
      return found && [(found.account as { username: string }).username, found.origin];
    };
    const text = (username: string, host = "r.io") =>
      JSON.stringify({ auths: { [host]: { auth: base64(`${username}:pw`) } } });

    it("are looked for in the order that Docker and skopeo have", async () => {
      const runtime = join(folder, "run");
      const named = { REGISTRY_AUTH_FILE: place(join(folder, "named.json"), "named") };
      const variables = { ...named, DOCKER_AUTH_CONFIG: text("variable"), XDG_RUNTIME_DIR: runtime };
      place(file, "docker");
      assert.deepEqual(await who({}), ["docker", file]);
      const home = place(join(folder, ".config", "containers", "auth.json"), "home");
      assert.deepEqual(await who({}), ["home", home]);
      const xdg = place(join(folder, "xdg", "containers", "auth.json"), "xdg");
      assert.deepEqual(await who({ XDG_CONFIG_HOME: join(folder, "xdg") }), ["xdg", xdg]);
      const run = place(join(runtime, "containers", "auth.json"), "run");
      assert.deepEqual(await who({ XDG_RUNTIME_DIR: runtime }), ["run", run]);
      assert.deepEqual(await who({ ...named, XDG_RUNTIME_DIR: runtime }), [
        "named",
        named.REGISTRY_AUTH_FILE,
      ]);
      assert.deepEqual(await who(variables), ["variable", "DOCKER_AUTH_CONFIG"]);
    });

    it("are looked for further where one has none for the registry", async () => {
      const runtime = join(folder, "run");
      place(file, "docker");
      place(join(runtime, "containers", "auth.json"), "run", "other.io");
      const DOCKER_AUTH_CONFIG = text("variable", "other.io");
      assert.deepEqual(await who({ DOCKER_AUTH_CONFIG, XDG_RUNTIME_DIR: runtime }), ["docker", file]);
      // What is named takes the place of the usual one.
      place(join(runtime, "containers", "auth.json"), "run");
      const REGISTRY_AUTH_FILE = place(join(folder, "named.json"), "named", "other.io");
      assert.deepEqual(await who({ REGISTRY_AUTH_FILE, XDG_RUNTIME_DIR: runtime }), ["docker", file]);
    });

    it("are none in empty variables", async () => {
      place(file, "docker");
      const empty = {
        DOCKER_AUTH_CONFIG: "",
        REGISTRY_AUTH_FILE: "",
        XDG_RUNTIME_DIR: "",
        XDG_CONFIG_HOME: "",
      };
      assert.deepEqual(await who(empty), ["docker", file]);
    });

    const broken: [string, () => NodeJS.ProcessEnv, RegExp][] = [
      [
        "the variable holds none",
        () => ({ DOCKER_AUTH_CONFIG: `{"auths": "${AUTH}` }),
        /^The environment's DOCKER_AUTH_CONFIG: expected a JSON object, got something else\. Correct the variable$/,
      ],
      [
        "an entry of the variable is none",
        () => ({ DOCKER_AUTH_CONFIG: JSON.stringify({ auths: { "r.io": { auth: "hunter2!" } } }) }),
        /^The environment's DOCKER_AUTH_CONFIG: expected base64 of .* at auths\["r\.io"\]\.auth$/,
      ],
      [
        "a file that is named isn't there",
        () => ({ REGISTRY_AUTH_FILE: join(folder, "none.json") }),
        /^The file of REGISTRY_AUTH_FILE, .*none\.json, isn't there\. Correct the variable, or log in$/,
      ],
      [
        "skopeo's file is broken",
        () => {
          mkdirSync(join(folder, "containers"));
          writeFileSync(join(folder, "containers", "auth.json"), "hunter2");
          return { XDG_RUNTIME_DIR: folder };
        },
        /^The logins of skopeo and podman in .*auth\.json: expected a JSON object, .*set REGISTRY_AUTH_FILE to another file$/,
      ],
    ];
    for (const [what, arrange, message] of broken)
      it(`are an error that names the place, and nothing in it, where ${what}`, async () => {
        await assert.rejects(who(arrange()), (error: Error) => {
          assert.ok(error instanceof InvalidDockerConfig);
          assert.match(error.message, message);
          return !error.message.includes("hunter2") && !error.message.includes(AUTH.slice(0, 8));
        });
      });
  });

  describe("from a credential helper", () => {
    const helper = (name: string, script: string) => {
      const path = join(folder, "bin", `docker-credential-${name}`);
      writeFileSync(path, `#!/bin/sh\n${script}\n`);
      chmodSync(path, 0o755);
    };
    const answer = (username: string, secret: string) =>
      `printf '%s' '${JSON.stringify({ ServerURL: "", Username: username, Secret: secret })}'`;

    it("are asked for by name, with the registry on its standard input", async () => {
      helper("mine", `[ "$1" = get ] || exit 9; cat > ${folder}/asked; ${answer("me", PASSWORD)}`);
      config({ credsStore: "mine" });
      assert.deepEqual(await find("r.io:5000"), {
        account: { username: "me", password: PASSWORD },
        origin: "docker-credential-mine",
        scope: "r.io:5000",
      });
      const asked = () => readFileSync(join(folder, "asked"), "utf8");
      assert.equal(asked(), "r.io:5000");
      await find("docker.io");
      assert.equal(asked(), "https://index.docker.io/v1/");
    });

    it("come from the registry's own helper before the general one, and from none where that is empty", async () => {
      helper("own", answer("own", "x"));
      helper("general", answer("general", "x"));
      config({
        credsStore: "general",
        credHelpers: { "https://r.io": "own", "s.io": "", "docker.io": "own" },
        auths: { "s.io": { auth: AUTH } },
      });
      const user = async (registry: string) =>
        ((await find(registry))?.account as { username: string }).username;
      assert.deepEqual(await Promise.all(["r.io", "s.io", "t.io", "docker.io"].map(user)), [
        "own",
        "me",
        "general",
        "own",
      ]);
    });

    it("are an identity token where the user name says so", async () => {
      helper("mine", answer("<token>", "refresh-me"));
      config({ credsStore: "mine" });
      assert.deepEqual((await find("r.io"))?.account, { identityToken: "refresh-me" });
    });

    it("are none, or the file's, where the helper has none", async () => {
      helper("mine", 'echo "credentials not found in native keychain"; exit 1');
      config({ credsStore: "mine" });
      assert.equal(await find("r.io"), undefined);
      config({ credsStore: "mine", auths: { "r.io": { auth: AUTH } } });
      assert.equal((await find("r.io"))?.origin, file);
    });

    it("take a helper that ends without reading, and one that leaves a daemon with its pipes", async () => {
      helper("mine", `(sleep 5 &) ; ${answer("me", "x")}`);
      config({ credsStore: "mine" });
      const started = Date.now();
      assert.ok(await find("r.io"));
      assert.ok(Date.now() - started < 3000, `${Date.now() - started} ms`);
    });

    const failing: [string, string, RegExp][] = [
      [
        "fails",
        "echo 'no keyring: is gpg-agent running?' >&2; exit 3",
        /was asked for the login of r\.io: it failed \(exit code 3\): no keyring: is gpg-agent running\?$/,
      ],
      [
        "says why on standard output",
        "echo 'error getting credentials: No secret key'; exit 1",
        /\(exit code 1\): error getting credentials: No secret key$/,
      ],
      ["fails after its answer", `${answer("me", "hunter2")}; exit 1`, /it failed \(exit code 1\)$/],
      ["fails with half an answer", `echo 'Secret: hunter2'; exit 1`, /it failed \(exit code 1\)$/],
      ["says nothing", "exit 0", /expected JSON with "Username" and "Secret", got something else$/],
      ["answers what is no JSON", "echo hunter2", /got something else$/],
      ["answers without a secret", `echo '{"Username":"hunter2"}'`, /got something else$/],
      ["is killed", "kill -9 $$", /exit code none, it was killed/],
    ];
    for (const [what, script, message] of failing)
      it(`are an error that names helper and file where it ${what}`, async () => {
        helper("bad", script);
        config({ credsStore: "bad" });
        const error = await refusal();
        assert.ok(error instanceof CredentialHelperError);
        assert.match(error.message, /^Docker's credential helper docker-credential-bad, named in /);
        assert.match(error.message, message);
      });

    it("are an error where there is no such helper, or it is no program", async () => {
      config({ credsStore: "desktop" });
      assert.match(
        (await refusal()).message,
        /no such program on the PATH\. Install docker-credential-desktop, take it out of that file, or set DOCKER_CONFIG/,
      );
      writeFileSync(join(folder, "bin", "docker-credential-desktop"), "text");
      assert.match((await refusal()).message, /it can't be started \(EACCES\)/);
    });

    it("never run a program elsewhere", async () => {
      helper("own", answer("me", "x"));
      for (const name of ["../bin/docker-credential-own", "x/../../own", "own; id", "-own", " own"]) {
        config({ credHelpers: { "r.io": name } });
        assert.match((await refusal()).message, /expected a name of letters, digits and hyphens, not a path/);
      }
    });

    it("end a helper that hangs, at its time limit or when told to", async () => {
      helper("mine", `echo $$ > ${folder}/pid; exec sleep 60`);
      config({ credsStore: "mine" });
      const started = Date.now();
      await assert.rejects(
        find("r.io", { helperTimeLimit: 300 }),
        /it did not answer in 0\.3 s and was ended; does it wait for a password or a keyring\?/,
      );
      const pid = Number(readFileSync(join(folder, "pid"), "utf8"));
      while (isRunning(pid)) {
        assert.ok(Date.now() - started < 10_000, "the helper still runs");
        await sleep(10);
      }
      const stop = new AbortController();
      setTimeout(() => stop.abort(new Error("stopped by the test")), 50);
      await assert.rejects(find("r.io", { signal: stop.signal }), /stopped by the test/);
      assert.ok(Date.now() - started < 10_000);
    });

    it("stop one that writes without end", async () => {
      helper("mine", "yes hunter2");
      config({ credsStore: "mine" });
      assert.match((await refusal()).message, /it wrote more than 1 MiB/);
    });
  });
});

/** A killed process stays listed until its parent has taken note of its end. */
function isRunning(pid: number): boolean {
  const status = `/proc/${pid}/status`;
  return existsSync(status) && !/^State:\s+Z/m.test(readFileSync(status, "utf8"));
}
