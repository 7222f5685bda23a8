import assert from "node:assert/strict";
import type { Stack } from "@pulumi/pulumi/automation";
import { changedOutside } from "../../../../automation/change/changed-outside";
import type { PlannedChange, PropertyChange } from "../../../../automation/change/model/change";
import { SECRET, SECRET_SIGNATURE, SIGNATURE } from "../../../../automation/change/model/shown";

const secret = (value: object) => ({ [SIGNATURE]: SECRET_SIGNATURE, ...value });
const USER = "pulumi-nodejs:dynamic/nexus:User";

describe("what something else has changed", () => {
  let exports = 0;

  /** Of an account whose password was `before` in the state, and that the program wants to be `wanted`. */
  function told(over: Partial<PlannedChange> = {}, before = "one", wanted = "one") {
    const resource = {
      urn: "urn::puller",
      inputs: { password: secret({ plaintext: JSON.stringify(before) }) },
    };
    const exportStack = async () => {
      exports++;
      return { version: 3, deployment: { resources: [{ urn: "urn::stack" }, resource] } };
    };
    const hidden: PropertyChange = { path: "password", old: SECRET, new: SECRET };
    const common = { urn: "urn::puller", type: USER, name: "account-puller" } as const;
    const update: PlannedChange = { ...common, operation: "update", properties: [hidden], ...over };
    const leavesOf = () => [{ path: "password", property: "password", value: wanted }];
    return changedOutside({ stack: { exportStack } as unknown as Stack }, [update], { leavesOf });
  }
  beforeEach(() => {
    exports = 0;
  });

  it("is an update of which nothing else is wanted than before, its secrets included", async () => {
    const sentence = "account-puller, which was changed by hand, or by something other than this stack";
    assert.deepEqual(await told(), [sentence]);
    assert.deepEqual(await told({ properties: [] }), [sentence]);
  });

  it("is none whose secret is another one in the settings", async () => {
    assert.deepEqual(await told({}, "one", "another"), []);
  });

  it("is none that says itself what it changes, nor another provider's, nor what is new; the state isn't asked for then", async () => {
    assert.deepEqual(await told({ properties: [{ path: "roles", old: ["a"], new: ["b"] }] }), []);
    assert.deepEqual(await told({ type: "docker:index/container:Container" }), []);
    assert.deepEqual(await told({ operation: "create" }), []);
    assert.equal(exports, 0);
  });
});
