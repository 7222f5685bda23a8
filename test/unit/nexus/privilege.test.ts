import assert from "node:assert/strict";
import { UNKNOWN } from "../../../components/base/shape";
import { Privilege } from "../../../components/nexus/kinds/privilege";
import { anyServer, kindAgainst, openApi } from "../../support/nexus/nexus-kind";
import type { Call, Reply } from "../../support/nexus/scripted-nexus";

const make = () =>
  new Privilege("p", {
    server: anyServer,
    name: "read",
    type: "repository-view",
    format: "docker",
    repository: "releases",
    actions: ["READ"],
  });
const against = (answer: (call: Call) => Reply) => kindAgainst(make, openApi([]), answer);

const view = { name: "read", type: "repository-view", description: "" };
const told = {
  ...view,
  format: "docker",
  repository: "releases",
  actions: ["BROWSE", "READ"],
  readOnly: false,
};

describe("a privilege", () => {
  it("is created and changed through its own type's path, whose body names no type", async () => {
    let there: object | undefined;
    const nexus = await against(({ method }) => {
      if (method === "GET") return there ? { status: 200, body: there } : { status: 404 };
      return { status: method === "POST" ? 201 : 204 };
    });
    const { server, provider } = nexus;
    const fields = { server, ...view, format: "docker", repository: "releases", actions: ["READ", "BROWSE"] };
    const { outs } = await provider.create(fields);
    there = told;
    await provider.update("read", outs, { ...fields, repository: "*" });
    nexus.close();
    const [, post, , put] = nexus.calls();
    assert.equal(post!.path, "/service/rest/v1/security/privileges/repository-view");
    assert.deepEqual(post!.body, {
      name: "read",
      description: "",
      format: "docker",
      repository: "releases",
      actions: ["READ", "BROWSE"],
    });
    assert.equal(put!.path, "/service/rest/v1/security/privileges/repository-view/read");
    assert.deepEqual(put!.body, { ...(post!.body as object), repository: "*" });
  });

  it("is the same in another order and case of its actions", async () => {
    const nexus = await against(() => ({ status: 200, body: told }));
    const fields = { server: nexus.server, ...view, format: "docker", repository: "releases" };
    const state = { ...fields, actions: ["read", "Browse"] };
    const { props } = await nexus.provider.read("read", state);
    assert.equal((await nexus.provider.diff("read", props!, state)).changes, false);
    await nexus.provider.update("read", state, state);
    nexus.close();
    assert.ok(!nexus.calls().some(({ method }) => method === "PUT"));
  });

  it("of another type in Nexus is never changed: that would corrupt it", async () => {
    const nexus = await against(() => ({
      status: 200,
      body: { name: "read", type: "wildcard", pattern: "x" },
    }));
    const fields = { ...view, adopt: true, format: "*", repository: "*", actions: ["READ"] };
    const message =
      'The privilege "read" is of type wildcard in Nexus and can\'t become one of type repository-view. ' +
      "Delete it there, or give yours another name.";
    assert.deepEqual(await nexus.refusals(fields), [message]);
    await assert.rejects(nexus.provider.create({ server: nexus.server, ...fields }), { message });
    nexus.close();
    assert.ok(!nexus.calls().some(({ method }) => method === "PUT"));
  });

  const ACTIONS = "ADD, ALL, BROWSE, DELETE, EDIT, READ";
  const bad: [string, object, string][] = [
    [
      "an action that does not exist",
      { ...view, format: "*", repository: "*", actions: ["read", "CREATE"] },
      `The privilege "read" of type repository-view can't have the action CREATE; there are ${ACTIONS}.`,
    ],
    [
      "an action of other types",
      { name: "read", type: "application", domain: "tasks", actions: ["BROWSE", "RUN"] },
      'The privilege "read" of type application can\'t have the action BROWSE, RUN; ' +
        "there are ADD, ALL, ASSOCIATE, DELETE, DISASSOCIATE, EDIT, READ, START, STOP.",
    ],
    [
      "no action",
      { ...view, format: "*", repository: "*", actions: [] },
      `The privilege "read" has no actions; there are ${ACTIONS}.`,
    ],
    [
      "a missing field",
      { name: "read", type: "repository-content-selector", actions: ["READ"], format: "*" },
      'The privilege "read" of type repository-content-selector needs repository and contentSelector.',
    ],
    [
      "a field of another type",
      { name: "read", type: "wildcard", pattern: "nexus:*", repository: "*", actions: ["READ"] },
      'The privilege "read" of type wildcard takes no repository and no actions.',
    ],
    [
      "a type that does not exist",
      { name: "read", type: "script" },
      'The privilege "read" can\'t have the type "script"; there are wildcard, application, ' +
        "repository-view, repository-admin, repository-content-selector.",
    ],
  ];
  for (const [what, fields, message] of bad) {
    it(`is refused at preview with ${what}`, async () => {
      const nexus = await against(() => ({ status: 404 }));
      assert.deepEqual(await nexus.refusals(fields), [message]);
      nexus.close();
    });
  }

  it("is not refused for what only the update will tell", async () => {
    const nexus = await against(() => ({ status: 404 }));
    const fields = { ...view, format: "docker", repository: UNKNOWN, actions: ["READ", UNKNOWN] };
    assert.deepEqual(await nexus.refusals(fields), []);
    nexus.close();
  });
});
