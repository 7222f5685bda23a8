import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, symlinkSync } from "node:fs";
import { delimiter, join } from "node:path";
import { renderNote } from "../../../automation/change/note/note";
import { checkFiles } from "../../../automation/gitops/check-files";
import { fileChanges } from "../../../automation/gitops/file-changes";
import { fileLines } from "../../../automation/gitops/file-lines";
import { RELEASE_FILE } from "../../../components/gitops/release-file";
import { GitlabWeb } from "../../support/gitlab-web";
import { chartFiles, Helm } from "../../support/kubernetes/helm";
import { changeOf } from "../../unit/automation/change/recorded";

/** Helm is built once for a machine. */
const BUILD_MS = 1_200_000;
const VALUES = 'image:\n  repository: ""\n  tag: ""\n  digest: ""\nprocesses: { web: { port: 8000 } }\n';
const DIGEST = `sha256:${"1".repeat(64)}`;

/** A chart of a team's own, with one container. */
const chartWith = (image: string) => ({
  "Chart.yaml": "apiVersion: v2\nname: own\nversion: 1.0.0\n",
  "templates/deployment.yaml": `apiVersion: apps/v1
kind: Deployment
metadata: { name: blog }
spec: { template: { spec: { containers: [{ name: web, image: "${image}" }] } } }
`,
});
const CHARTS = {
  "own/by-tag": chartWith("{{ .Values.image.repository }}:{{ .Values.image.tag }}"),
  "own/by-digest": chartWith("{{ .Values.image.repository }}@{{ .Values.image.digest }}"),
  "own/of-several-files": chartWith('{{ required "say which region" .Values.region }}'),
};

describe("a chart that takes the file that Berth writes", () => {
  const kept = { ...process.env };
  const gitlab = new GitlabWeb();
  const told: string[] = [];

  before(async function () {
    this.timeout(BUILD_MS);
    const { folder } = await Helm.get();
    await gitlab.start();
    const token = gitlab.token("maintainer", { accessLevel: 40 });
    process.env["BERTH_GITOPS_TOKEN"] = token;
    process.env["PATH"] = [folder, kept["PATH"]].join(delimiter);
    const own = Object.entries(CHARTS).flatMap(([folder, files]) =>
      Object.entries(files).map(([path, text]) => [`${folder}/${path}`, text] as const),
    );
    const files = { ...chartFiles(), ...Object.fromEntries(own), "prod/values.yaml": VALUES };
    const actions = Object.entries(files).map(([file_path, content]) => ({
      action: "create",
      file_path,
      content,
    }));
    const body = { branch: "main", commit_message: "First", actions };
    const { status, text } = await gitlab.ask(
      "POST",
      "/repository/commits",
      { "private-token": token },
      body,
    );
    assert.equal(status, 201, text);
  });

  beforeEach(() => told.splice(0));

  after(async () => {
    process.env = kept;
    await gitlab.stop();
  });

  const target = (chart: string) => ({
    project: gitlab.project,
    branch: "main",
    path: "prod/values.yaml",
    values: { repository: ["image.repository"], tag: ["image.tag"], digest: ["image.digest"] },
    mergeRequest: false,
    chart,
  });
  const preview = async (chart: string) => {
    const inputs = { url: gitlab.url, app: "blog", stack: "shop/prod", tag: "1.1" };
    const image = `nexus.test:8082/blog@${DIGEST}`;
    const what = {
      urn: "urn",
      operation: "create" as const,
      type: RELEASE_FILE,
      name: "blog",
      properties: [],
    };
    const [change] = await fileChanges([what], () => ({ ...inputs, ...target(chart), image }));
    return change!;
  };
  const update = (chart: string) => {
    const apps = [{ name: "blog", gitops: [target(chart)] }];
    const file = { settings: () => ({ apps, gitlab: { url: gitlab.url } }) };
    const report = { say: (line: string) => told.push(line) };
    return checkFiles({ file, name: "prod" } as never, report as never);
  };

  for (const chart of ["charts/app", "own/by-digest"])
    it(`is fine where it runs the digest, as ${chart} does`, async () => {
      assert.ok(!("unproven" in (await preview(chart))));
      await update(chart);
      assert.deepEqual(told, []);
    });

  it("stops preview and update, before anything is changed, where it runs no digest", async () => {
    const why =
      /main:prod\/values\.yaml: own\/by-tag makes no container with the digest at image\.digest, .*Its images: registry\.invalid\/blog:none\. Have the chart take it/;
    await assert.rejects(preview("own/by-tag"), (error: Error) => {
      assert.match(error.message, /^An update could not write:\n/);
      assert.match(error.message, why);
      return true;
    });
    await assert.rejects(update("own/by-tag"), (error: Error) => {
      assert.match(error.message, /^Nothing was changed\. /);
      assert.match(error.message, why);
      return true;
    });
  });

  it("stops neither where it needs more than this file: then it is said that nobody knows", async () => {
    const change = await preview("own/of-several-files");
    const why =
      /Not known whether own\/of-several-files runs the digest: helm template fails .*say which region/;
    assert.match(fileLines(change).join("\n"), why);
    assert.match(renderNote(changeOf({}, { files: [change] }), {}), why);
    await update("own/of-several-files");
    assert.match(told.join("\n"), why);
  });

  it("stops neither where there is no Helm", async () => {
    const { PATH } = process.env;
    const folder = join(gitlab.dir, "bin");
    mkdirSync(folder);
    const git = execFileSync("sh", ["-c", "command -v git"], { encoding: "utf8" }).trim();
    symlinkSync(git, join(folder, "git")); // GitLab's own
    process.env["PATH"] = folder;
    try {
      const { unproven } = await preview("own/by-tag");
      assert.equal(
        unproven,
        "Not known whether own/by-tag runs the digest: there is no helm on the PATH to render it with",
      );
    } finally {
      process.env["PATH"] = PATH;
    }
  });

  it("has to be there", async () => {
    await assert.rejects(preview("charts/none"), /Could not read charts\/none\/ on the branch main/);
  });
});
