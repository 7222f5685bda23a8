import assert from "node:assert/strict";
import { hiddenFiles } from "../../../automation/gitops/files-in-state";
import { providers, RELEASE_FILE } from "../../../components/gitops/release-file";
import { TargetFile } from "../../../components/gitops/target-file";
import { GitlabWeb } from "../../support/gitlab-web";
import { FailingFront } from "../../support/http/failing-front";

const FILE = "prod/values.yaml";
const TEXT = '# prod\nreplicas: 2\nimage:\n  repository: old/blog # ours\n  tag: "1.0"\n  digest: ""\n';
const digest = (digit: string) => `sha256:${digit.repeat(64)}`;
const image = (digit: string) => `nexus.example.com:8082/blog@${digest(digit)}`;
const written = (tag: string, digit: string) =>
  TEXT.replace("old/blog", "nexus.example.com:8082/blog")
    .replace("1.0", tag)
    .replace('""', `"${digest(digit)}"`);

const { ReleaseFile: provider } = providers;

describe("a release in a file of a GitLab project", () => {
  const kept = { ...process.env };
  let gitlab: GitlabWeb;
  let front: FailingFront;
  let maintainer: string;

  beforeEach(async () => {
    gitlab = await new GitlabWeb().start();
    front = await new FailingFront(() => gitlab.url).start();
    maintainer = gitlab.token("maintainer", { accessLevel: 40 });
    for (const name of ["GITLAB_TOKEN", "BERTH_GITLAB_TOKEN", "CI_PIPELINE_URL", "GITLAB_USER_NAME"])
      delete process.env[name];
    process.env["BERTH_GITOPS_TOKEN"] = maintainer;
    await byHand(TEXT, "create");
  });

  afterEach(async () => {
    process.env = { ...kept };
    await front.stop();
    await gitlab.stop();
  });

  const wish = (over: object = {}) => ({
    url: `http://${front.host}`,
    app: "blog",
    stack: "shop/prod",
    project: gitlab.project,
    branch: "main",
    path: FILE,
    values: { repository: ["image.repository"], tag: ["image.tag"], digest: ["image.digest"] },
    mergeRequest: false,
    skipCi: false,
    image: image("1"),
    tag: "1.1",
    ...over,
  });

  // biome-ignore lint/suspicious/noExplicitAny: answers of GitLab, which fail the test where they are not so
  const ask = async (path: string, method = "GET", body?: object): Promise<any> =>
    (await gitlab.ask(method, path, { "private-token": maintainer }, body)).json;

  async function byHand(content: string, action = "update", path = FILE): Promise<void> {
    const actions = [{ action, file_path: path, content }];
    const body = { branch: "main", commit_message: "By hand", actions };
    const made = await ask("/repository/commits", "POST", body);
    assert.ok(made.id, JSON.stringify(made));
  }

  const textOn = async (branch = "main") => {
    const { content } = await ask(
      `/repository/files/${encodeURIComponent(FILE)}?ref=${encodeURIComponent(branch)}`,
    );
    return Buffer.from(content, "base64").toString();
  };
  const head = async (branch = "main") =>
    (await ask(`/repository/branches/${encodeURIComponent(branch)}`)).commit;
  const open = () => ask("/merge_requests?state=opened");

  it("is one commit with the release in its message, and nothing else of the file changes", async () => {
    const before = await head();
    process.env["CI_PIPELINE_URL"] = "https://gitlab.example.com/team/blog/-/pipelines/7";
    const { id, outs } = await provider.create(wish());
    assert.equal(id, `team/blog main:${FILE}`);
    assert.equal(await textOn(), written("1.1", "1"));
    const { message, parent_ids, web_url } = await head();
    assert.equal(
      message,
      `Release blog 1.1 to prod\n\n${image("1")}\nhttps://gitlab.example.com/team/blog/-/pipelines/7`,
    );
    assert.deepEqual([parent_ids, outs.outcome], [[before.id], `commit ${web_url}`]);
  });

  it("starts no pipeline in the app's own project, which would go round for ever", async () => {
    await provider.create(wish({ skipCi: true }));
    assert.match((await head()).message, /^Release blog 1\.1 to prod \[skip ci\]\n/);
  });

  it("goes back to what was there before, by the same way", async () => {
    const { outs: first } = await provider.create(wish());
    const { outs: second } = await provider.update("id", first, wish({ image: image("2"), tag: "1.2" }));
    assert.equal(await textOn(), written("1.2", "2"));
    await provider.update("id", second, wish());
    assert.equal(await textOn(), written("1.1", "1"));
  });

  it("commits nothing where the file has it already", async () => {
    await byHand(written("1.1", "1"));
    const before = await head();
    const { outs } = await provider.create(wish());
    assert.deepEqual([(await head()).id, outs.outcome], [before.id, "the file had it already"]);
  });

  it("loses nobody's change where somebody pushes in between, and commits once where an answer is lost", async () => {
    const second = wish({ app: "shop", values: { digest: ["shop"] }, image: image("5") });
    await byHand(`${TEXT}shop: ""\n`);
    await Promise.all([provider.create(wish()), provider.create(second)]);
    assert.equal(await textOn(), `${written("1.1", "1")}shop: "${digest("5")}"\n`);
    const before = await head();
    front.next("POST", "answer lost");
    await provider.create(wish({ tag: "1.2" }));
    assert.deepEqual((await head()).parent_ids, [before.id]);
  });

  it("is due again where somebody has written something else, and is not without a token or a GitLab", async () => {
    const { outs } = await provider.create(wish());
    const due = async () => (await provider.diff("id", outs, wish())).changes;
    assert.equal(await due(), false);
    await byHand(TEXT);
    assert.equal(await due(), true);
    const { props } = await provider.read("id", outs);
    assert.deepEqual(props.differing, ["image.repository", "image.tag", "image.digest"]);
    delete process.env["BERTH_GITOPS_TOKEN"];
    assert.equal(await due(), false);
    process.env["BERTH_GITOPS_TOKEN"] = "glpat-of-another-project";
    assert.equal(await due(), false);
    await assert.rejects(
      provider.read("id", outs),
      /read prod\/values\.yaml on the branch main .*401 Unauthorized/,
    );
  });

  it("is gone where the file is, and leaves the file as it is when it goes itself", async () => {
    const { outs } = await provider.create(wish());
    const before = await head();
    await provider.delete("id", outs);
    assert.deepEqual([(await head()).id, await textOn()], [before.id, written("1.1", "1")]);
    await ask("/repository/commits", "POST", {
      branch: "main",
      commit_message: "Away",
      actions: [{ action: "delete", file_path: FILE }],
    });
    assert.deepEqual(await provider.read("id", outs), { id: "" });
    await assert.rejects(
      provider.create(wish()),
      /Project team\/blog and its branch main are there, the file is not: commit prod\/values\.yaml first, or mend its path\.$/,
    );
  });

  it("is refused with what is wrong and what to do, and without the token", async () => {
    const developer = gitlab.token("developer", { accessLevel: 30 });
    const reader = gitlab.token("reader", { scopes: ["read_api"], accessLevel: 40 });
    const cases: [over: object, token: string | undefined, said: RegExp][] = [
      [
        {},
        undefined,
        /^team\/blog main:prod\/values\.yaml: there is no token for it\. Set BERTH_GITOPS_TOKEN \(else BERTH_GITLAB_TOKEN is taken\) to a token of project team\/blog, or of a group that it is in, with the scope api and a role that may push to main$/,
      ],
      [{}, "glpat-wrong", /401 Unauthorized.*GitLab doesn't know the token in BERTH_GITOPS_TOKEN/],
      [{}, reader, /The token in BERTH_GITOPS_TOKEN needs the scope api/],
      [
        {},
        developer,
        /^The token in BERTH_GITOPS_TOKEN may not push to the branch main of project team\/blog.*Maintainer, or Developer where Settings/,
      ],
      [
        { project: "team/other" },
        maintainer,
        /404 Project Not Found.*The token has to be one of project team\/other, or of a group that it is in\.$/,
      ],
      [
        { branch: "none" },
        maintainer,
        /404 Commit Not Found.*Project team\/blog is there, and has no branch none: push it first, or mend its name\.$/,
      ],
      [
        { values: { digest: ["image.sha"] } },
        maintainer,
        /^team\/blog main:prod\/values\.yaml: image\.sha: image has no key sha; it has repository, tag, digest\. Write sha: ""/,
      ],
    ];
    for (const [over, token, said] of cases) {
      if (token === undefined) delete process.env["BERTH_GITOPS_TOKEN"];
      else process.env["BERTH_GITOPS_TOKEN"] = token;
      await assert.rejects(provider.create(wish(over)), (error: Error) => {
        assert.match(error.message, said);
        return !error.message.includes(token ?? "glpat");
      });
    }
    assert.equal(await textOn(), TEXT);
  });

  it("can be known before to be refused, and nothing is written for that", async () => {
    const before = await head();
    const release = { tag: "1.1", image: undefined };
    for (const mergeRequest of [false, true]) await new TargetFile(wish({ mergeRequest })).check(release);
    process.env["BERTH_GITOPS_TOKEN"] = gitlab.token("developer", { accessLevel: 30 });
    await new TargetFile(wish({ mergeRequest: true })).check(release);
    await assert.rejects(new TargetFile(wish()).check(release), /may not push to the branch main/);
    assert.equal((await head()).id, before.id);
    assert.deepEqual(
      (await ask("/repository/branches")).map(({ name }: { name: string }) => name),
      ["main"],
    );
  });

  it("is left out by a refresh, with the reason, where it can't be looked at, and found to be gone where it is", async () => {
    const hidden = async (over: object = {}) => {
      const resources = [{ urn: "urn:of:the-file", type: RELEASE_FILE, inputs: wish(over) }];
      return (await hiddenFiles({ resources })).map(({ urn, why }) => `${urn} ${why}`).join();
    };
    assert.equal(await hidden(), "");
    assert.equal(await hidden({ path: "none.yaml" }), "", "the refresh itself says that it is gone");
    assert.match(await hidden({ branch: "none" }), /^urn:of:the-file .*has no branch none/);
    await byHand("image: [broken\n");
    assert.match(await hidden(), /^urn:of:the-file \S+ main:prod\/values\.yaml: .*YAML/);
    assert.equal(await hidden({ mergeRequest: true }), "");
    delete process.env["BERTH_GITOPS_TOKEN"];
    assert.match(await hidden(), /there is no token for it/);
  });

  it("is refused in a file that isn't UTF-8, which could not be written back", async () => {
    const content = Buffer.from([0x61, 0x3a, 0x20, 0xe4, 0x0a]).toString("base64");
    await ask("/repository/commits", "POST", {
      branch: "main",
      commit_message: "Latin 1",
      actions: [{ action: "update", file_path: FILE, content, encoding: "base64" }],
    });
    await assert.rejects(
      provider.create(wish()),
      /is not text in UTF-8, so it can't be edited\. Save it as UTF-8 first/,
    );
  });

  describe("by a merge request", () => {
    const SOURCE = "berth/shop/prod/blog/main-prod-values-yaml";
    const proposed = (over: object = {}) => wish({ mergeRequest: true, ...over });

    it("is proposed on a branch of its own, with one commit, and the target is as it was", async () => {
      const before = await head();
      const { outs } = await provider.create(proposed());
      assert.deepEqual([(await head()).id, await textOn()], [before.id, TEXT]);
      const [request, ...more] = await open();
      assert.equal(more.length, 0);
      const { title, description, source_branch, target_branch, web_url } = request;
      assert.deepEqual(
        [title, description, source_branch, target_branch],
        ["Release blog 1.1 to prod", image("1"), SOURCE, "main"],
      );
      assert.equal(outs.outcome, `merge request ${web_url}, which waits for somebody to merge it`);
      assert.equal(await textOn(SOURCE), written("1.1", "1"));
      assert.deepEqual((await head(SOURCE)).parent_ids, [before.id]);
    });

    it("takes the open one over for the next release, on what the target has by then", async () => {
      const { outs } = await provider.create(proposed());
      await byHand(TEXT.replace("replicas: 2", "replicas: 3"));
      await provider.update("id", outs, proposed({ image: image("2"), tag: "1.2" }));
      const [request, ...more] = await open();
      assert.deepEqual(
        [more.length, request.title, request.description],
        [0, "Release blog 1.2 to prod", image("2")],
      );
      assert.equal(await textOn(SOURCE), written("1.2", "2").replace("replicas: 2", "replicas: 3"));
      assert.deepEqual((await head(SOURCE)).parent_ids, [(await head()).id]);
    });

    it("is written once where it is there already, and where the answer is lost", async () => {
      await provider.create(proposed());
      const before = await head(SOURCE);
      await provider.create(proposed());
      assert.equal((await head(SOURCE)).id, before.id);
      const next = proposed({ tag: "1.2" });
      front.next("POST", "answer lost", "answer lost");
      await provider.create(next);
      assert.equal((await open()).length, 1);
      const [{ iid }] = await open();
      await ask(`/merge_requests/${iid}`, "PUT", { state_event: "close" });
      front.next("POST", "passed on", "answer lost");
      await provider.create(proposed({ tag: "1.3" }));
      assert.equal((await open()).length, 1);
    });

    it("is never a fork's merge request of a branch with that name", async () => {
      await provider.create(proposed());
      const { mergeRequests } = gitlab.store.content;
      const [own] = mergeRequests;
      const foreign = { ...own!, iid: 77, id: 77, title: "Theirs", source_project_id: 4711 };
      mergeRequests.push(foreign);
      await provider.create(proposed({ tag: "1.2" }));
      assert.deepEqual(
        (await open()).map(({ title }: { title: string }) => title),
        ["Theirs", "Release blog 1.2 to prod"],
      );
      own!.state = "closed";
      await provider.create(proposed({ tag: "1.3" }));
      assert.equal((await open()).length, 2, "one of its own");
    });

    it("closes what was open where the target has the release already, as after a rollback", async () => {
      const { outs } = await provider.create(proposed());
      await byHand(written("1.0", "0"));
      const { outs: back } = await provider.update("id", outs, proposed({ image: image("0"), tag: "1.0" }));
      assert.deepEqual([await open(), back.outcome], [[], "the file had it already"]);
    });

    it("is opened once for each release: whoever doesn't merge it has decided", async () => {
      const { outs } = await provider.create(proposed());
      const [{ iid }] = await open();
      await ask(`/merge_requests/${iid}`, "PUT", { state_event: "close" });
      assert.equal((await provider.diff("id", outs, proposed())).changes, false);
      assert.equal((await provider.diff("id", outs, proposed({ tag: "1.2" }))).changes, true);
    });

    it("is there for who may not push to a protected branch", async () => {
      process.env["BERTH_GITOPS_TOKEN"] = gitlab.token("developer", { accessLevel: 30 });
      await provider.create(proposed());
      assert.equal((await open()).length, 1);
      process.env["BERTH_GITOPS_TOKEN"] = gitlab.token("reporter", { accessLevel: 20 });
      await assert.rejects(
        provider.create(proposed({ tag: "1.2" })),
        /The token in BERTH_GITOPS_TOKEN may not push to the branch berth\/shop\/prod\/blog\/main-prod-values-yaml/,
      );
    });
  });
});
