import assert from "node:assert/strict";
import { Role } from "../../../components/nexus/kinds/role";
import { User } from "../../../components/nexus/kinds/user";
import { anyServer, fieldsOf, kindAgainst, openApi } from "../../support/nexus/nexus-kind";

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

describe("a user whose password was changed by hand", () => {
  const ci = { userId: "ci", firstName: "berth", lastName: "pushes", emailAddress: "ci@berth.invalid" };
  const known = { ...ci, source: "default", status: "active", roles: ["r"] };
  const basic = (password: string) => `Basic ${Buffer.from(`ci:${password}`).toString("base64")}`;

  /** A Nexus in which the user has that password, until it is changed. */
  async function nexusWith(given: string) {
    let password = given;
    const nexus = await kindAgainst(make, openApi([]), ({ method, path, authorization, body }) => {
      if (authorization?.startsWith(basic("").slice(0, 10)))
        return { status: authorization === basic(password) ? 403 : 401 };
      if (path.endsWith("/change-password")) password = String(body);
      return method === "GET" ? { status: 200, body: [known] } : { status: 204 };
    });
    const state = { server: nexus.server, ...wanted };
    return { ...nexus, state, password: () => password };
  }

  it("is found by a login in every run, and put right by the update", async () => {
    const { provider, state, password, close } = await nexusWith("by hand");
    assert.equal((await provider.diff("ci", state, state)).changes, true);
    await provider.update("ci", state, state);
    assert.equal(password(), "p");
    assert.equal((await provider.diff("ci", state, state)).changes, false);
    close();
  });

  it("is drift on a refresh, and the one that is right is not", async () => {
    const changed = await nexusWith("by hand");
    const { props } = await changed.provider.read("ci", changed.state);
    changed.close();
    assert.equal(props!["password"], "");
    assert.equal((await changed.provider.diff("ci", props!, changed.state)).changes, true);
    const right = await nexusWith("p");
    assert.equal((await right.provider.read("ci", right.state)).props!["password"], "p");
    right.close();
  });

  it("isn't asked about where Nexus is away, and a disabled account can't be", async () => {
    const { provider, state, close, asked } = await nexusWith("by hand");
    const disabled = { ...state, status: "disabled" };
    assert.equal((await provider.diff("ci", disabled, disabled)).changes, false);
    assert.deepEqual(asked(), []);
    close();
    assert.equal((await provider.diff("ci", state, state)).changes, false);
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
