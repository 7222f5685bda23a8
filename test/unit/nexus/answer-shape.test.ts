import assert from "node:assert/strict";
import { listIn, objectIn, pageIn } from "../../../components/nexus/rest/answer-shape";

const asked = "GET http://nexus.example.com/service/rest/v1/tasks";
const refused = (got: string, wanted: string, who = asked) => ({
  message:
    `${who}: the answer holds ${got} where ${wanted} was expected. Is it Nexus's own, and not that of a proxy in front of it? ` +
    "Else this version of Nexus answers in a way that Berth doesn't know: report it with the version.",
});

describe("an answer of Nexus", () => {
  it("gives its object, its list and its pages", () => {
    assert.deepEqual(objectIn({ body: { a: 1 } }), { a: 1 });
    assert.deepEqual(listIn({ body: [{ a: 1 }] }), [{ a: 1 }]);
    assert.deepEqual(pageIn({ body: { items: [], continuationToken: null } }), {
      items: [],
      continuationToken: undefined,
    });
  });

  it("of another shape says what was asked, what came back and what to do", () => {
    assert.throws(() => objectIn({ body: [], asked }), refused("a list", "an object"));
    assert.throws(() => objectIn({ body: null }), refused("null", "an object", "Nexus"));
    assert.throws(() => listIn({ body: ["a"], asked }), refused("a list", "a list of objects"));
    assert.throws(() => pageIn({ body: { items: "x" }, asked }), refused("string", "a list of objects"));
  });
});
