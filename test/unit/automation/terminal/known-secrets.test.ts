import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { secretsOf } from "../../../../automation/terminal/known-secrets";
import { WholeLines } from "../../../../automation/terminal/report";
import { Secrets } from "../../../../components/http/secrets";

describe("the secrets that are known", () => {
  it("are those of the environment, by the names of its variables, and in the files that they name", () => {
    const dir = mkdtempSync(join(tmpdir(), "berth-secrets-"));
    const file = join(dir, "token");
    writeFileSync(file, "in-a-file-of-type-File\n");
    const secrets = secretsOf({
      HUB_PASSWORD: "hub-password",
      npm_config__authToken: "npm-token-1",
      CI_JOB_TOKEN: "short",
      BERTH_GITLAB_TOKEN: file,
      AWS_SECRET_ACCESS_KEY: "/begins/with/a/slash",
      NPM_TOKEN: "dev",
      SOME_TOKEN_DIR: dir,
      GONE_TOKEN_FILE: join(dir, "gone"),
      CI_COMMIT_SHA: "3f2a91c04d7e",
    });
    const shown = (text: string) => secrets.scrub(text) === text;
    for (const hidden of [
      "hub-password",
      "npm-token-1",
      "short",
      "in-a-file-of-type-File",
      "/begins/with/a/slash",
    ])
      assert.equal(secrets.scrub(`<${hidden}>`), "<***>");
    for (const text of ["dev", dir, file, join(dir, "gone"), "3f2a91c04d7e"]) assert.ok(shown(text), text);
    rmSync(dir, { recursive: true });
  });

  it("leave the line break behind them, though a file has one at its end", () => {
    const secrets = new Secrets();
    secrets.keep("t0ken-of-a-file\n");
    const base64 = Buffer.from("t0ken-of-a-file\n").toString("base64");
    assert.equal(secrets.scrub(`t0ken-of-a-file\n${base64}\n`), "***\n***\n");
  });

  it("are no short words and numbers, which stand in any text by chance, unless they were sent as a credential", () => {
    const secrets = new Secrets();
    const common = ["true", "admin", "Python", "PROD", "8080", "1234567"];
    secrets.keep(...common, "hunt3r", "p@ss", "correcthorse", "20261129", "x1");
    assert.equal(secrets.scrub(common.join(" ")), common.join(" "));
    assert.equal(secrets.scrub("hunt3r p@ss correcthorse 20261129 x1"), "*** *** *** *** x1");
    secrets.keepSent("admin");
    assert.equal(secrets.scrub("no login with admin", "[secret]"), "no login with [secret]");
  });

  it("are found in Base64 wherever in a text they begin, and leave nothing of themselves there, for any 500", () => {
    const secret = fc.string({ minLength: 12, maxLength: 40 }).map((text) => text.trim().padEnd(12, "~x9"));
    fc.assert(
      fc.property(
        secret,
        fc.string(),
        fc.string(),
        fc.constantFrom("base64", "base64url"),
        (one, before, after, form) => {
          const secrets = new Secrets();
          secrets.keep(one);
          const text = Buffer.from(before + one + after).toString(form as BufferEncoding);
          const parts = secrets.scrub(text).split("***");
          assert.ok(parts.length > 1, text);
          // What is left of it is less than a character at each end.
          const left = parts.reduce((sum, part) => sum + part.length, 0);
          const around = Buffer.byteLength(before + after);
          assert.ok(left <= Math.ceil((around + 4) / 3) * 4 + 2, `${left} of ${text}`);
        },
      ),
      { numRuns: 500 },
    );
  });

  it("are hidden line by line where they have several, but for what every key begins and ends with", () => {
    const secrets = new Secrets();
    secrets.keep("-----BEGIN KEY-----\nfirst-line-of-key\nsecond-line-of-key\n-----END KEY-----\n");
    const printed =
      "  | -----BEGIN KEY-----\n  | first-line-of-key\n  | second-line-of-key\n  | -----END KEY-----\n";
    assert.equal(
      secrets.scrub(printed),
      "  | -----BEGIN KEY-----\n  | ***\n  | ***\n  | -----END KEY-----\n",
    );
  });
});

describe("the engine's output", () => {
  it("is passed on in whole lines, so that no secret comes in two pieces, and in the end as it is", () => {
    const written: string[] = [];
    const lines = new WholeLines((text) => written.push(text));
    for (const chunk of ["one\ntw", "o", "\nthree\nfo", "ur"]) lines.add(chunk);
    assert.deepEqual(written, ["one\n", "two\nthree\n"]);
    lines.end();
    lines.end();
    assert.deepEqual(written.slice(2), ["four"]);
  });

  it("shows at once that it is alive", () => {
    const written: string[] = [];
    const lines = new WholeLines((text) => written.push(text));
    for (const chunk of ["@ updating", ".", "..", "\n"]) lines.add(chunk);
    assert.deepEqual(written, ["@ updating", ".", "..", "\n"]);
  });
});
