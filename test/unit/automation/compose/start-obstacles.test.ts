import assert from "node:assert/strict";
import { tooOld } from "../../../../automation/compose/start-obstacles";

describe("a Docker Compose that is too old for the file", () => {
  for (const version of ["1.29.2", "v2.3.3", "2.16.0"])
    it(`${version} is refused, with what is new enough`, () => {
      assert.match(tooOld(version) ?? "", /^Docker Compose here is .*, and the file needs 2\.17 or newer/);
    });

  for (const version of ["2.17.0", "v2.40.3-desktop.1", "v5.1.0", "dev"])
    it(`${version} is not`, () => {
      assert.equal(tooOld(version), undefined);
    });
});
