import assert from "node:assert/strict";
import { GitlabWeb } from "../../../test/support/gitlab-web";
import { ensureCiToken } from "../../gitlab/access-tokens";

describe("protected environments of the sandbox's GitLab", () => {
  let gitlab: GitlabWeb;
  let maintainer: Record<string, string>;
  let developer: Record<string, string>;

  before(async () => {
    gitlab = await new GitlabWeb().start();
    maintainer = { "private-token": gitlab.token("maintainer", { accessLevel: 40 }) };
    developer = { "private-token": gitlab.token("developer") };
  });

  after(() => gitlab.stop());

  const ask = (method: string, path: string, body?: object, headers = maintainer) =>
    gitlab.ask(method, path, headers, body);

  /** The status and GitLab's words of a request that is refused. */
  const refused = async (method: string, path: string, body?: object, headers = maintainer) => {
    const { status, json } = await ask(method, path, body, headers);
    return [status, json.message ?? json.error];
  };

  const path = "/protected_environments";
  const level = (access_level: number, more: object = {}) => ({ access_level, ...more });
  const deployment = { sha: "c".repeat(40), ref: "main", tag: false, status: "success" };

  afterEach(async () => {
    for (const { name } of (await ask("GET", path)).json)
      assert.equal((await ask("DELETE", `${path}/${encodeURIComponent(name)}`)).status, 204);
  });

  it("are named before there is an environment, slashes and all", async () => {
    const wish = { name: "review/one", deploy_access_levels: [level(40)], approval_rules: [level(30)] };
    const made = await ask("POST", path, wish);
    assert.equal(made.status, 201);
    const [{ id }] = made.json.deploy_access_levels;
    const nobody = { user_id: null, group_id: null, group_inheritance_type: 0 };
    assert.deepEqual(made.json, {
      name: "review/one",
      deploy_access_levels: [{ id, access_level: 40, access_level_description: "Maintainers", ...nobody }],
      required_approval_count: 0,
      approval_rules: [
        {
          id: made.json.approval_rules[0].id,
          access_level: 30,
          access_level_description: "Developers + Maintainers",
          ...nobody,
          required_approvals: 1,
        },
      ],
    });
    await ask("POST", path, { name: "a", deploy_access_levels: [level(60)] });
    const listed = await ask("GET", `${path}?per_page=1`);
    assert.deepEqual([listed.json[0].name, listed.headers.get("x-next-page")], ["a", "2"]);
    assert.deepEqual((await ask("GET", `${path}/review%2Fone`)).json, made.json);
    assert.deepEqual((await ask("GET", "/environments?name=review/one")).json, []);
    assert.deepEqual(await refused("POST", path, wish), [
      409,
      "Environment 'review/one' is already protected",
    ]);
    assert.deepEqual(await refused("GET", `${path}/two`), [404, "404 Not found"]);
  });

  it("are changed entry by entry: by its number, with _destroy, and a new one without", async () => {
    const wish = { name: "dev", deploy_access_levels: [level(40)], approval_rules: [level(40)] };
    const { json: made } = await ask("POST", path, wish);
    const [{ id }] = made.deploy_access_levels;
    const added = await ask("PUT", `${path}/dev`, { deploy_access_levels: [level(60)] });
    assert.deepEqual(
      added.json.deploy_access_levels.map((one: { access_level: number }) => one.access_level),
      [40, 60],
    );
    assert.deepEqual(added.json.approval_rules, made.approval_rules, "what isn't named stays");
    const other = added.json.deploy_access_levels[1].id;
    const changed = await ask("PUT", `${path}/dev`, {
      deploy_access_levels: [level(30, { id }), level(60, { id: other, _destroy: true })],
      approval_rules: [level(40, { id: made.approval_rules[0].id, required_approvals: 2 })],
    });
    const [only, ...more] = changed.json.deploy_access_levels;
    assert.deepEqual([only.id, only.access_level, more], [id, 30, []]);
    assert.equal(changed.json.approval_rules[0].required_approvals, 2);
    const last = { deploy_access_levels: [level(30, { id, _destroy: true })] };
    assert.deepEqual(await refused("PUT", `${path}/dev`, last), [
      422,
      ["Deploy access levels is too short (minimum is 1 character)"],
    ]);
    assert.deepEqual((await ask("GET", `${path}/dev`)).json, changed.json, "a refusal changes nothing");
    const strange = { deploy_access_levels: [level(40, { id: 987654 })] };
    assert.deepEqual(await refused("PUT", `${path}/dev`, strange), [404, "404 Not found"]);
  });

  it("refuse what they don't take", async () => {
    const cases: [body: object, status: number, words: unknown][] = [
      [{ deploy_access_levels: [level(40)] }, 400, "name is missing"],
      [{ name: "dev" }, 400, "deploy_access_levels is missing"],
      [{ name: "dev", deploy_access_levels: [level(0)] }, 400, /\[0\]\[access_level\] does not have a valid/],
      [{ name: "dev", deploy_access_levels: [{ user_id: 3 }] }, 501, /no user_id in protected environments/],
      [{ name: "dev", deploy_access_levels: [] }, 422, /Deploy access levels is too short/],
      [
        { name: "dev", deploy_access_levels: [level(40)], required_approval_count: 1 },
        422,
        /required_approval_count' is deprecated/,
      ],
    ];
    for (const [body, expected, words] of cases) {
      const [status, said] = await refused("POST", path, body);
      assert.equal(status, expected, JSON.stringify(body));
      if (words instanceof RegExp) assert.match(String(said), words);
      else assert.equal(said, words);
    }
    assert.deepEqual((await ask("GET", path)).json, []);
  });

  it("are the maintainers' business, and no job's", async () => {
    const wish = { name: "dev", deploy_access_levels: [level(30)] };
    const job = { "job-token": ensureCiToken(gitlab.dir, gitlab.project).token };
    for (const [method, body] of [
      ["GET", undefined],
      ["POST", wish],
    ] as const) {
      assert.deepEqual(await refused(method, path, body, developer), [403, "403 Forbidden"], method);
      assert.deepEqual(await refused(method, path, body, job), [401, "401 Unauthorized"], method);
    }
  });

  it("let only those deploy, change, stop and delete that they name", async () => {
    await ask("POST", path, { name: "prod", deploy_access_levels: [level(40)] });
    const told = { ...deployment, environment: "prod" };
    const forbidden = [403, "403 Forbidden"];
    assert.deepEqual(await refused("POST", "/deployments", told, developer), forbidden);
    const made = await ask("POST", "/deployments", { ...told, status: "running" });
    assert.equal(made.status, 201);
    const environment = `/environments/${made.json.environment.id}`;
    const address = { external_url: "https://prod.example.com" };
    assert.deepEqual(
      await refused("PUT", `/deployments/${made.json.id}`, { status: "success" }, developer),
      forbidden,
    );
    assert.deepEqual(await refused("PUT", environment, address, developer), forbidden);
    assert.deepEqual(await refused("POST", `${environment}/stop`, undefined, developer), forbidden);
    assert.deepEqual(await refused("DELETE", environment, undefined, developer), forbidden);
    assert.equal((await ask("POST", "/deployments", { ...told, environment: "dev" }, developer)).status, 201);
    const [{ id }] = (await ask("GET", `${path}/prod`)).json.deploy_access_levels;
    await ask("PUT", `${path}/prod`, { deploy_access_levels: [level(30, { id })] });
    assert.equal((await ask("POST", "/deployments", told, developer)).status, 201);
    assert.equal((await ask("PUT", environment, address, developer)).status, 200);
  });

  it("aren't there in a GitLab Free", async () => {
    const free = await new GitlabWeb().start({ isFree: true });
    try {
      const headers = { "private-token": free.token("maintainer", { accessLevel: 40 }) };
      const wish = { name: "dev", deploy_access_levels: [level(40)] };
      for (const [method, at, body] of [
        ["GET", path, undefined],
        ["POST", path, wish],
        ["DELETE", `${path}/dev`, undefined],
      ] as const) {
        const { status, json } = await free.ask(method, at, headers, body);
        assert.deepEqual([status, json], [404, { error: "404 Not Found" }], method);
      }
    } finally {
      await free.stop();
    }
  });
});
