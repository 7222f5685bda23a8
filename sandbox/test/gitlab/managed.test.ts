import assert from "node:assert/strict";
import { GitlabWeb } from "../../../test/support/gitlab-web";
import { readTokens } from "../../gitlab/access-tokens";

describe("what the sandbox's GitLab lets be managed", () => {
  let gitlab: GitlabWeb;
  let maintainer: Record<string, string>;
  let developer: Record<string, string>;
  let person: Record<string, string>;

  before(async () => {
    gitlab = await new GitlabWeb().start();
    maintainer = { "private-token": gitlab.token("maintainer", { accessLevel: 40 }) };
    developer = { "private-token": gitlab.token("developer") };
    person = { "private-token": gitlab.token("anna", { accessLevel: 40, personal: true }) };
  });

  after(() => gitlab.stop());

  const ask = (method: string, path: string, body?: object, headers = maintainer) =>
    gitlab.ask(method, path, headers, body);

  /** The status and the whole answer of a request that is refused. */
  const refused = async (method: string, path: string, body?: object, headers = maintainer) => {
    const { status, json } = await ask(method, path, body, headers);
    return [status, json.message ?? json.error];
  };

  describe("variables", () => {
    it("are made, read, changed and deleted", async () => {
      const wish = { key: "K", value: "abcdefgh", masked: true, protected: true, environment_scope: "dev" };
      const made = await ask("POST", "/variables", wish);
      assert.equal(made.status, 201);
      assert.deepEqual(made.json, {
        key: "K",
        value: "abcdefgh",
        masked: true,
        protected: true,
        environment_scope: "dev",
        variable_type: "env_var",
        raw: false,
        hidden: false,
        description: null,
      });
      assert.equal((await ask("PUT", "/variables/K", { value: "12345678" })).json.value, "12345678");
      assert.equal((await ask("GET", "/variables/K")).json.value, "12345678");
      assert.equal((await ask("DELETE", "/variables/K")).status, 204);
      assert.deepEqual(await refused("GET", "/variables/K"), [404, "404 Variable Not Found"]);
    });

    it("of one key differ by their scope, and have to be named with it", async () => {
      for (const environment_scope of ["dev", "prod"])
        await ask("POST", "/variables", { key: "TWICE", value: environment_scope, environment_scope });
      const [status, words] = await refused("GET", "/variables/TWICE");
      assert.equal(status, 409);
      assert.match(words, /filter\[environment_scope\]/);
      const filter = "/variables/TWICE?filter[environment_scope]=prod";
      assert.equal((await ask("GET", filter)).json.value, "prod");
      assert.equal((await ask("DELETE", filter)).status, 204);
      assert.equal((await ask("GET", "/variables/TWICE")).json.value, "dev");
      assert.deepEqual(
        await refused("POST", "/variables", { key: "TWICE", value: "x", environment_scope: "dev" }),
        [400, { key: ["(TWICE) has already been taken"] }],
      );
    });

    it("are masked only where a log can be searched for them, raw or not", async () => {
      const cases: [value: string, raw: boolean, ok: boolean][] = [
        ["abcdefg", false, false],
        ["abcdefgh", false, true],
        ["abc$efgh", false, false],
        ["abc$efgh", true, true],
        ["abc efgh", true, false],
        ["abcd\nefgh", true, false],
        ["user@host:8082", false, true],
      ];
      for (const [value, raw, ok] of cases) {
        const { status, json } = await ask("POST", "/variables", { key: "MASKED", value, raw, masked: true });
        assert.equal(status, ok ? 201 : 400, value);
        if (ok) await ask("DELETE", "/variables/MASKED");
        else assert.deepEqual(json.message, { value: ["is invalid"] });
      }
      await ask("POST", "/variables", { key: "PLAIN", value: "short" });
      assert.deepEqual(await refused("PUT", "/variables/PLAIN", { masked: true }), [
        400,
        { value: ["is invalid"] },
      ]);
    });

    it("don't tell what is hidden", async () => {
      const made = await ask("POST", "/variables", {
        key: "HIDDEN",
        value: "abcdefgh",
        masked_and_hidden: true,
      });
      assert.deepEqual([made.json.value, made.json.hidden, made.json.masked], [null, true, true]);
      assert.doesNotMatch((await ask("GET", "/variables?per_page=100")).text, /abcdefgh/);
    });

    it("are the maintainers' business, with a token of the scope", async () => {
      const reading = {
        "private-token": gitlab.token("auditor", { accessLevel: 40, scopes: ["read_api"] }),
      };
      for (const path of ["/variables", "/deploy_tokens", "/access_tokens"])
        assert.equal((await ask("GET", path, undefined, reading)).status, 200, path);
      for (const [method, path] of [
        ["POST", "/variables"],
        ["POST", "/deploy_tokens"],
        ["DELETE", "/access_tokens/1"],
      ] as const)
        assert.deepEqual(await refused(method, path, {}, reading), [403, "insufficient_scope"], path);
      assert.deepEqual(await refused("GET", "/variables", undefined, developer), [403, "403 Forbidden"]);
      assert.deepEqual(await refused("POST", "/variables", { key: "bad-key", value: "x" }), [
        400,
        { key: ["can contain only letters, digits and '_'."] },
      ]);
    });
  });

  describe("deploy tokens", () => {
    const scope = "repository:team/blog/app:pull,push";
    const logIn = (username: string, password: string) => {
      const basic = Buffer.from(`${username}:${password}`).toString("base64");
      const address = `${gitlab.url}/jwt/auth?service=container_registry&scope=${scope}`;
      return fetch(address, { headers: { authorization: `Basic ${basic}` } });
    };
    const actionsOf = async (answer: Response) => {
      const { token } = (await answer.json()) as { token: string };
      const { access } = JSON.parse(Buffer.from(token.split(".")[1]!, "base64url").toString());
      return access.flatMap((one: { actions: string[] }) => one.actions);
    };

    it("log in to the registry with what they may, until they are deleted; the secret is told once", async () => {
      const made = await ask("POST", "/deploy_tokens", { name: "server", scopes: ["read_registry"] });
      assert.equal(made.status, 201);
      const { id, username, token } = made.json;
      assert.equal(username, `gitlab+deploy-token-${id}`);
      assert.deepEqual(await actionsOf(await logIn(username, token)), ["pull"]);
      assert.equal((await logIn("somebody", token)).status, 401);
      const again = await ask("GET", `/deploy_tokens/${id}`);
      assert.deepEqual([again.json.name, again.json.token, again.json.expired], ["server", undefined, false]);
      assert.equal((await ask("DELETE", `/deploy_tokens/${id}`)).status, 204);
      assert.equal((await logIn(username, token)).status, 401);
      assert.deepEqual(await refused("GET", `/deploy_tokens/${id}`), [404, "404 Deploy Token Not Found"]);
    });

    it("end when they expire", async () => {
      const expires_at = new Date(Date.now() - 1000).toISOString();
      const wish = { name: "old", username: "old", scopes: ["read_registry"], expires_at };
      const { json } = await ask("POST", "/deploy_tokens", wish);
      assert.equal(json.expired, true);
      assert.equal((await logIn("old", json.token)).status, 401);
    });

    it("are no tokens for the API", async () => {
      const { json } = await ask("POST", "/deploy_tokens", { name: "api", scopes: ["read_registry"] });
      const headers = { "private-token": json.token };
      assert.deepEqual(await refused("GET", "/deploy_tokens", undefined, headers), [401, "401 Unauthorized"]);
      assert.deepEqual(await refused("POST", "/deploy_tokens", { name: "api", scopes: ["api"] }), [
        400,
        "scopes does not have a valid value",
      ]);
    });
  });

  describe("project access tokens", () => {
    it("are made by a person, act as a bot, and end when they are rotated or revoked", async () => {
      const wish = { name: "notes", scopes: ["api"], access_level: 20 };
      const made = await ask("POST", "/access_tokens", wish, person);
      assert.equal(made.status, 201);
      const who = (secret: string) => gitlab.ask("GET", "/api/v4/user", { "private-token": secret });
      assert.equal((await who(made.json.token)).json.id, made.json.user_id);
      const next = await ask("POST", `/access_tokens/${made.json.id}/rotate`);
      assert.notEqual(next.json.id, made.json.id);
      assert.match((await who(made.json.token)).text, /Token was revoked/);
      assert.equal((await who(next.json.token)).json.id, made.json.user_id);
      assert.equal((await ask("DELETE", `/access_tokens/${next.json.id}`)).status, 204);
      assert.equal((await who(next.json.token)).status, 401);
      assert.equal((await ask("GET", `/access_tokens/${next.json.id}`)).json.active, false);
    });

    it("make no further ones", async () => {
      const [status, words] = await refused("POST", "/access_tokens", { name: "more", scopes: ["api"] });
      assert.equal(status, 400);
      assert.match(words, /does not have permission to create project access token/);
    });
  });

  describe("pipeline schedules", () => {
    const wish = { description: "Nightly", ref: "main", cron: "0 3 * * *" };

    it("have variables, and are changed by their owner alone", async () => {
      const made = await ask("POST", "/pipeline_schedules", wish);
      const { id, ref, cron_timezone, active } = made.json;
      assert.deepEqual([made.status, ref, cron_timezone, active], [201, "refs/heads/main", "UTC", true]);
      const path = `/pipeline_schedules/${id}`;
      const variable = { key: "BERTH_SCHEDULE", value: "drift" };
      assert.equal((await ask("POST", `${path}/variables`, variable)).status, 201);
      assert.deepEqual(await refused("POST", `${path}/variables`, variable), [
        400,
        { key: ["has already been taken"] },
      ]);
      assert.equal((await ask("PUT", `${path}/variables/BERTH_SCHEDULE`, { value: "cleanup" })).status, 200);
      assert.equal((await ask("GET", path)).json.variables[0].value, "cleanup");
      assert.equal((await ask("GET", path, undefined, developer)).json.variables, undefined);
      assert.deepEqual(await refused("PUT", path, { cron: "1 3 * * *" }, developer), [403, "403 Forbidden"]);
      assert.deepEqual(await refused("PUT", path, { cron: "1 3 * * *" }, person), [403, "403 Forbidden"]);
      assert.equal((await ask("POST", `${path}/take_ownership`, undefined, person)).status, 201);
      assert.equal((await ask("PUT", path, { cron: "1 3 * * *" }, person)).json.cron, "1 3 * * *");
      assert.equal((await ask("DELETE", `${path}/variables/BERTH_SCHEDULE`, undefined, person)).status, 202);
      assert.equal((await ask("DELETE", path)).status, 204);
      assert.deepEqual(await refused("GET", path), [404, "404 Pipeline Schedule Not Found"]);
    });

    it("refuse what is no cron and no timezone", async () => {
      for (const cron of ["nightly", "0 3 * *", "60 3 * * *", "0 3 * * 8", "*/0 * * * *", "0 3-99 * * *"]) {
        assert.deepEqual(
          await refused("POST", "/pipeline_schedules", { ...wish, cron }),
          [400, { cron: ["syntax is invalid"] }],
          cron,
        );
      }
      for (const cron of ["*/15 0-6 1,15 * 1-5", "5 4 * * 7"])
        assert.equal((await ask("POST", "/pipeline_schedules", { ...wish, cron })).status, 201, cron);
      assert.deepEqual(
        await refused("POST", "/pipeline_schedules", { ...wish, cron_timezone: "Middle-earth" }),
        [400, { cron_timezone: ["syntax is invalid"] }],
      );
    });
  });

  describe("protected branches and tags", () => {
    it("hold the default branch from the start", async () => {
      const { json } = await ask("GET", "/protected_branches");
      assert.deepEqual(
        [json.length, json[0].name, json[0].push_access_levels[0].access_level],
        [1, "main", 40],
      );
      assert.deepEqual(await refused("POST", "/protected_branches", { name: "main" }), [
        409,
        "Protected branch 'main' already exists",
      ]);
      assert.equal((await ask("DELETE", "/protected_branches/main")).status, 204);
      assert.deepEqual((await ask("GET", "/protected_branches")).json, []);
    });

    it("let another role push, in place of the one before", async () => {
      const role = (access_level: number) => ({ allowed_to_push: [{ access_level }] });
      const made = await ask("POST", "/protected_branches", { name: "roles", ...role(30) });
      const [{ id, access_level }] = made.json.push_access_levels;
      assert.deepEqual([access_level, made.json.merge_access_levels[0].access_level], [30, 40]);
      const change = (entries: object[]) =>
        ask("PATCH", "/protected_branches/roles", { allowed_to_push: entries });
      const changed = await change([{ access_level: 0 }, { id, _destroy: true }]);
      assert.equal(changed.json.push_access_levels[0].access_level, 0);
      assert.equal((await change([])).json.push_access_levels[0].access_level, 0);
      for (const other of [[{ access_level: 40 }], [{ user_id: 1 }, { id, _destroy: true }]]) {
        const { status, json } = await change(other);
        assert.equal(status, 501);
        assert.match(json.message, /has no allowed_to_push but for one role in place of another/);
      }
      await ask("DELETE", "/protected_branches/roles");
    });

    it("are named by patterns, slashes and all", async () => {
      const made = await ask("POST", "/protected_branches", { name: "release/*", push_access_level: 0 });
      assert.deepEqual(made.json.push_access_levels[0].access_level_description, "No one");
      const path = `/protected_branches/${encodeURIComponent("release/*")}`;
      assert.equal((await ask("PATCH", path, { allow_force_push: true })).json.allow_force_push, true);
      assert.equal((await ask("GET", path)).json.name, "release/*");
      const tag = await ask("POST", "/protected_tags", { name: "v*" });
      assert.deepEqual([tag.status, tag.json.create_access_levels[0].access_level], [201, 40]);
      assert.deepEqual(await refused("POST", "/protected_tags", { name: "v*" }), [
        422,
        ["Name has already been taken"],
      ]);
      assert.equal((await ask("DELETE", `/protected_tags/${encodeURIComponent("v*")}`)).status, 204);
      assert.deepEqual(await refused("POST", "/protected_tags", { name: "x" }, developer), [
        403,
        "403 Forbidden",
      ]);
    });
  });

  it("is kept over a restart, tokens in their own file", async () => {
    await ask("POST", "/variables", { key: "KEPT", value: "kept" });
    await ask("POST", "/deploy_tokens", { name: "kept", scopes: ["read_registry"] });
    await gitlab.stopListening();
    await gitlab.listen();
    assert.equal((await ask("GET", "/variables/KEPT")).json.value, "kept");
    assert.ok(readTokens(gitlab.dir).tokens.some(({ name, kind }) => name === "kept" && kind === "deploy"));
  });
});
