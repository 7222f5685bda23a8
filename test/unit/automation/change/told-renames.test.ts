import assert from "node:assert/strict";
import { overRenames } from "../../../../automation/change/release-changes";
import { toldRenames } from "../../../../automation/change/told-renames";
import { StackState, type StateResource } from "../../../../automation/engine/stack-state";
import { parseSettings } from "../../../../components/settings/settings";

const PLACE = "urn:pulumi:dev::berth::";
const VOLUME = "berth:app:AppDeployment$docker:index/volume:Volume";
const resource = (type: string, name: string, over: Partial<StateResource> = {}): StateResource => ({
  urn: `${PLACE}${type}::${name}`,
  type: type.split("$").pop()!,
  ...over,
});
const blogOnMain = [
  resource("berth:app:ServerHost", "main"),
  resource("berth:app:AppDeployment", "blog"),
  resource(VOLUME, "blog-main-data"),
];
const app = { release: { tag: "v1", digest: `sha256:${"1".repeat(64)}` }, port: 80, publish: 80 };
const main = { docker: "unix:///main", address: "a" };

const told = (resources: readonly StateResource[], apps: object, servers: object = { main }) =>
  toldRenames(
    new StackState({ resources }),
    parseSettings({
      nexus: { hostname: "n", eula: "accepted" },
      gitlab: { url: "http://g", registry: "g:5050", project: "team/blog" },
      servers,
      apps,
    }),
  );

describe("what a preview tells of renames", () => {
  const shop = { ...app, was: "blog", servers: ["main"], volumes: { data: "/data" } };
  const database = { database: { path: "/data", was: "data" } };

  it("is a sentence for each server, app and volume that the state has under its old name", () => {
    assert.deepEqual(told(blogOnMain, { shop }), ["app blog is now shop: its volumes and traffic go over"]);
    const all = { shop: { ...shop, servers: ["web1"], volumes: database } };
    assert.deepEqual(told(blogOnMain, all, { web1: { ...main, was: "main" } }), [
      "server main is now web1: what runs and lies there stays",
      "app blog is now shop: its volumes and traffic go over",
      "volume data of app shop is now database: it keeps what it holds",
    ]);
  });

  it("is nothing once the state has the new name, however long the settings say was", () => {
    const renamed = [
      resource("berth:app:ServerHost", "web1"),
      resource("berth:app:AppDeployment", "shop"),
      resource(VOLUME, "shop-web1-database"),
      resource(VOLUME, "blog-main-data", { delete: true }),
    ];
    const all = { shop: { ...shop, servers: ["web1"], volumes: database } };
    assert.deepEqual(told(renamed, all, { web1: { ...main, was: "main" } }), []);
  });

  it("is nothing of what the stack never had", () => {
    assert.deepEqual(told([], { shop: { ...shop, volumes: database } }), []);
    assert.deepEqual(told(blogOnMain, { blog: { ...shop, was: "wiki" } }), []);
  });
});

describe("the releases of a renamed app in a change", () => {
  const [one, two] = ["1", "2"].map((digit) => ({ tag: `v${digit}`, digest: `sha256:${digit.repeat(64)}` }));
  const apps = [{ name: "shop", was: "blog" }, { name: "wiki" }];

  it("are one line: what ran under the old name, and what is to run", () => {
    assert.deepEqual(
      overRenames(
        [
          { app: "blog", before: one! },
          { app: "shop", after: two! },
          { app: "wiki", after: one! },
        ],
        apps,
      ),
      [
        { app: "shop", before: one, after: two },
        { app: "wiki", after: one },
      ],
    );
  });

  it("are as they are where nothing goes over", () => {
    const changes = [{ app: "shop", before: one!, after: two! }];
    assert.deepEqual(overRenames(changes, apps), changes);
    const gone = [{ app: "blog", before: one! }];
    assert.deepEqual(overRenames(gone, apps), gone, "shop waits for a release");
  });
});
