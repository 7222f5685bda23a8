import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { GitlabAccess } from "../../../components/gitlab/gitlab-access";
import { GitlabProject } from "../../../components/gitlab/gitlab-project";
import { gitlabSchema } from "../../../components/settings/gitlab-settings";
import { GitlabWeb } from "../../support/gitlab-web";
import { InlineProject, type InlineStack } from "../../support/stack/inline-stack";

const newSecret = () => randomBytes(16).toString("hex");

/** What the program is given: the settings below `manage`, and the passwords of Nexus's accounts. */
interface Wish {
  readonly manage: object;
  readonly passwords?: readonly [pusher: string, puller: string, baseReader: string];
  readonly url?: string;
}

/** A protected environment as GitLab tells it. */
interface Protection {
  readonly deploy_access_levels: readonly { access_level: number }[];
  readonly approval_rules: readonly { access_level: number; required_approvals: number }[];
}

describe("what a stack keeps in its GitLab project", () => {
  const passwords = [newSecret(), newSecret(), newSecret()] as const;
  const everything = {
    jobImages: true,
    schedules: { timezone: "Europe/Berlin" },
    protect: { branches: ["release/*"], tags: ["v*"] },
    environment: { tier: "development" },
  };
  const ownToken = process.env["GITLAB_TOKEN"];
  let gitlab: GitlabWeb;
  let project: InlineProject;
  let dev: InlineStack;
  let token: string;

  before(async () => {
    gitlab = await new GitlabWeb().start();
    token = gitlab.token("keeper", { accessLevel: 40 });
    process.env["GITLAB_TOKEN"] = token;
    project = new InlineProject("kept");
    dev = await project.stack("dev");
  });

  after(async () => {
    if (ownToken === undefined) delete process.env["GITLAB_TOKEN"];
    else process.env["GITLAB_TOKEN"] = ownToken;
    project.remove();
    await gitlab.stop();
  });

  /** The part of the program that is about GitLab, with given accounts in place of a Nexus. */
  const program =
    (wish: Wish, at = gitlab) =>
    () => {
      const url = at.url;
      const settings = gitlabSchema.parse({
        url,
        registry: "127.0.0.1:5050",
        project: at.project,
        manage: wish.manage,
      });
      const [pusher, puller, baseReader] = wish.passwords ?? passwords;
      const account = (username: string, password: string) => ({
        username,
        password: pulumi.secret(password),
      });
      const access = new GitlabAccess("gitlab", settings);
      new GitlabProject("gitlab-project", {
        access,
        project: settings.project,
        manage: settings.manage!,
        url: wish.url ?? "http://127.0.0.1:8080",
        nexus: {
          dockerHosted: "127.0.0.1:8082",
          dockerGroup: "127.0.0.1:8083",
          pusher: account("pusher", pusher),
          puller: account("puller", puller),
          baseReader: account("base-reader", baseReader),
        },
      });
    };

  // biome-ignore lint/suspicious/noExplicitAny: answers of GitLab, which fail the test where they are not so
  const list = async (path: string): Promise<any[]> =>
    (await gitlab.ask("GET", `${path}?per_page=100`, { "private-token": token })).json;
  const put = async (path: string, body: object) => {
    const { status, text } = await gitlab.ask("PUT", path, { "private-token": token }, body);
    assert.equal(status, 200, text);
  };

  // biome-ignore lint/suspicious/noExplicitAny: as above
  const variables = async (scope: string): Promise<Record<string, any>> =>
    Object.fromEntries(
      (await list("/variables"))
        .filter(({ environment_scope }) => environment_scope === scope)
        .map(({ key, ...one }) => [key, one]),
    );

  it("are the logins of its Nexus, protected and masked, in the stack's environment", async () => {
    await dev.up(program({ manage: everything }));
    const kept = await variables("dev");
    assert.deepEqual(
      Object.entries(kept)
        .map(([key, { value }]) => [key, value])
        .sort(),
      [
        ["BERTH_NEXUS_PULL_PASSWORD", passwords[1]],
        ["BERTH_NEXUS_PULL_REGISTRY", "127.0.0.1:8083"],
        ["BERTH_NEXUS_PULL_USER", "puller"],
        ["BERTH_NEXUS_PUSH_PASSWORD", passwords[0]],
        ["BERTH_NEXUS_PUSH_REGISTRY", "127.0.0.1:8082"],
        ["BERTH_NEXUS_PUSH_USER", "pusher"],
      ],
    );
    for (const [key, one] of Object.entries(kept)) {
      assert.deepEqual([one.protected, one.raw, one.masked], [true, true, key.endsWith("_PASSWORD")], key);
    }
  });

  it("is the login for the images of all jobs, merge requests' included", async () => {
    const { DOCKER_AUTH_CONFIG: config } = await variables("*");
    assert.deepEqual([config.protected, config.masked], [false, true]);
    const { auths } = JSON.parse(config.value);
    assert.equal(
      Buffer.from(auths["127.0.0.1:8083"].auth, "base64").toString(),
      `base-reader:${passwords[2]}`,
    );
  });

  it("is a deploy token that reads the project's images", async () => {
    const [deployToken] = await list("/deploy_tokens");
    assert.deepEqual(
      [deployToken.name, deployToken.username, deployToken.scopes],
      ["berth-dev", "berth-dev", ["read_registry"]],
    );
  });

  it("are schedules by which the pipeline's rules choose", async () => {
    const schedules = await list("/pipeline_schedules");
    const told = await Promise.all(
      schedules.map(async ({ id, cron, cron_timezone, ref }) => {
        const { json } = await gitlab.ask("GET", `/pipeline_schedules/${id}`, { "private-token": token });
        const [{ key, value }] = json.variables;
        return [key, value, cron, cron_timezone, ref];
      }),
    );
    assert.deepEqual(told.sort(), [
      ["BERTH_SCHEDULE", "cleanup", "0 5 * * 0", "Europe/Berlin", "refs/heads/main"],
      ["BERTH_SCHEDULE", "drift", "0 3 * * *", "Europe/Berlin", "refs/heads/main"],
    ]);
  });

  it("are protections and the environment", async () => {
    const branches = await list("/protected_branches");
    assert.deepEqual(branches.map(({ name }) => name).sort(), ["main", "release/*"]);
    assert.deepEqual(
      (await list("/protected_tags")).map(({ name }) => name),
      ["v*"],
    );
    const [environment] = await list("/environments");
    const { name, tier, external_url } = environment;
    assert.deepEqual([name, tier, external_url], ["dev", "development", "http://127.0.0.1:8080"]);
  });

  it("changes nothing where nothing has changed, seen or unseen", async () => {
    const wish = { manage: everything };
    assert.deepEqual(Object.keys(await dev.preview(program(wish))), ["same"]);
    assert.deepEqual(Object.keys(await dev.preview(program(wish), { refresh: true })), ["same"]);
    assert.deepEqual(Object.keys(await dev.refresh()), ["same"]);
    assert.deepEqual(Object.keys(await dev.up(program(wish))), ["same"]);
  });

  it("gives jobs the new password where one was rotated, and only that", async () => {
    const next = newSecret();
    const rotated = { manage: everything, passwords: [next, passwords[1], passwords[2]] as const };
    assert.equal((await dev.up(program(rotated)))["update"], 1);
    assert.equal((await variables("dev"))["BERTH_NEXUS_PUSH_PASSWORD"].value, next);
    assert.equal((await dev.up(program({ manage: everything })))["update"], 1);
  });

  it("takes every change of the settings over, one by one", async () => {
    const changes: [change: object, operations: Record<string, number>][] = [
      [{ schedules: { timezone: "Europe/Berlin", drift: "30 2 * * *" } }, { update: 1 }],
      [{ schedules: { timezone: "UTC" } }, { update: 2 }],
      [{ schedules: { timezone: "Europe/Berlin", branch: "trunk" } }, { update: 2 }],
      [{ schedules: undefined }, { delete: 4 }],
      [{ protect: { branches: [], tags: ["v*", "release-*"] } }, { delete: 1, create: 1 }],
      [{ environment: { tier: "testing" } }, { update: 1 }],
      [{ jobImages: false }, { delete: 1 }],
      [{ variables: false }, { delete: 6 }],
      [{ deployToken: false }, { delete: 1 }],
    ];
    for (const [change, operations] of changes) {
      const { same: _, ...done } = await dev.up(program({ manage: { ...everything, ...change } }));
      assert.deepEqual(done, operations, JSON.stringify(change));
      const wish = { manage: { ...everything, ...change } };
      assert.deepEqual(Object.keys(await dev.preview(program(wish), { refresh: true })), ["same"]);
      await dev.up(program({ manage: everything }));
    }
    const moved = { manage: everything, url: "http://127.0.0.1:9080" };
    assert.equal((await dev.up(program(moved)))["update"], 1);
    assert.equal((await list("/environments"))[0].external_url, "http://127.0.0.1:9080");
    await dev.up(program({ manage: everything }));
  });

  it("finds what was changed by hand, and puts it right", async () => {
    await put("/variables/BERTH_NEXUS_PULL_PASSWORD", { value: "by-hand!", protected: false });
    const [{ id }] = await list("/pipeline_schedules");
    await put(`/pipeline_schedules/${id}`, { active: false });
    const drifted = await dev.preview(program({ manage: everything }), { refresh: true });
    assert.equal(drifted["update"], 2);
    await dev.refresh();
    assert.equal((await dev.up(program({ manage: everything })))["update"], 2);
    const { value, protected: isProtected } = (await variables("dev"))["BERTH_NEXUS_PULL_PASSWORD"];
    assert.deepEqual([value, isProtected], [passwords[1], true]);
    assert.ok((await list("/pipeline_schedules")).every(({ active }) => active));
  });

  it("finds that others than maintainers may push, and puts it right", async () => {
    const headers = { "private-token": token };
    const path = `/protected_branches/${encodeURIComponent("release/*")}`;
    const [had] = (await gitlab.ask("GET", path, headers)).json.push_access_levels;
    const byHand = { allowed_to_push: [{ access_level: 30 }, { id: had.id, _destroy: true }] };
    assert.equal((await gitlab.ask("PATCH", path, headers, byHand)).status, 200);
    assert.equal((await dev.refresh())["update"], 1);
    assert.equal((await dev.up(program({ manage: everything })))["update"], 1);
    const [{ access_level }] = (await gitlab.ask("GET", path, headers)).json.push_access_levels;
    assert.equal(access_level, 40);
  });

  it("makes anew what somebody deleted", async () => {
    const headers = { "private-token": token };
    const [{ id }] = await list("/deploy_tokens");
    await gitlab.ask("DELETE", `/deploy_tokens/${id}`, headers);
    await gitlab.ask("DELETE", "/variables/BERTH_NEXUS_PUSH_USER", headers);
    await gitlab.ask("DELETE", "/protected_tags/v*", headers);
    for (const schedule of await list("/pipeline_schedules"))
      await gitlab.ask("DELETE", `/pipeline_schedules/${schedule.id}`, headers);
    await dev.refresh();
    assert.equal((await dev.up(program({ manage: everything })))["create"], 7);
    assert.deepEqual(Object.keys(await dev.preview(program({ manage: everything }), { refresh: true })), [
      "same",
    ]);
  });

  it("lets another stack of the project keep its own beside them", async () => {
    const prod = await project.stack("prod");
    const own = [newSecret(), newSecret(), newSecret()] as const;
    await prod.up(program({ manage: {}, passwords: own }));
    assert.equal((await variables("prod"))["BERTH_NEXUS_PUSH_PASSWORD"].value, own[0]);
    assert.equal((await variables("dev"))["BERTH_NEXUS_PUSH_PASSWORD"].value, passwords[0]);
    assert.deepEqual((await list("/deploy_tokens")).map(({ name }) => name).sort(), [
      "berth-dev",
      "berth-prod",
    ]);
    await prod.destroy();
    assert.deepEqual(await variables("prod"), {});
    assert.equal(Object.keys(await variables("dev")).length, 6);
  });

  it("takes over nothing that somebody else has made", async () => {
    const other = await project.stack("other");
    const wish = { manage: { variables: false, deployToken: false, jobImages: true } };
    await assert.rejects(other.up(program(wish)), /DOCKER_AUTH_CONFIG.*has already been taken/s);
    await other.destroy();
  });

  it("needs a token that may: not for a preview, but for an update", async () => {
    const next = [newSecret(), passwords[1], passwords[2]] as const;
    const wish = program({ manage: everything, passwords: next });
    const unprotected = program({ manage: { ...everything, protect: { tags: ["v*"] } }, passwords: next });
    process.env["GITLAB_TOKEN"] = "-";
    const { same: _, ...planned } = await dev.preview(unprotected);
    assert.deepEqual(planned, { update: 1, delete: 1 });
    await assert.rejects(
      dev.preview(wish),
      /berth:gitlab\.manage\.protect\.branches needs a token in previews, too/,
    );
    await assert.rejects(
      dev.up(wish),
      /berth:gitlab\.manage needs a token of the project with the role Maintainer/,
    );
    process.env["GITLAB_TOKEN"] = gitlab.token("reporter", { accessLevel: 20 });
    assert.equal((await dev.preview(wish))["update"], 1);
    await assert.rejects(dev.up(wish), /update the variable BERTH_NEXUS_PUSH_PASSWORD .*403 Forbidden/s);
    process.env["GITLAB_TOKEN"] = token;
    await dev.up(program({ manage: everything }));
  });

  it("protects branches for maintainers in GitLab's Community Edition, too", async () => {
    const [enterprise, own] = [gitlab, process.env["GITLAB_TOKEN"]];
    gitlab = await new GitlabWeb().start({ isCommunity: true });
    try {
      const maintainer = gitlab.token("keeper", { accessLevel: 40 });
      process.env["GITLAB_TOKEN"] = maintainer;
      const other = await project.stack("community");
      const wish = program({ manage: { variables: false, deployToken: false, protect: everything.protect } });
      await other.up(wish);
      const path = `/protected_branches/${encodeURIComponent("release/*")}`;
      const { json } = await gitlab.ask("GET", path, { "private-token": maintainer });
      const levels = [...json.push_access_levels, ...json.merge_access_levels];
      assert.deepEqual(
        levels.map(({ access_level }) => access_level),
        [40, 40],
      );
      assert.deepEqual(Object.keys(await other.preview(wish, { refresh: true })), ["same"]);
      await other.destroy();
    } finally {
      await gitlab.stop();
      [gitlab, process.env["GITLAB_TOKEN"]] = [enterprise, own];
    }
  });

  it("tells no secret, neither in what is printed nor in what is written", async () => {
    const tokens = JSON.parse(readFileSync(join(gitlab.dir, "tokens.json"), "utf8")).tokens as {
      token: string;
    }[];
    const auth = Buffer.from(`base-reader:${passwords[2]}`).toString("base64");
    const secrets = [...passwords, auth, ...tokens.map((one) => one.token)];
    assert.ok(secrets.length > 6);
    for (const text of [project.printed, project.written()])
      for (const secret of secrets) assert.ok(!text.includes(secret));
  });

  it("leaves the project as it was when the stack goes", async () => {
    await dev.destroy();
    for (const path of [
      "/variables",
      "/deploy_tokens",
      "/pipeline_schedules",
      "/protected_tags",
      "/environments",
    ])
      assert.deepEqual(await list(path), [], path);
    assert.deepEqual(
      (await list("/protected_branches")).map(({ name }) => name),
      ["main"],
    );
  });

  describe("with a protected environment", () => {
    const little = { variables: false, deployToken: false };
    const guarded = (environment: object, more: object = {}) => ({
      manage: { ...little, ...more, protect: { environment } },
    });
    const protection = async (): Promise<Protection> =>
      (await gitlab.ask("GET", "/protected_environments/live", { "private-token": token })).json;
    const roles = ({ deploy_access_levels: levels, approval_rules: rules }: Protection) => [
      levels.map((one) => one.access_level),
      rules.map((one) => [one.access_level, one.required_approvals]),
    ];
    let live: InlineStack;

    before(async () => {
      live = await project.stack("live");
    });

    it("lets maintainers deploy, before there is an environment, and changes nothing after that", async () => {
      const wish = guarded({});
      await live.up(program(wish));
      assert.deepEqual(roles(await protection()), [[40], []]);
      assert.deepEqual(await list("/environments"), []);
      assert.deepEqual(Object.keys(await live.preview(program(wish), { refresh: true })), ["same"]);
      assert.deepEqual(Object.keys(await live.up(program(wish))), ["same"]);
    });

    it("keeps others from telling of a deployment, and Berth's own token may", async () => {
      const told = { environment: "live", sha: "c".repeat(40), ref: "main", tag: false, status: "success" };
      const asked = async (secret: string) =>
        (await gitlab.ask("POST", "/deployments", { "private-token": secret }, told)).status;
      assert.deepEqual([await asked(gitlab.token("developer")), await asked(token)], [403, 201]);
    });

    it("takes every change of its settings over", async () => {
      const changes: [environment: object, roles: unknown][] = [
        [{ deploy: "developer" }, [[30], []]],
        [{ deploy: "developer", approvals: 1 }, [[30], [[40, 1]]]],
        [{ deploy: "maintainer", approvals: 2 }, [[40], [[40, 2]]]],
        [{}, [[40], []]],
      ];
      for (const [environment, expected] of changes) {
        const wish = program(guarded(environment));
        assert.equal((await live.up(wish))["update"], 1, JSON.stringify(environment));
        assert.deepEqual(roles(await protection()), expected);
        assert.deepEqual(Object.keys(await live.preview(wish, { refresh: true })), ["same"]);
      }
    });

    it("finds what was changed or taken away by hand, and puts it right", async () => {
      const wish = program(guarded({}));
      await put("/protected_environments/live", {
        deploy_access_levels: [{ access_level: 30 }],
        approval_rules: [{ access_level: 30 }],
      });
      assert.equal((await live.refresh())["update"], 1);
      assert.equal((await live.up(wish))["update"], 1);
      assert.deepEqual(roles(await protection()), [[40], []]);
      await gitlab.ask("DELETE", "/protected_environments/live", { "private-token": token });
      await live.refresh();
      assert.equal((await live.up(wish))["create"], 1);
      assert.deepEqual(roles(await protection()), [[40], []]);
    });

    it("goes where the settings no longer have it, and beside the environment where Berth keeps both", async () => {
      const { same: _, ...done } = await live.up(program({ manage: little }));
      assert.deepEqual(done, { delete: 1 });
      assert.deepEqual(await list("/protected_environments"), []);
      for (const { id } of await list("/environments")) {
        await gitlab.ask("POST", `/environments/${id}/stop`, { "private-token": token });
        await gitlab.ask("DELETE", `/environments/${id}`, { "private-token": token });
      }
      await live.up(program(guarded({}, { environment: { tier: "production" } })));
      assert.deepEqual(roles(await protection()), [[40], []]);
      await live.destroy();
      assert.deepEqual(await list("/protected_environments"), []);
      assert.deepEqual(await list("/environments"), []);
    });

    it("leaves one alone that somebody else has made", async () => {
      const own = { name: "live", deploy_access_levels: [{ access_level: 60 }] };
      await gitlab.ask("POST", "/protected_environments", { "private-token": token }, own);
      await assert.rejects(
        live.up(program(guarded({}))),
        /protect the environment live of team\/blog.*is already protected/s,
      );
      assert.deepEqual(roles(await protection()), [[60], []]);
      await live.destroy();
      await gitlab.ask("DELETE", "/protected_environments/live", { "private-token": token });
    });

    it("says where GitLab has no such thing", async () => {
      const free = await new GitlabWeb().start({ isFree: true });
      process.env["GITLAB_TOKEN"] = free.token("keeper", { accessLevel: 40 });
      try {
        await assert.rejects(
          live.up(program(guarded({}), free)),
          /GitLab has no protected environments in team\/blog: they take GitLab Premium/,
        );
        await live.destroy();
      } finally {
        process.env["GITLAB_TOKEN"] = token;
        await free.stop();
      }
    });
  });
});
