import assert from "node:assert/strict";
import { StackFile } from "../../../../automation/stack-file/stack-file";
import { nexusWarnings } from "../../../../components/settings/nexus/nexus-advisories";

describe("the warnings of a preview", () => {
  it("are one line for the sandbox's own Nexus, in either stack as shipped", () => {
    for (const stack of ["dev", "prod"]) {
      const [warning = "", ...more] = nexusWarnings(new StackFile(stack).settings().nexus);
      assert.match(
        warning,
        /^Nexus 3\.71\.0 \(berth:nexus\.image\) has the vulnerability CVE-2026-3199: [^\n]+$/,
      );
      assert.deepEqual(more, []);
    }
  });
});
