import assert from "node:assert/strict";
import fc from "fast-check";
import { UNKNOWN } from "../../../sandbox/pulumi/src/providers/provider";
import { formatPath, parsePath, pathContains, resetPath } from "../../../sandbox/pulumi/src/values/path";
import { fromState, toState } from "../../../sandbox/pulumi/src/values/state-values";
import {
  containsSecret,
  markSecrets,
  type PropertyMap,
  type PropertyValue,
  plainValue,
  ResourceReference,
  Secret,
  sameValue,
} from "../../../sandbox/pulumi/src/values/value";
import { fromWire, toWire } from "../../../sandbox/pulumi/src/values/wire";

const crypter = {
  encrypt: (text: string) => Buffer.from(text).toString("base64"),
  decrypt: (text: string) => Buffer.from(text, "base64").toString(),
};

const { value: anyValue } = fc.letrec<{ value: PropertyValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom<PropertyValue>(null, true, 0, 1.5, "", "text", UNKNOWN),
    fc.constant(new ResourceReference("urn:pulumi:s::p::t::n", "id", "1.0.0")),
    tie("value").map((inner) => (inner instanceof Secret ? inner : new Secret(inner))),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom("a", "b", "c"), tie("value"), { maxKeys: 3 }),
  ),
}));

describe("property values", () => {
  it("survive the wire and the state", () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        const wired = fromWire(toWire(value, { secrets: true, references: true }));
        assert.ok(sameValue(wired, value));
        assert.equal(containsSecret(wired), containsSecret(value));
        const kept = fromState(JSON.parse(JSON.stringify(toState(value, crypter, "encrypt"))), crypter);
        assert.ok(sameValue(kept, value));
        assert.equal(containsSecret(kept), containsSecret(value));
      }),
    );
  });

  it("are written again with the ciphertext that they were read with", () => {
    let count = 0;
    const counting = { ...crypter, encrypt: (text: string) => `${++count}:${crypter.encrypt(text)}` };
    const first = toState(new Secret("x"), counting, "encrypt");
    const read = fromState(first, { ...crypter, decrypt: () => '"x"' });
    assert.equal(JSON.stringify(toState(read, counting, "encrypt")) === JSON.stringify(first), false);
    const same = fromState(first, counting);
    assert.deepEqual(toState(same, counting, "encrypt"), first);
  });

  it("know the output values, assets and archives of the protocol", () => {
    const SIGNATURE = "4dabf18193072939515e22adb298388d";
    const output = { [SIGNATURE]: "d0e6a833031e9bbcd3f4e8bde6ca49a4", value: 1, secret: true };
    assert.ok(sameValue(fromWire(output), 1) && fromWire(output) instanceof Secret);
    assert.equal(fromWire({ [SIGNATURE]: output[SIGNATURE]! }), UNKNOWN);
    assert.throws(
      () => fromWire({ [SIGNATURE]: "c44067f5952c0a294b673a41bacd8c17" }),
      /assets and archives are not/,
    );
  });

  it("get the secretness of what went in: objects by member, lists as a whole", () => {
    const inputs: PropertyMap = {
      plain: 1,
      nested: { pin: new Secret("p"), open: 2 },
      list: ["a", new Secret("b")],
    };
    const outputs: PropertyMap = { plain: 1, nested: { pin: "p", open: 2 }, list: ["b", "a"], other: 3 };
    markSecrets(outputs, inputs);
    const nested = outputs["nested"] as PropertyMap;
    assert.ok(nested["pin"] instanceof Secret && outputs["list"] instanceof Secret);
    assert.deepEqual([nested["open"], outputs["plain"], outputs["other"]], [2, 1, 3]);
    assert.deepEqual(plainValue(outputs), {
      plain: 1,
      nested: { pin: "p", open: 2 },
      list: ["b", "a"],
      other: 3,
    });
  });
});

describe("property paths", () => {
  it("are parsed and written back", () => {
    for (const text of ["a", "a.b", "a[0].b", 'a["x.y"].b', "a[*].b", 'env["A B"]']) {
      const path = parsePath(text);
      assert.deepEqual(parsePath(formatPath(path)), path);
    }
    assert.throws(() => parsePath("a..b"), /invalid property path/);
    assert.throws(() => parsePath("a[x"), /invalid property path/);
  });

  it("contain what lies below them", () => {
    const contains = (pattern: string, path: string) => pathContains(parsePath(pattern), parsePath(path));
    assert.ok(contains("a", "a.b[0]") && contains("a[*].c", "a[3].c.d") && contains("*", "x"));
    assert.ok(!contains("a.b", "a") && !contains("a[1]", "a[2]"));
  });

  it("put back what was there, what was not, and what is a secret", () => {
    const news = { a: { b: 2, c: 2 }, list: [{ x: 2 }, { x: 3 }], added: 1, hidden: new Secret({ pin: 2 }) };
    const olds = { a: { b: 1 }, list: [{ x: 1 }], gone: 1, hidden: new Secret({ pin: 1 }) };
    const reset = (...paths: string[]) =>
      plainValue(paths.reduce<PropertyMap>((map, path) => resetPath(map, olds, parsePath(path)), news));
    assert.deepEqual(reset("a.b", "list[*].x", "added", "gone", "hidden.pin"), {
      a: { b: 1, c: 2 },
      list: [{ x: 1 }, {}],
      gone: 1,
      hidden: { pin: 1 },
    });
  });
});
