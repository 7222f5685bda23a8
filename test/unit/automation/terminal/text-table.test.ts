import assert from "node:assert/strict";
import { mock } from "node:test";
import {
  fitting,
  foldedTable,
  outputColumns,
  textTable,
  wrapped,
} from "../../../../automation/terminal/text-table";

describe("texts that fit", () => {
  it("are cut between words, with an indent from the second line on; a longer word stays whole", () => {
    assert.deepEqual(wrapped("one two three", 8, "  "), ["one two", "  three"]);
    assert.deepEqual(wrapped("    one two", 7, "    "), ["    one", "    two"]);
    assert.deepEqual(wrapped("a sha256:0123456789 b", 8), ["a", "sha256:0123456789", "b"]);
    assert.deepEqual(wrapped("id  of two", 7, "    "), ["id  of", "    two"]);
    assert.deepEqual(wrapped("all of it", Number.POSITIVE_INFINITY), ["all of it"]);
    assert.deepEqual(wrapped("", 10), [""]);
  });

  it("are the first that does, and only as many are made", () => {
    const last = mock.fn(() => "a");
    assert.equal(
      fitting(
        4,
        () => "too long",
        () => "fits\nhere",
        last,
      ),
      "fits\nhere",
    );
    assert.equal(last.mock.callCount(), 0);
    assert.equal(
      fitting(2, () => "too long", last),
      "a",
    );
    assert.equal(
      fitting(2, () => "none does"),
      "none does",
    );
  });

  it("are tables with what has no room below each row, and nothing where there is nothing", () => {
    const rows = [
      { cells: ["blog", "running"], below: ["image", "", "host"] },
      { cells: ["nexus", "stopped"], below: ["", ""] },
    ];
    assert.deepEqual(foldedTable(["NAME", "STATE"], rows, 12).split("\n"), [
      "NAME   STATE",
      "blog   running",
      "    image",
      "    host",
      "nexus  stopped",
    ]);
    assert.equal(textTable(["A", "B"], [["1", ""]]), "A\n1");
  });

  it("have the columns of a terminal; without one nobody wraps lines", () => {
    assert.equal(outputColumns({ isTTY: true, columns: 132 }), 132);
    assert.equal(outputColumns({ isTTY: true }), 80);
    assert.equal(outputColumns({ columns: 40 }), Number.POSITIVE_INFINITY);
  });
});
