import assert from "node:assert/strict";
import { type Props, UNKNOWN } from "../../pulumi/src/providers/provider";
import { randomProvider } from "../../pulumi/src/providers/random";
import { bcrypt } from "../../pulumi/src/providers/random/bcrypt";
import { piWords } from "../../pulumi/src/providers/random/pi-words";
import { Resource } from "./resource";

const PASSWORD = "random:index/randomPassword:RandomPassword";
const STRING = "random:index/randomString:RandomString";
const PET = "random:index/randomPet:RandomPet";
const ID = "random:index/randomId:RandomId";

describe("the random provider", () => {
  const resource = (type: string) => new Resource(randomProvider.create(), type, "r");

  it("makes a password of the wanted length and kinds, secret with its hash", async () => {
    const password = resource(PASSWORD);
    const outputs = await password.create({ length: 20, special: false });
    assert.match(String(outputs["result"]), /^[A-Za-z0-9]{20}$/);
    assert.match(String(outputs["bcryptHash"]), /^\$2a\$10\$[./A-Za-z0-9]{53}$/);
    assert.deepEqual(password.state?.secretOutputs, ["result", "bcryptHash"]);
    assert.equal(password.state?.id, "none");
    const { result: _, bcryptHash: __, ...rest } = outputs;
    assert.deepEqual(rest, {
      id: "none",
      length: 20,
      lower: true,
      minLower: 0,
      minNumeric: 0,
      minSpecial: 0,
      minUpper: 0,
      number: true,
      numeric: true,
      special: false,
      upper: true,
    });
  });

  it("keeps every minimum, at any place in the text", async () => {
    const inputs: Props = {
      length: 8,
      minLower: 1,
      minUpper: 2,
      minNumeric: 2,
      minSpecial: 3,
      overrideSpecial: "-_",
    };
    const first = new Set<string>();
    for (let time = 0; time < 60; time++) {
      const result = String((await resource(STRING).create(inputs))["result"]);
      const kinds = [/[a-z]/g, /[A-Z]/g, /[0-9]/g, /[-_]/g].map((kind) => result.match(kind)?.length ?? 0);
      assert.deepEqual(kinds, [1, 2, 2, 3]);
      first.add(result[0]!);
    }
    assert.ok(first.size > 5, "the first character is always of the same kind");
  });

  it("uses each allowed character about equally often", async () => {
    const { result } = await resource(STRING).create({ length: 20_000, upper: false, special: false });
    const counts = new Map<string, number>();
    for (const letter of String(result)) counts.set(letter, (counts.get(letter) ?? 0) + 1);
    assert.equal(counts.size, 36);
    // Expected 556 with a deviation of 23: six of them either way.
    for (const [letter, times] of counts) assert.ok(times > 416 && times < 696, `${letter}: ${times}`);
  });

  it("refuses what can't be met and what it doesn't know, by name", async () => {
    await assert.rejects(
      resource(PASSWORD).check({ length: 3, minLower: 2, minUpper: 2 }),
      /"length" must be at least 4/,
    );
    await assert.rejects(
      resource(PASSWORD).check({ length: 3, lower: false, upper: false, numeric: false, special: false }),
      /no kind of character is allowed/,
    );
    await assert.rejects(resource(PASSWORD).check({}), /missing required property "length"/);
    await assert.rejects(resource(PASSWORD).check({ length: "8" }), /"length" must be a number/);
    await assert.rejects(resource(PASSWORD).check({ length: 8, seed: "x" }), /does not support "seed"/);
    await assert.rejects(
      resource("random:index/randomUuid:RandomUuid").check({}),
      /random:index\/randomUuid:RandomUuid: the sandbox does not support this resource/,
    );
  });

  it("stays as it is until an input or a keeper changes, which replaces it", async () => {
    const password = resource(PASSWORD);
    const inputs: Props = { length: 12, keepers: { version: "1" } };
    await password.create(inputs);
    assert.equal((await password.diff(inputs)).changes, false);
    assert.equal((await password.diff({ ...inputs, upper: true })).changes, false);
    const diff = await password.diff({ length: 13, keepers: { version: "2" } });
    assert.deepEqual(diff.detailed, { length: "update-replace", "keepers.version": "update-replace" });
    assert.deepEqual([...diff.replaces].sort(), ["keepers", "length"]);
  });

  it("tells nothing of the value in a preview", async () => {
    const outputs = await resource(PASSWORD).preview({ length: 12 });
    assert.deepEqual([outputs["result"], outputs["bcryptHash"], outputs["length"]], [UNKNOWN, UNKNOWN, 12]);
  });

  it("names pets and makes ids", async () => {
    const pet = resource(PET);
    const outputs = await pet.create({ length: 3, prefix: "my", separator: "_" });
    assert.match(String(outputs["id"]), /^my_[a-z]+_[a-z]+_[a-z]+$/);
    assert.equal(pet.state?.id, outputs["id"]);
    assert.match(String((await resource(PET).create({}))["id"]), /^[a-z]+-[a-z]+$/);
    const id = await resource(ID).create({ byteLength: 8, prefix: "p-" });
    const hex = String(id["hex"]).slice(2);
    assert.match(hex, /^[0-9a-f]{16}$/);
    assert.equal(id["dec"], `p-${BigInt(`0x${hex}`)}`);
    assert.equal(id["b64Std"], `p-${Buffer.from(hex, "hex").toString("base64")}`);
    assert.equal(id["id"], Buffer.from(hex, "hex").toString("base64url"));
  });

  it("hashes as bcrypt does (vectors of the Openwall implementation)", () => {
    const vector = (salt: string, password: string) => bcrypt(password, 5, decode(salt));
    assert.equal(
      vector("CCCCCCCCCCCCCCCCCCCCC.", "U*U"),
      "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
    );
    assert.equal(
      vector("CCCCCCCCCCCCCCCCCCCCC.", "U*U*"),
      "$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK",
    );
    assert.equal(
      vector("XXXXXXXXXXXXXXXXXXXXXO", "U*U*U"),
      "$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a",
    );
    assert.equal(
      vector("CCCCCCCCCCCCCCCCCCCCC.", ""),
      "$2a$05$CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy",
    );
    assert.equal(bcrypt("a".repeat(72), 4, Buffer.alloc(16)), bcrypt("a".repeat(99), 4, Buffer.alloc(16)));
  });

  it("knows pi", () => {
    // The first words of Blowfish's subkeys as Schneier published them.
    assert.deepEqual([...piWords(4)], [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344]);
  });
});

function decode(salt: string): Buffer {
  const own = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  const standard = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  return Buffer.from(
    salt.replace(/./g, (letter) => standard[own.indexOf(letter)]!),
    "base64",
  );
}
