import assert from "node:assert/strict";
import { holds } from "../../../gitlab/runner/expression";

const variables = {
  BRANCH: "main",
  DEFAULT: "main",
  EMPTY: "",
  TAG: "v1.2",
  PATTERN: "/^v/",
  DOLLAR: "$BRANCH",
};

/** As GitLab answers: its documentation, and lib/gitlab/ci/pipeline/expression in its sources. */
const CASES: readonly (readonly [expression: string, holds: boolean])[] = [
  ["$BRANCH", true],
  ["$EMPTY", false],
  ["$MISSING", false],
  ["$BRANCH == $DEFAULT", true],
  ['$BRANCH == "other"', false],
  ["$BRANCH != 'other'", true],
  ["$MISSING == null", true],
  ["$EMPTY == null", false],
  ['$EMPTY == ""', true],
  ['$MISSING == ""', false],
  ['$MISSING != ""', true],
  ["$TAG =~ /^v\\d/", true],
  ["$TAG =~ /^V/i", true],
  ["$TAG !~ /^v/", false],
  ["$TAG =~ $PATTERN", true],
  ["$MISSING =~ /^v/", false],
  ["$TAG =~ $MISSING", false],
  ["$TAG !~ $MISSING", true],
  ["$MISSING && $BRANCH", false],
  ["$MISSING || $BRANCH", true],
  // An empty text is true within && and ||, and nothing at the end.
  ["$EMPTY && $BRANCH", true],
  ["$BRANCH && $EMPTY", false],
  ["$EMPTY || $BRANCH", false],
  // && before ||, ! before comparisons, parentheses before all.
  ["$BRANCH || $MISSING && $MISSING", true],
  ["($BRANCH || $MISSING) && $MISSING", false],
  ["!$MISSING", true],
  ['!$BRANCH == "main"', false],
  ['!($BRANCH == "main")', false],
  ['$BRANCH == "main" && ($TAG == null || $TAG =~ /2$/)', true],
  // Variables in quotes are text.
  ['$BRANCH == "$DEFAULT"', false],
  ['$DOLLAR == "$BRANCH"', true],
];

describe("if: of GitLab's rules", () => {
  for (const [expression, expected] of CASES) {
    it(`${expression} ${expected ? "holds" : "doesn't hold"}`, () => {
      assert.equal(holds(expression, variables), expected);
    });
  }

  for (const wrong of ["", "$A ==", "($A", "$A $B", "main == $A", "$A =~ /(?=x)/", "$A =~ /x/m", "== $A"]) {
    it(`is refused by its own words: ${JSON.stringify(wrong)}`, () => {
      assert.throws(
        () => holds(wrong, { A: "x", B: "y" }),
        (error: Error) => error.message.startsWith(`if: ${wrong}: `),
      );
    });
  }
});
