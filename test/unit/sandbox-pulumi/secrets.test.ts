import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassphraseSecrets, passphraseFromEnvironment } from "../../../sandbox/pulumi/src/secrets/passphrase";
import { Redactor } from "../../../sandbox/pulumi/src/secrets/redactor";
import { Secret } from "../../../sandbox/pulumi/src/values/value";

/** Written by the real CLI with the passphrase `golden`. */
const REAL = {
  salt: "v1:eGaHlKjHI44=:v1:QiyHJuCY+9J2++Yz:7dnD85u4q+N+M+dd1OpPeUMsOZg5Ng==",
  greeting: "v1:IraYzKxnurTrGQYM:sKDxrYxiq7UmAe016CIDSNpb1YZy61nnn/fahtbhwO4=",
  output: "v1:bFJJCdkfwyV/QGAW:VL2YmKbPqn5eB2nHBWX5YBjB7lfV9WJvUaDdf6swoCd+TslPECHQk062qQ==",
};

describe("the passphrase secrets manager", () => {
  it("decrypts what the real CLI has encrypted, in configuration and state", () => {
    const secrets = new PassphraseSecrets(REAL.salt, () => "golden");
    assert.equal(secrets.decrypt(REAL.greeting), "hello & 'quotes'");
    assert.equal(JSON.parse(secrets.decrypt(REAL.output)), "http://example.test/thing");
  });

  it("says that the passphrase is wrong, and never what it was", async () => {
    const wrong = () => new PassphraseSecrets(REAL.salt, () => "silver");
    assert.throws(
      () => wrong().decrypt(REAL.greeting),
      /^CliError: getting secrets manager: incorrect passphrase$/,
    );
    await assert.rejects(wrong().prepare(), /incorrect passphrase/);
  });

  it("takes what it made itself, each time under another nonce", async () => {
    const made = await PassphraseSecrets.create("pass");
    const texts = [made.encrypt("value"), made.encrypt("value")];
    assert.notEqual(texts[0], texts[1]);
    const again = new PassphraseSecrets(made.salt, () => "pass");
    assert.deepEqual(
      texts.map((text) => again.decrypt(text)),
      ["value", "value"],
    );
    assert.throws(() => again.decrypt(texts[0]!.replace(/.$/, "")), /failed to decrypt|damaged/);
  });

  it("reads the passphrase from the variable or from a file, and names both where there is none", () => {
    const directory = mkdtempSync(join(tmpdir(), "passphrase-"));
    writeFileSync(join(directory, "file"), "from a file\n");
    const file = { PULUMI_CONFIG_PASSPHRASE_FILE: join(directory, "file") };
    assert.equal(passphraseFromEnvironment(file), "from a file");
    assert.equal(passphraseFromEnvironment({ ...file, PULUMI_CONFIG_PASSPHRASE: "" }), "");
    assert.throws(
      () => passphraseFromEnvironment({}),
      /PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE/,
    );
    rmSync(directory, { recursive: true });
    assert.throws(() => passphraseFromEnvironment(file), /unable to read PULUMI_CONFIG_PASSPHRASE_FILE/);
  });
});

describe("the redactor", () => {
  it("blanks secrets out of text, longer ones first, also as JSON and inside of JSON", () => {
    const redactor = new Redactor();
    redactor.addSecretsIn({ a: new Secret("pass"), b: [new Secret('pass"word')], c: "open" });
    redactor.addSecretsIn(new Secret('[{"address":"x:1","password":"in-json"}]'));
    assert.equal(
      redactor.redact('pass pass"word pass\\"word open in-json'),
      "[secret] [secret] [secret] open [secret]",
    );
  });

  it("leaves values alone that are too short to be told apart from other text", () => {
    const redactor = new Redactor();
    redactor.addSecretsIn(new Secret("abc"));
    assert.equal(redactor.redact("abc abcd"), "abc abcd");
  });
});
