import assert from "node:assert/strict";
import type { PlannedChange } from "../../../../automation/change/model/change";
import { changeHash } from "../../../../automation/change/model/change-hash";
import { changeLines, differenceOf } from "../../../../automation/change/model/difference";
import { fingerprintKey } from "../../../../automation/change/secrets/fingerprint-key";
import { secretLeaves } from "../../../../automation/change/secrets/secret-leaves";
import { secretsFingerprint } from "../../../../automation/change/secrets/secrets-fingerprint";

const one: PlannedChange = {
  urn: "urn:one",
  operation: "update",
  type: "test:index:Thing",
  name: "one",
  properties: [
    { path: "a", old: { x: 1, y: 2 }, new: { x: 3, y: 2 } },
    { path: "b", new: true, replaces: true },
  ],
};
const two: PlannedChange = { ...one, urn: "urn:two", name: "two", operation: "delete", properties: [] };

const hash = (resources: PlannedChange[], stack = "dev") =>
  changeHash({ project: "berth", stack, resources });

describe("the hash of what was reviewed", () => {
  it("is the same whatever order resources, properties and keys come in", () => {
    const turned: PlannedChange = {
      ...one,
      properties: [one.properties[1]!, { path: "a", new: { y: 2, x: 3 }, old: { y: 2, x: 1 } }],
    };
    assert.equal(hash([two, turned]), hash([one, two]));
    assert.match(hash([one]), /^[0-9a-f]{64}$/);
  });

  it("is another for another resource, operation, path, value, reason, secret, number, stack", () => {
    const [a, b] = [one.properties[0]!, one.properties[1]!];
    const others: PlannedChange[][] = [
      [],
      [one, one],
      [{ ...one, urn: "urn:other" }],
      [{ ...one, operation: "replace" }],
      [{ ...one, properties: [a] }],
      [{ ...one, properties: [a, { ...b, path: "c" }] }],
      [{ ...one, properties: [a, { ...b, new: "true" }] }],
      [{ ...one, properties: [a, { ...b, old: null }] }],
      [{ ...one, properties: [a, { path: "b", new: true }] }],
      [{ ...one, secrets: "1234" }],
    ];
    const hashes = [[one], ...others].map((resources) => hash(resources));
    hashes.push(hash([one], "prod"));
    assert.equal(new Set(hashes).size, hashes.length);
  });
});

describe("fingerprints of secrets", () => {
  let key: Buffer;
  const env = { CI_REGISTRY_PASSWORD: "of-this-job" };
  const print = (password: unknown, path = "password.value", change = one) =>
    secretsFingerprint(
      key,
      { ...change, properties: [{ path, new: "[secret]" }] },
      secretLeaves({ password: marked(password), other: marked("other") }),
      env,
    );

  before(async () => {
    key = (await fingerprintKey("berth", "dev", { PULUMI_CONFIG_PASSPHRASE: "correct horse" }))!;
  });

  it("are the same for the same secret and others for others", () => {
    assert.equal(print("hunter2"), print("hunter2"));
    assert.notEqual(print("hunter2"), print("hunter3"));
    assert.notEqual(print("hunter2"), print("hunter2", "password.value", two));
    assert.doesNotMatch(print("hunter2")!, /hunter/);
  });

  it("look only at properties that change, and not at what is deleted", () => {
    assert.equal(print("hunter2", "size"), undefined);
    assert.equal(
      secretsFingerprint(
        key,
        { ...two, properties: [{ path: "password" }] },
        secretLeaves({ password: marked("a") }),
      ),
      undefined,
    );
  });

  it("don't change with a login that GitLab makes anew for each job", () => {
    const job = print("of-this-job");
    env.CI_REGISTRY_PASSWORD = "of-another-job";
    assert.equal(print("of-another-job"), job);
    assert.notEqual(print("of-this-job"), job);
  });

  it("have a key that takes the passphrase to make, for one stack each", async () => {
    const given = { PULUMI_CONFIG_PASSPHRASE: "correct horse" };
    assert.deepEqual(await fingerprintKey("berth", "dev", given), key);
    assert.notDeepEqual(await fingerprintKey("berth", "prod", given), key);
    assert.notDeepEqual(await fingerprintKey("berth", "dev", { PULUMI_CONFIG_PASSPHRASE: "wrong" }), key);
  });

  it("are left out without a key, and a weak or unreadable one is an error", async () => {
    assert.equal(await fingerprintKey("berth", "dev", {}), undefined);
    assert.equal(await fingerprintKey("berth", "dev", { PULUMI_CONFIG_PASSPHRASE: "" }), undefined);
    await assert.rejects(fingerprintKey("berth", "dev", { BERTH_HASH_KEY: "short-key" }), (error: Error) => {
      assert.match(error.message, /BERTH_HASH_KEY has 9 characters.*openssl rand -hex 32/s);
      assert.doesNotMatch(error.message, /short-key/);
      return true;
    });
    await assert.rejects(
      fingerprintKey("berth", "dev", { PULUMI_CONFIG_PASSPHRASE_FILE: "/does/not/exist" }),
      /PULUMI_CONFIG_PASSPHRASE_FILE: can't read \/does\/not\/exist \(ENOENT\)/,
    );
  });
});

describe("the difference to what was reviewed", () => {
  it("names what is new, what is gone, and each property that is another", () => {
    const changed: PlannedChange = {
      ...one,
      properties: [{ path: "a", old: 1, new: 2 }],
      secrets: "5678",
    };
    const three: PlannedChange = { ...two, urn: "urn:three", name: "three", operation: "create" };
    assert.deepEqual(differenceOf({ resources: [one, two] }, { resources: [changed, three] }), [
      'update one (test:index:Thing): a: reviewed {"x":1,"y":2} → {"x":3,"y":2}, now 1 → 2',
      "update one (test:index:Thing): b: reviewed nothing → true, now unchanged",
      "update one (test:index:Thing): a secret in it has another value",
      "not reviewed: create three (test:index:Thing)",
      "reviewed, no longer planned: delete two (test:index:Thing)",
    ]);
    assert.deepEqual(differenceOf({ resources: [one, two] }, { resources: [two, one] }), []);
  });

  it("counts several deletions of one name", () => {
    assert.deepEqual(differenceOf({ resources: [two] }, { resources: [two, two] }), [
      "not reviewed: delete two (test:index:Thing)",
    ]);
    assert.deepEqual(changeLines({ resources: [one] }), ["update one (test:index:Thing)"]);
  });
});

/** A secret as programs send it to the engine. */
function marked(value: unknown) {
  return { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", value };
}
