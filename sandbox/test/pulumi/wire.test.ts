import assert from "node:assert/strict";
import fc from "fast-check";
import { UNKNOWN, type Value } from "../../pulumi/src/providers/provider";
import { parsePath, pathContains } from "../../pulumi/src/values/path";
import { fromWire, mapFromWire, mapToWire, secretOnWire } from "../../pulumi/src/values/wire";

const SIGNATURE = "4dabf18193072939515e22adb298388d";

const { value: anyValue } = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom<Value>(null, true, 0, 1.5, "", "text", UNKNOWN),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom("a", "b", "c"), tie("value"), { maxKeys: 3, noNullPrototype: true }),
  ),
}));

describe("property values", () => {
  it("survive the wire, unknown ones too", () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        assert.deepEqual(mapFromWire(JSON.parse(JSON.stringify(mapToWire({ value })))), { value });
      }),
    );
  });

  it("come out of secrets, outputs and resources as what providers see", () => {
    assert.equal(fromWire(secretOnWire("pin")), "pin");
    const output = { [SIGNATURE]: "d0e6a833031e9bbcd3f4e8bde6ca49a4", value: 1, secret: true };
    assert.equal(fromWire(output), 1);
    assert.equal(fromWire({ [SIGNATURE]: output[SIGNATURE]! }), UNKNOWN);
    const resource = { [SIGNATURE]: "5cf8f73096256a8f31e491e813e4eb8e", urn: "urn:x", packageVersion: "" };
    assert.equal(fromWire({ ...resource, id: "i-1" }), "i-1");
    assert.equal(fromWire({ ...resource, id: "" }), UNKNOWN);
    assert.equal(fromWire(resource), "urn:x", "a component");
  });

  it("are refused where nothing here can read them", () => {
    assert.throws(
      () => fromWire({ [SIGNATURE]: "c44067f5952c0a294b673a41bacd8c17" }),
      /assets and archives are not supported/,
    );
    assert.throws(() => fromWire({ [SIGNATURE]: "x" }), /unrecognized property signature x/);
  });
});

describe("property paths", () => {
  it("are read as Pulumi writes them", () => {
    assert.deepEqual(parsePath('a.b[0]["c.d"][*]'), ["a", "b", 0, "c.d", "*"]);
    assert.deepEqual(parsePath('["a \\" b"]'), ['a " b']);
    assert.throws(() => parsePath("a..b"), /invalid property path "a\.\.b"/);
  });

  it("contain what lies below them", () => {
    const contains = (pattern: string, path: string) => pathContains(parsePath(pattern), parsePath(path));
    assert.ok(contains("a", "a.b") && contains("a[*].b", "a[3].b.c") && contains("a", "a"));
    assert.ok(!contains("a.b", "a") && !contains("a[0]", "a[1]"));
  });
});
