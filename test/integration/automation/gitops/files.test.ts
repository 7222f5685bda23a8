import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { renderNote } from "../../../../automation/change/note/note";
import { reachable, unseenText } from "../../../../automation/drift/reachable";
import { checkFiles } from "../../../../automation/gitops/check-files";
import { fileChanges } from "../../../../automation/gitops/file-changes";
import { fileLines } from "../../../../automation/gitops/file-lines";
import { CommandError } from "../../../../automation/terminal/exit";
import { RELEASE_FILE } from "../../../../components/gitops/release-file";
import { GitlabWeb } from "../../../support/gitlab-web";
import { changeOf } from "../../../unit/automation/change/recorded";

const FILE = "prod/values.yaml";
const TEXT =
  "# prod\nimage:\n  repository: old/blog # ours\n  tag: a\nother: { digest: b, password: hunter22 }\n";
const DIGEST = `sha256:${"1".repeat(64)}`;

describe("the files of an app's clusters", () => {
  const kept = { ...process.env };
  let gitlab: GitlabWeb;
  let maintainer: string;

  before(async () => {
    gitlab = await new GitlabWeb().start();
    maintainer = gitlab.token("maintainer", { accessLevel: 40 });
    const actions = [{ action: "create", file_path: FILE, content: TEXT }];
    const body = { branch: "main", commit_message: "First", actions };
    await gitlab.ask("POST", "/repository/commits", { "private-token": maintainer }, body);
  });

  beforeEach(() => {
    for (const name of ["GITLAB_TOKEN", "BERTH_GITLAB_TOKEN"]) delete process.env[name];
    process.env["BERTH_GITOPS_TOKEN"] = maintainer;
  });

  after(async () => {
    process.env = kept;
    await gitlab.stop();
  });

  const target = (over: object = {}) => ({
    project: gitlab.project,
    branch: "main",
    path: FILE,
    values: { repository: ["image.repository"], tag: ["image.tag"], digest: ["other.digest"] },
    mergeRequest: false,
    ...over,
  });
  const planned = (over: object = {}) => {
    const inputs = {
      url: gitlab.url,
      app: "blog",
      stack: "shop/prod",
      tag: "1.1",
      image: `nexus.test:8082/blog@${DIGEST}`,
    };
    const change = {
      urn: "urn",
      operation: "create" as const,
      type: RELEASE_FILE,
      name: "blog",
      properties: [],
    };
    return fileChanges([change], () => ({ ...inputs, ...target(), ...over }));
  };
  const told: string[] = [];
  const report = { say: (line: string) => told.push(line) } as never;
  const check = (over: object = {}, url = gitlab.url) => {
    const apps = [{ name: "blog", gitops: [target(over)] }];
    const file = { settings: () => ({ apps, gitlab: { url } }) } as never;
    return checkFiles({ file, name: "prod" }, report);
  };

  /** As people do with git, which keeps what it is given. */
  function push(branch: string, content: string): void {
    const folder = join(gitlab.dir, "git", `${gitlab.project}.git`);
    const git = (args: string[], input?: string) =>
      execFileSync("git", ["-c", "user.name=Ann", "-c", "user.email=ann@example.com", ...args], {
        cwd: folder,
        input,
      })
        .toString()
        .trim();
    const blob = git(["hash-object", "-w", "--stdin"], content);
    const inner = git(["mktree"], `100644 blob ${blob}\tvalues.yaml\n`);
    const tree = git(["mktree"], `040000 tree ${inner}\tprod\n`);
    git(["update-ref", `refs/heads/${branch}`, git(["commit-tree", tree, "-m", "By hand"])]);
  }

  it("show what would change in them, line by line, before anything is applied", async () => {
    const [change] = await planned();
    assert.deepEqual(fileLines(change!), [
      "writes blog to team/blog main:prod/values.yaml, as a commit:",
      "  3:",
      "  -   repository: old/blog # ours",
      "  +   repository: nexus.test:8082/blog # ours",
      "  4:",
      "  -   tag: a",
      '  +   tag: "1.1"',
      "  5:",
      "  - b",
      `  + "${DIGEST}"`,
    ]);
    const note = renderNote(changeOf({}, { files: [change!] }), {});
    assert.match(
      note,
      /File `team\/blog main:prod\/values\.yaml` of `blog`, as a commit:\n\n```+diff\n {2}3:\n- \| {3}repository: old\/blog # ours\n\+ \| /,
    );
    assert.ok(!note.includes("hunter22"), "other values of the line stay in the file");
  });

  it("show what is known of an image that is yet to be built", async () => {
    const [change] = await planned({ image: "04da6b54-80e4-46f7-96ec-b56ff0331ba9", mergeRequest: true });
    const lines = fileLines(change!);
    assert.equal(lines[0], "writes blog to team/blog main:prod/values.yaml, by a merge request:");
    assert.ok(lines.includes('  + "(known once it is built)"'));
    assert.ok(lines.includes('  +   tag: "1.1"'));
  });

  it("are not known to a job without a token for them, which fails nothing in a preview", async () => {
    for (const token of [undefined, "glpat-of-another-project"]) {
      if (token === undefined) delete process.env["BERTH_GITOPS_TOKEN"];
      else process.env["BERTH_GITOPS_TOKEN"] = token;
      const [change] = await planned();
      assert.match(change!.unknown!, token === undefined ? /there is no token for it/ : /401 Unauthorized/);
      assert.match(fileLines(change!)[0]!, /, as a commit: not known what changes, /);
      assert.match(renderNote(changeOf({}, { files: [change!] }), {}), /: not known what changes, `/);
    }
  });

  it("fail a preview where nobody could write them", async () => {
    await assert.rejects(planned({ path: "none.yaml" }), (error: unknown) => {
      assert.ok(error instanceof CommandError);
      assert.match(
        error.message,
        /^An update could not write:\n.*Project team\/blog and its branch main are there, the file is not/,
      );
      return true;
    });
    await assert.rejects(planned({ branch: "none" }), /has no branch none/);
    await assert.rejects(
      planned({ values: { digest: ["image"] } }),
      /main:prod\/values\.yaml: image is a map/,
    );
  });

  it("stop an update before anything is changed where they can't be written, all of them told", async () => {
    await check();
    const missing = check({ path: "none.yaml" });
    await assert.rejects(
      missing,
      /^Error: Nothing was changed\. What can't be written:\n|^CommandError: Nothing was changed/,
    );
    await assert.rejects(check({ values: { digest: ["image.none"] } }), /image\.none: image has no key none/);
    process.env["BERTH_GITOPS_TOKEN"] = gitlab.token("developer", { accessLevel: 30 });
    await assert.rejects(check(), /may not push to the branch main of project team\/blog/);
    await check({ mergeRequest: true });
    delete process.env["BERTH_GITOPS_TOKEN"];
    await assert.rejects(check(), /there is no token for it\. Set BERTH_GITOPS_TOKEN/);
  });

  it("let an update go on where GitLab gives no answer, and say so", async () => {
    await check({}, "http://127.0.0.1:9");
    assert.match(
      told.join("\n"),
      /^Not known whether a file can be written: Could not read prod\/values\.yaml .*ECONNREFUSED/,
    );
  });

  it("tell of Windows line ends, of which GitLab makes line feeds", async () => {
    push("windows", TEXT.replaceAll("\n", "\r\n"));
    const [change] = await planned({ branch: "windows" });
    assert.match(fileLines(change!).join("\n"), /It has Windows line ends, and GitLab commits line feeds/);
    assert.match(renderNote(changeOf({}, { files: [change!] }), {}), /GitLab commits line feeds/);
  });

  it("are left out of a refresh, and named, where there is no token for them or no GitLab: the rest is looked at", async () => {
    const inputs = { url: gitlab.url, app: "blog", stack: "shop/prod", tag: "1.1" };
    const resource = (urn: string, over: object = {}) => ({
      urn,
      id: urn,
      type: RELEASE_FILE,
      inputs: { ...inputs, ...target(), ...over },
    });
    const container = { urn: "container", id: "c", type: "docker:index/container:Container" };
    const resources = [resource("file"), resource("proposed", { mergeRequest: true }), container];
    const look = (some: readonly object[]) => reachable({ resources: some, outputs: {} } as never, []);
    assert.deepEqual(await look(resources), { urns: undefined, unseen: [] });
    const away = await look([...resources, resource("away", { url: "http://127.0.0.1:9" })]);
    assert.deepEqual(away.urns, ["file", "proposed", "container"]);
    assert.match(unseenText(away.unseen[0]!), /^1 resource is not looked at: .*127\.0\.0\.1:9/);
    delete process.env["BERTH_GITOPS_TOKEN"];
    const { urns, unseen } = await look(resources);
    assert.deepEqual(urns, ["proposed", "container"]);
    assert.match(
      unseenText(unseen[0]!),
      /^1 resource is not looked at: .*there is no token for it\. Set BERTH_GITOPS_TOKEN/,
    );
  });
});
