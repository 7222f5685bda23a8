import assert from "node:assert/strict";
import { formatKeyPath, parseKeyPath } from "../../../components/values/key-path";

describe("a key path", () => {
  it("has keys, places in lists, elements by what is in them, and keys in quotes", () => {
    assert.deepEqual(parseKeyPath("image.tag"), ["image", "tag"]);
    assert.deepEqual(parseKeyPath("spec.containers[0].image"), ["spec", "containers", 0, "image"]);
    assert.deepEqual(parseKeyPath("images[name=host:5000/blog].digest"), [
      "images",
      { key: "name", is: "host:5000/blog" },
      "digest",
    ]);
    assert.deepEqual(parseKeyPath('a["example.com/x"]["y"]'), ["a", "example.com/x", "y"]);
    assert.deepEqual(parseKeyPath('["a.b"].c'), ["a.b", "c"]);
  });

  it("is written as it was read", () => {
    for (const path of [
      "image.tag",
      "a[0][1].b",
      "images[name=x.y].digest",
      'a["example.com/x"].b',
      '["a.b"].c',
    ])
      assert.equal(formatKeyPath(parseKeyPath(path)!), path);
  });

  it("is none with empty keys, spaces or brackets that are not closed", () => {
    for (const text of [
      "",
      ".",
      ".a",
      "a.",
      "a..b",
      "a b",
      "a[",
      "a[]",
      "a[=x]",
      "a[x]",
      "a[0",
      'a["x]',
      "a[0]b",
      'a"b"',
    ])
      assert.equal(parseKeyPath(text), undefined, text);
  });
});
