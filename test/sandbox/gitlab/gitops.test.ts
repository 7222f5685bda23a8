import assert from "node:assert/strict";
import { ReleaseFile } from "../../../components/gitops/release-file";
import { GitlabWeb } from "../../support/gitlab-web";
import { InlineProject, type InlineStack } from "../../support/stack/inline-stack";

const FILE = "dev/values.yaml";
const TEXT = '# dev\nimage:\n  repository: "" # by Berth\n  tag: ""\n  digest: ""\nreplicas: 2\n';
const digest = (digit: string) => `sha256:${digit.repeat(64)}`;
const written = (tag: string, digit: string) =>
  TEXT.replace('repository: ""', 'repository: "nexus.test:8082/blog"')
    .replace('tag: ""', `tag: "${tag}"`)
    .replace('digest: ""', `digest: "${digest(digit)}"`);

interface Wish {
  readonly tag: string;
  /** The digest's only digit. */
  readonly digit: string;
  readonly branch?: string;
  readonly mergeRequest?: boolean;
}

describe("a release in a file that a cluster follows, through the engine", () => {
  const own = { ...process.env };
  let gitlab: GitlabWeb;
  let project: InlineProject;
  let dev: InlineStack;
  let token: string;

  before(async () => {
    gitlab = await new GitlabWeb().start();
    token = gitlab.token("keeper", { accessLevel: 40 });
    for (const name of ["GITLAB_TOKEN", "BERTH_GITLAB_TOKEN"]) delete process.env[name];
    process.env["BERTH_GITOPS_TOKEN"] = token;
    await byHand(TEXT, "create");
    project = new InlineProject("kept");
    dev = await project.stack("dev");
  });

  after(async () => {
    process.env = own;
    project.remove();
    await gitlab.stop();
  });

  const program =
    ({ tag, digit, branch = "main", mergeRequest = false }: Wish) =>
    () => {
      const target = { project: gitlab.project, branch, path: FILE, mergeRequest, document: undefined };
      const values = { repository: ["image.repository"], tag: ["image.tag"], digest: ["image.digest"] };
      const image = `nexus.test:8082/blog@${digest(digit)}`;
      const whose = { url: gitlab.url, app: "blog", stack: "kept/dev", skipCi: false };
      new ReleaseFile(`blog-gitops-${branch}`, { ...target, ...whose, values, image, tag });
    };

  // biome-ignore lint/suspicious/noExplicitAny: answers of GitLab, which fail the test where they are not so
  const ask = async (path: string, method = "GET", body?: object): Promise<any> =>
    (await gitlab.ask(method, path, { "private-token": token }, body)).json;

  async function byHand(content: string, action = "update"): Promise<void> {
    const actions = [{ action, file_path: FILE, content }];
    await ask("/repository/commits", "POST", { branch: "main", commit_message: "By hand", actions });
  }

  const text = async () =>
    Buffer.from(
      (await ask(`/repository/files/${encodeURIComponent(FILE)}?ref=main`)).content,
      "base64",
    ).toString();
  const head = async () => (await ask("/repository/branches/main")).commit;

  it("is written once, and then nothing changes, seen or unseen", async () => {
    const first = { tag: "1.0", digit: "1" };
    assert.equal((await dev.preview(program(first)))["create"], 2);
    assert.equal(await text(), TEXT);
    await dev.up(program(first));
    assert.equal(await text(), written("1.0", "1"));
    assert.match((await head()).message, /^Release blog 1\.0 to dev\n\nnexus\.test:8082\/blog@sha256:1+$/);
    const { id } = await head();
    assert.deepEqual(Object.keys(await dev.preview(program(first), { refresh: true })), ["same"]);
    assert.deepEqual(Object.keys(await dev.up(program(first))), ["same"]);
    assert.equal((await head()).id, id);
  });

  it("follows every release, there and back", async () => {
    for (const [tag, digit] of [
      ["1.1", "2"],
      ["1.0", "1"],
    ] as const) {
      assert.equal((await dev.up(program({ tag, digit })))["update"], 1);
      assert.equal(await text(), written(tag, digit));
    }
  });

  it("is found where somebody has written something else, and put right with nothing else of theirs lost", async () => {
    await byHand(written("0.9", "1").replace("replicas: 2", "replicas: 3"));
    const first = { tag: "1.0", digit: "1" };
    assert.equal((await dev.preview(program(first)))["update"], 1);
    assert.equal((await dev.refresh())["update"], 1);
    assert.equal((await dev.up(program(first)))["update"], 1);
    assert.equal(await text(), written("1.0", "1").replace("replicas: 2", "replicas: 3"));
  });

  it("waits in a merge request where the settings say so", async () => {
    const before = await head();
    await dev.up(program({ tag: "2.0", digit: "3", mergeRequest: true }));
    assert.equal((await head()).id, before.id);
    const [request] = await ask("/merge_requests?state=opened");
    assert.deepEqual([request.title, request.target_branch], ["Release blog 2.0 to dev", "main"]);
    const wish = { tag: "2.0", digit: "3", mergeRequest: true };
    assert.deepEqual(Object.keys(await dev.up(program(wish))), ["same"]);
  });

  it("fails the update with what to do where it can't be written, and the state is as it was", async () => {
    process.env["BERTH_GITOPS_TOKEN"] = gitlab.token("developer", { accessLevel: 30 });
    await assert.rejects(
      dev.up(program({ tag: "3.0", digit: "4" })),
      /The token in BERTH_GITOPS_TOKEN may not push to the branch main of project team\/blog/,
    );
    process.env["BERTH_GITOPS_TOKEN"] = token;
    assert.equal((await dev.inputs()).get("blog-gitops-main")!["tag"], "2.0");
    assert.equal((await dev.preview(program({ tag: "3.0", digit: "4" })))["update"], 1);
  });

  it("leaves the file as it is when it goes, and tells no token", async () => {
    const { id } = await head();
    await dev.destroy();
    assert.equal((await head()).id, id);
    for (const said of [project.printed, project.written()]) assert.ok(!said.includes(token));
  });
});
