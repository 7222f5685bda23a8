import assert from "node:assert/strict";
import { withDevDependencies } from "../../../../automation/init/package-file";

const ADDED = { berth: "^1.0.0", tsx: "^4.0.0" };

describe("a package.json that there is already", () => {
  const cases: readonly (readonly [what: string, text: string, expected: string])[] = [
    [
      "with devDependencies",
      '{\n  "name": "a", "files": ["x", "y"],\n  "devDependencies": {\n    "b": "1"\n  }\n}\n',
      '{\n  "name": "a", "files": ["x", "y"],\n  "devDependencies": {\n    "b": "1",\n    "berth": "^1.0.0",\n    "tsx": "^4.0.0"\n  }\n}\n',
    ],
    [
      "without, indented by tabs",
      '{\n\t"name": "a"\n}',
      '{\n\t"name": "a",\n\t"devDependencies": {\n\t\t"berth": "^1.0.0",\n\t\t"tsx": "^4.0.0"\n\t}\n}',
    ],
    [
      "with Windows' line ends",
      '{\r\n  "devDependencies": {}\r\n}\r\n',
      '{\r\n  "devDependencies": {\r\n    "berth": "^1.0.0",\r\n    "tsx": "^4.0.0"\r\n  }\r\n}\r\n',
    ],
    [
      "with a byte order mark",
      '\uFEFF{\n  "name": "a"\n}\n',
      '\uFEFF{\n  "name": "a",\n  "devDependencies": {\n    "berth": "^1.0.0",\n    "tsx": "^4.0.0"\n  }\n}\n',
    ],
  ];
  for (const [what, text, expected] of cases)
    it(`gets the packages and keeps its bytes: ${what}`, () => {
      assert.equal(withDevDependencies(text, ADDED, "package.json"), expected);
    });

  it("gets them also on one line, and in an empty object", () => {
    for (const text of ['{"name":"a","devDependencies":{"b":"1"}}', "{}"]) {
      const { devDependencies } = JSON.parse(withDevDependencies(text, ADDED, "package.json"));
      assert.deepEqual([devDependencies.berth, devDependencies.tsx], ["^1.0.0", "^4.0.0"]);
    }
  });

  it("stays as it is where nothing is missing", () => {
    assert.equal(withDevDependencies("{ }", {}, "package.json"), "{ }");
  });

  it("is left alone, with what to write, where devDependencies are none", () => {
    assert.throws(
      () => withDevDependencies('{\n  "devDependencies": null\n}', ADDED, "/x/package.json"),
      /^CommandError: \/x\/package\.json is written in a way .* Add to its devDependencies: \{"berth":"\^1\.0\.0","tsx":"\^4\.0\.0"\}/,
    );
  });
});
