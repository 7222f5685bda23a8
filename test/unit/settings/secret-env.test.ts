import assert from "node:assert/strict";
import { parseSettings } from "../../../components/settings/settings";
import { problemsOf } from "../../support/settings-problems";

const SECRET = "hunter22";

function problems(over: object, app: object = { port: 80, publish: 8080, servers: ["web"] }) {
  const gitlab = { url: "http://gitlab.test", registry: "gitlab.test:5050", project: "team/site" };
  const servers = { web: { docker: "tcp://web.test:2375", address: "web.test" } };
  const nexus = { hostname: "nexus.test", eula: "accepted" };
  return problemsOf(() =>
    parseSettings({ nexus, gitlab, servers, apps: { blog: { build: {}, ...app, ...over } } }),
  );
}

describe("secrets as variables, in settings", () => {
  it("are named as they are, or with _FILE behind them for their paths", () => {
    const secrets = { URL: SECRET, KEY: SECRET, TLS_FILE: SECRET };
    assert.deepEqual(problems({ secrets, secretEnv: ["URL", "URL_FILE", "KEY_FILE", "TLS_FILE"] }), []);
  });

  it("are secrets of the app, once, and not in env as well", () => {
    const expected = "or one with _FILE behind it for the path of its file, got";
    const secretEnv = ["URL", "URL", "GONE", "GONE_FILE", "MODE_FILE"];
    const env = { URL: "x", MODE_FILE: "/mode" };
    assert.deepEqual(problems({ secrets: { URL: SECRET, MODE: SECRET }, env, secretEnv }), [
      "berth:apps.blog.secretEnv.0: env has URL as well: leave one of the two out",
      "berth:apps.blog.secretEnv.1: URL is given twice",
      "berth:apps.blog.secretEnv.1: env has URL as well: leave one of the two out",
      `berth:apps.blog.secretEnv.2: expected one of the app's secrets (URL, MODE), ${expected} GONE`,
      `berth:apps.blog.secretEnv.3: expected one of the app's secrets (URL, MODE), ${expected} GONE_FILE`,
      "berth:apps.blog.secretEnv.4: env has MODE_FILE as well: leave one of the two out",
    ]);
    assert.deepEqual(problems({ secretEnv: ["URL"] }), [
      `berth:apps.blog.secretEnv.0: expected one of the app's secrets (there is none), ${expected} URL`,
    ]);
  });

  it("have names of variables", () => {
    const secrets = { "tls.key": SECRET };
    assert.deepEqual(problems({ secrets, secretEnv: ["tls.key"] }), [
      `berth:apps.blog.secretEnv.0: expected a variable's name of letters, digits and _, got "tls.key"`,
    ]);
    assert.deepEqual(problems({ secrets, secretEnv: "URL" }), [
      `berth:apps.blog.secretEnv: expected a list of the names of secrets, got "URL"`,
    ]);
  });

  it("are what a variable can hold; no message has a value, and their paths are always possible", () => {
    const secrets = {
      ZERO: `${SECRET}\0`,
      LONG: "ü".repeat(64 * 1024 - 3),
      LONGER: "ü".repeat(64 * 1024 - 2),
    };
    assert.deepEqual(problems({ secrets, secretEnv: ["LONG", "ZERO_FILE", "LONGER_FILE"] }), []);
    assert.deepEqual(problems({ secrets, secretEnv: ["ZERO", "LONGER"] }), [
      "berth:apps.blog.secretEnv.0: the secret ZERO has a zero byte, which no environment variable can have: " +
        "let the app read its file, ZERO_FILE",
      "berth:apps.blog.secretEnv.1: the secret LONGER is longer than an environment variable may be (128 KiB): " +
        "let the app read its file, LONGER_FILE",
    ]);
  });

  it("are for servers: a cluster has its own", () => {
    const gitops = { project: "team/prod", branch: "main", path: "blog.yaml", values: { digest: "digest" } };
    assert.match(
      problems({ secrets: { URL: SECRET }, secretEnv: ["URL"] }, { gitops })[0]!,
      /^berth:apps\.blog: secrets, secretEnv: for containers on servers, and this app has none/,
    );
  });
});
