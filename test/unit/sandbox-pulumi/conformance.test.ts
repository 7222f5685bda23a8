import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseCheckpoint, type ResourceJson } from "../../../sandbox/pulumi/src/backend/checkpoint";
import { stateToJson } from "../../../sandbox/pulumi/src/engine/resource-state";
import { Snapshot } from "../../../sandbox/pulumi/src/engine/snapshot";
import { PassphraseSecrets } from "../../../sandbox/pulumi/src/secrets/passphrase";
import { plainMap } from "../../../sandbox/pulumi/src/values/value";
import { assertValid } from "./valid-snapshot";

/** Recordings of the real engine; not part of the repository. */
const GOLDEN = join(__dirname, "..", "..", "..", "..", "shared", "golden");

/** One resource as the real CLI writes it, with everything that is easily lost. */
const RESOURCE: ResourceJson = {
  urn: "urn:pulumi:dev::golden::golden:index:Group$command:local:Command::echo",
  custom: true,
  delete: true,
  id: "echo7aaaa847",
  type: "command:local:Command",
  inputs: {
    __defaults: [],
    empty: {},
    environment: { HIDDEN: secret("v1:AA==:BB=="), WHAT: "1" },
    none: null,
  },
  outputs: { stdout: "created 1", triggers: ["a"] },
  parent: "urn:pulumi:dev::golden::golden:index:Group::group",
  protect: true,
  dependencies: ["urn:pulumi:dev::golden::golden:index:Group::group"],
  initErrors: ["it did not come up"],
  provider:
    "urn:pulumi:dev::golden::pulumi:providers:command::default_1_2_1::956f1c06-d9d7-4e9f-ac62-04cd563535f5",
  propertyDependencies: { create: [], triggers: ["urn:pulumi:dev::golden::golden:index:Group::group"] },
  pendingReplacement: true,
  additionalSecretOutputs: ["stdout"],
  customTimeouts: { create: 90 },
  importID: "made-elsewhere",
  retainOnDelete: true,
  created: "2026-11-21T03:06:25.140891751Z",
  modified: "2026-11-21T03:06:25.140891751Z",
  sourcePosition: "project:///index.js#27,14",
  stackTrace: [{ sourcePosition: "project:///index.js#27,14" }, {}],
  ignoreChanges: ["x"],
  hideDiff: [["y"]],
  replaceOnChanges: ["triggers[*]"],
  refreshBeforeUpdate: true,
};

function secret(ciphertext: string) {
  return { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", ciphertext };
}

describe("the state of the real engine", () => {
  const crypter = new PassphraseSecrets("v1:AA==:v1:BB==:CC==", () => "never asked for");

  it("is written as it was read, members in Go's order, without the key where nothing was decrypted", () => {
    const latest = { manifest: { time: "", magic: "", version: "" }, resources: [RESOURCE] };
    const snapshot = Snapshot.read(latest, crypter, crypter.salt);
    const written = JSON.parse(snapshot.text()) as { resources: ResourceJson[] };
    assert.equal(JSON.stringify(written.resources[0]), JSON.stringify(RESOURCE));
  });

  it("survives the way through this engine, in every recording", function () {
    if (!existsSync(GOLDEN)) return this.skip();
    const files = readdirSync(GOLDEN).filter((name) => name.endsWith("-checkpoint.json"));
    assert.ok(files.length > 5);
    for (const name of files) {
      const { latest } = parseCheckpoint(readFileSync(join(GOLDEN, name), "utf8"), name).checkpoint;
      const snapshot = Snapshot.read(latest, crypter, latest!.secrets_providers!.state!.salt!);
      const written = JSON.parse(snapshot.text()) as typeof latest & object;
      assert.deepEqual(written.resources, latest!.resources, name);
      assert.deepEqual(written.pending_operations, latest!.pending_operations, name);
      assert.deepEqual(written.secrets_providers, latest!.secrets_providers, name);
      assert.equal(JSON.stringify(written.resources), JSON.stringify(latest!.resources), name);
      assertValid(written.resources ?? []);
    }
  });

  it("is decrypted with the passphrase of the recordings", function () {
    if (!existsSync(GOLDEN)) return this.skip();
    const { latest } = parseCheckpoint(
      readFileSync(join(GOLDEN, "4-replace-checkpoint.json"), "utf8"),
      "golden",
    ).checkpoint;
    const secrets = new PassphraseSecrets(latest!.secrets_providers!.state!.salt!, () => "golden");
    const snapshot = Snapshot.read(latest, secrets, secrets.salt);
    const echo = snapshot.base.find(({ urn }) => urn.endsWith("::echo"))!;
    assert.deepEqual(plainMap(echo.inputs)["environment"], { HIDDEN: "hello & 'quotes'", WHAT: "3" });
    const plain = stateToJson(echo, secrets, "plain").inputs as {
      environment: { HIDDEN: { plaintext: string } };
    };
    assert.equal(plain.environment.HIDDEN.plaintext, `"hello & 'quotes'"`);
  });
});
