import assert from "node:assert/strict";
import { codeOf, errorOf, messageOf, saidBy, statusOf } from "../../../components/values/error-facts";

describe("what was thrown", () => {
  it("is told by its message, which need not be an Error's", () => {
    assert.equal(messageOf(new Error("broken")), "broken");
    assert.equal(messageOf({ message: "of another library" }), "of another library");
    assert.equal(messageOf("a text"), "a text");
    assert.equal(messageOf(undefined), "undefined");
    assert.equal(messageOf(new AggregateError([new Error("one"), "two"])), "one; two");
    assert.equal(errorOf({ message: "of another library" }).message, "of another library");
  });

  it("has a code and a status where those are what they should be", () => {
    assert.equal(codeOf(Object.assign(new Error("x"), { code: "ENOENT" })), "ENOENT");
    assert.equal(codeOf({ code: 1 }), undefined);
    assert.equal(statusOf(Object.assign(new Error("x"), { statusCode: 404 })), 404);
    assert.equal(statusOf(null), undefined);
  });

  it("of a command is what that printed", () => {
    assert.equal(
      saidBy(Object.assign(new Error("Command failed"), { stderr: "no such stack\n" })),
      "no such stack",
    );
    assert.equal(saidBy(Object.assign(new Error("Command failed"), { stderr: "" })), "Command failed");
  });
});
