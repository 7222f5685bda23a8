import assert from "node:assert/strict";
import { ContentSelector } from "../../../components/nexus/kinds/content-selector";
import { anyServer, fieldsOf, kindAgainst, openApi } from "../../support/nexus/nexus-kind";

const make = () =>
  new ContentSelector("s", { server: anyServer, name: "docs", expression: 'path =^ "/docs/"' });

describe("a content selector", () => {
  it("has an empty description unless told otherwise, and no name in what changes it", async () => {
    const there = { name: "docs", type: "csel", description: "by hand", expression: "old" };
    const nexus = await kindAgainst(make, openApi([]), ({ method }) =>
      method === "GET" ? { status: 200, body: there } : { status: 204 },
    );
    const fields = await fieldsOf(make);
    assert.deepEqual(fields, { name: "docs", expression: 'path =^ "/docs/"', description: "" });
    await nexus.provider.create({ server: nexus.server, adopt: true, ...fields });
    nexus.close();
    assert.deepEqual(nexus.asked(), [
      "GET /v1/security/content-selectors/docs",
      "PUT /v1/security/content-selectors/docs",
    ]);
    assert.deepEqual(nexus.calls()[1]!.body, { description: "", expression: 'path =^ "/docs/"' });
  });
});
