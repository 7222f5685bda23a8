import assert from "node:assert/strict";
import type { AccessToken } from "../../gitlab/access-tokens";
import { grantedAccess, parseScopes } from "../../gitlab/registry-scope";

const projects = [{ path: "team/blog" }];
const token: AccessToken = {
  name: "ci",
  usernames: ["ci"],
  project: "team/blog",
  scopes: ["read_registry", "write_registry"],
  token: "secret",
};
const granted = (...scopes: string[]) => grantedAccess(parseScopes(scopes), token, projects);

describe("registry scopes", () => {
  it("are read from several parameters and from one with spaces", () => {
    const expected = [
      { type: "repository", name: "a/b", actions: ["pull", "push"] },
      { type: "repository", name: "c", actions: ["pull"] },
    ];
    assert.deepEqual(parseScopes(["repository:a/b:pull,push", "repository:c:pull"]), expected);
    assert.deepEqual(parseScopes(["repository:a/b:pull,push repository:c:pull"]), expected);
  });

  it("may have a name with a port", () => {
    assert.equal(parseScopes(["repository:host:5000/a:pull"])[0]?.name, "host:5000/a");
  });

  it("that are malformed are left out", () => {
    assert.deepEqual(parseScopes(["", "repository", "repository:a"]), []);
  });
});

describe("granted access", () => {
  it("is what was asked for where the token allows it, also below the project's path", () => {
    for (const name of ["team/blog", "team/blog/worker/x"]) {
      assert.deepEqual(granted(`repository:${name}:pull,push`), [
        { type: "repository", name, actions: ["pull", "push"] },
      ]);
    }
  });

  it("leaves out what the token's scopes lack", () => {
    assert.deepEqual(granted("repository:team/blog:pull,delete,*")[0]?.actions, ["pull"]);
    const reader = { ...token, scopes: ["read_registry" as const] };
    assert.deepEqual(grantedAccess(parseScopes(["repository:team/blog:push"]), reader, projects), []);
    const cleaner = { ...token, scopes: ["delete_registry" as const] };
    assert.deepEqual(grantedAccess(parseScopes(["repository:team/blog:delete,pull"]), cleaner, projects), [
      { type: "repository", name: "team/blog", actions: ["delete"] },
    ]);
  });

  it("is none for other projects, also those whose path only begins alike", () => {
    assert.deepEqual(granted("repository:team/other:pull", "repository:team/blogger:pull"), []);
  });

  it("is none for the catalogue, for a project that is gone and without a token", () => {
    assert.deepEqual(granted("registry:catalog:*"), []);
    const wanted = parseScopes(["repository:team/blog:pull"]);
    assert.deepEqual(grantedAccess(wanted, token, []), []);
    assert.deepEqual(grantedAccess(wanted, undefined, projects), []);
  });
});
