import assert from "node:assert/strict";
import { publishFailure, publishNote } from "../../../../automation/change/note/publish";
import { mergeRequestNotes } from "../../../../automation/gitlab/gitlab";
import { CommandError } from "../../../../automation/terminal/exit";
import type { Report } from "../../../../automation/terminal/report";
import { GitlabWeb } from "../../../support/gitlab-web";
import { FailingFront } from "../../../support/http/failing-front";
import { changeOf } from "../change/recorded";

/** GitLab's number of the fork, which has a merge request of the same number as the project that it was forked from. */
const FORK = "4711";

describe("a merge request from a fork", () => {
  let gitlab: GitlabWeb;
  let front: FailingFront;
  let iid: number;
  let said: string[];

  beforeEach(async () => {
    gitlab = await new GitlabWeb().start();
    front = await new FailingFront(() => gitlab.url).start();
    iid = await gitlab.mergeRequest();
    said = [];
  });

  afterEach(async () => {
    await front.stop();
    await gitlab.stop();
  });

  const report = { say: (line: string) => said.push(line) } as unknown as Report;
  const job = (token: string): NodeJS.ProcessEnv => ({
    CI_API_V4_URL: `http://${front.host}/api/v4`,
    CI_PROJECT_ID: FORK,
    CI_MERGE_REQUEST_IID: String(iid),
    CI_MERGE_REQUEST_PROJECT_ID: gitlab.project,
    BERTH_GITLAB_TOKEN: token,
  });
  const publish = (token: string) =>
    publishNote(mergeRequestNotes(job(token)), changeOf({}), { out: undefined }, report);
  const notes = async () => {
    const headers = { "private-token": gitlab.token("reader", { scopes: ["read_api"] }) };
    return (await gitlab.ask("GET", `/merge_requests/${iid}/notes`, headers)).json as { body: string }[];
  };

  it("has its note in the project that it was forked from, and nothing is asked of the fork", async () => {
    const { result } = await publish(gitlab.token("berth", { accessLevel: 20 }));
    assert.equal(result, "created");
    assert.equal((await notes()).length, 1);
    assert.ok(
      front.requests.every((one) => !one.includes(`/projects/${FORK}`)),
      front.requests.join(),
    );
  });

  it("has none without a token, which a fork mostly lacks, and the preview says why", async () => {
    assert.equal((await publish("")).result, "left");
    await publishFailure(mergeRequestNotes(job("")), { stack: "dev" }, report);
    assert.deepEqual(said, [
      "No note was written: this pipeline runs in a fork, and the merge request is in the project that it was forked from, " +
        "where a member of that can run it (Pipelines → Run pipeline). There is no token for it in BERTH_GITLAB_TOKEN.",
    ]);
    assert.deepEqual(front.requests, []);
  });

  const refusals: [string, () => string, RegExp][] = [
    [
      "may not write there",
      () => gitlab.token("guest", { accessLevel: 10 }),
      /403 Forbidden\. .*needs the role Reporter/,
    ],
    ["may only read", () => gitlab.token("reading", { scopes: ["read_api"] }), /403 insufficient_scope/],
    ["GitLab doesn't know", () => "glpat-of-another-gitlab", /401 Unauthorized/],
  ];
  for (const [what, token, words] of refusals)
    it(`has none with a token that ${what}, and the preview says why`, async () => {
      const { result, why } = await publish(token());
      assert.equal(result, "left");
      assert.match(why!, words);
      assert.match(
        said.join("\n"),
        /^No note was written: this pipeline runs in a fork, .*Run pipeline\)\. Could not /,
      );
      assert.deepEqual(await notes(), []);
    });

  it("has none with the fork's own token, which may not see the project", async () => {
    front.next("GET", { status: 404, body: '{"message":"404 Project Not Found"}' });
    assert.match((await publish(gitlab.token("berth"))).why!, /404 Project Not Found/);
  });

  it("is no excuse for anything else that goes wrong", async () => {
    front.next("GET", { status: 400, body: "{}" });
    await assert.rejects(publish(gitlab.token("berth")), /^GitlabError: Could not .*400/);
    const own = { ...job(""), CI_MERGE_REQUEST_PROJECT_ID: FORK };
    assert.throws(() => mergeRequestNotes(own), CommandError);
  });
});
