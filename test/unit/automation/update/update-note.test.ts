import assert from "node:assert/strict";
import type { ToldUpdate } from "../../../../automation/update/told-update";
import { renderUpdate } from "../../../../automation/update/update-note";

const digest = (digit: string) => `sha256:${digit.repeat(64)}`;
const told: ToldUpdate = {
  project: "berth",
  stack: "prod",
  who: "ann",
  seconds: 75.4,
  changes: { create: 2, update: 1 },
  apps: [
    {
      app: "blog",
      before: { tag: "one", digest: digest("1") },
      after: { tag: "two", digest: digest("2") },
      url: "https://blog.example.com",
    },
  ],
};
const context = {
  commit: "c".repeat(40),
  job: "https://x/-/jobs/9",
  pipeline: { id: "12", url: "https://x/-/pipelines/12" },
};
const marker = `<!-- berth:update project=berth stack=prod pipeline=12 commit=${"c".repeat(40)} -->`;
const facts = "by `ann`; of commit `cccccccccccc`; in [pipeline `12`](<https://x/-/pipelines/12>)";

describe("the note about an update", () => {
  it("says what runs now and what ran, where, by whom, and how long it took", () => {
    assert.equal(
      renderUpdate(told, context),
      [
        marker,
        "**Deployed** to `berth/prod`",
        "",
        `- \`blog\`: \`one\` (\`${digest("1")}\`) → \`two\` (\`${digest("2")}\`), at [\`https://blog.example.com\`](<https://blog.example.com>)`,
        `- ${facts}; 2 create, 1 update; 1 min 15 s`,
        "",
      ].join("\n"),
    );
  });

  it("says what was removed of old images, and what could not be, as text", () => {
    const images = ["web1: removed 2 images of blog, 412.0 MB", "web2: could not remove `x`"];
    const lines = renderUpdate({ ...told, images }, context).split("\n");
    assert.deepEqual(lines.slice(4, 7), [
      "- `web1: removed 2 images of blog, 412.0 MB`",
      "- `` web2: could not remove `x` ``",
      `- ${facts}; 2 create, 1 update; 1 min 15 s`,
    ]);
  });

  it("says what was replaced and why, as text", () => {
    const replaced = [{ what: ["blog on `web1`: container", "x"], because: "its image changes: /close → b" }];
    assert.equal(
      renderUpdate({ ...told, replaced }, context).split("\n")[4],
      "- replaced ``blog on `web1`: container``, `x`, because `its image changes: /close → b`",
    );
  });

  it("says where nothing ran before, and where the same runs as before", () => {
    const [blog] = told.apps;
    const first = { ...told, apps: [{ ...blog!, before: undefined }], changes: {} };
    assert.match(renderUpdate(first, {}), /`blog`: not deployed → `two`[\s\S]*by `ann`; no changes; 1 min/);
    const same = { ...told, apps: [{ ...blog!, after: blog!.before }] };
    assert.match(renderUpdate(same, {}), /`blog`: `one` \(`sha256:1+`\), as before, at/);
  });

  it("says after a failure what was wanted, what stays, the error as text, and what to do", () => {
    const { changes: _, ...failed } = {
      ...told,
      failure: { text: "The engine stopped:\n/close\n``` <b>@all</b>", locked: false },
    };
    assert.equal(
      renderUpdate(failed, context),
      [
        marker,
        "**The update of `berth/prod` failed**",
        "",
        `- \`blog\`: wanted was \`two\` (\`${digest("2")}\`); \`one\` (\`${digest("1")}\`) stays`,
        `- ${facts}; 1 min 15 s`,
        ...["", "````", "| The engine stopped:", "| /close", "| ``` <b>@all</b>", "````", ""],
        "Next: see [the job's log](<https://x/-/jobs/9>); then mend it and run the job again, or go back with `berth rollback prod`.",
        "",
      ].join("\n"),
    );
  });

  it("has only the beginning of a long error, and waits for another run's end", () => {
    const text = Array.from({ length: 100 }, (_, index) => `line ${index}`).join("\n");
    const note = renderUpdate({ ...told, failure: { text, locked: true } }, context);
    assert.match(note, /\| line 19\n\| …\n```/);
    assert.match(note, /Next: run the job again when the other run has ended/);
    const wide = renderUpdate({ ...told, failure: { text: "x".repeat(9_000), locked: false } }, {});
    assert.ok(wide.length < 5_000 && wide.includes("\n| …\n"));
  });
});
