import assert from "node:assert/strict";
import { Role } from "../../../../components/nexus/role";
import { User } from "../../../../components/nexus/user";
import { anyServer, fieldsOf, kindAgainst, openApi } from "../../../support/nexus-kind";

const wanted = { userId: "ci", password: "p", roles: ["r"], purpose: "pushes" };
const make = () => new User("u", { server: anyServer, ...wanted });

describe("a user", () => {
  it("has a name, a mail address and is active, unless told otherwise", async () => {
    const nexus = await kindAgainst(make, openApi([]), ({ method }) => ({
      status: 200,
      body: method === "GET" ? [] : {},
    }));
    const { server, provider } = nexus;
    await provider.create({ server, ...wanted });
    await provider.create({
      server,
      ...wanted,
      firstName: "CI",
      emailAddress: "ci@corp.test",
      status: "disabled",
    });
    nexus.close();
    const bodies = nexus.calls().flatMap(({ method, body }) => (method === "POST" ? [body as object] : []));
    const common = { userId: "ci", lastName: "pushes", roles: ["r"], password: "p" };
    assert.deepEqual(bodies, [
      { ...common, firstName: "berth", emailAddress: "ci@berth.invalid", status: "active" },
      { ...common, firstName: "CI", emailAddress: "ci@corp.test", status: "disabled" },
    ]);
  });

  it("keeps what somebody else set and we don't name", async () => {
    const theirs = {
      userId: "ci",
      firstName: "Carla",
      lastName: "old",
      emailAddress: "c@corp.test",
      status: "disabled",
    };
    const nexus = await kindAgainst(make, openApi([]), ({ method }) =>
      method === "GET" ? { status: 200, body: [{ ...theirs, roles: ["r"] }] } : { status: 204 },
    );
    await nexus.provider.create({ server: nexus.server, adopt: true, ...wanted });
    nexus.close();
    const put = nexus.calls().find(({ path }) => path.endsWith("/users/ci"));
    assert.deepEqual(put!.body, { ...theirs, lastName: "pushes", source: "default", roles: ["r"] });
  });
});

describe("a role", () => {
  it("has an empty description unless told otherwise, and keeps the name that it has in the UI", async () => {
    const makeRole = () => new Role("r", { server: anyServer, roleId: "ci", privileges: ["a"] });
    const theirs = { id: "ci", name: "Carla's", description: "old", privileges: [], roles: [] };
    const nexus = await kindAgainst(makeRole, openApi([]), ({ method }) =>
      method === "GET" ? { status: 200, body: theirs } : { status: 204 },
    );
    await nexus.provider.create({ server: nexus.server, adopt: true, ...(await fieldsOf(makeRole)) });
    nexus.close();
    assert.deepEqual(nexus.calls().at(-1)!.body, {
      id: "ci",
      name: "Carla's",
      description: "",
      privileges: ["a"],
      roles: [],
    });
  });
});
