// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of Dockerfiles
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildSources } from "../../../components/image/build-sources";
import { parseSettings } from "../../../components/settings/settings";
import { problemsOf } from "../../support/settings-problems";

describe("what a build is made of", () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "berth-sources-"));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  function settings(build: Record<string, unknown>, more: Record<string, unknown> = {}) {
    return parseSettings(
      {
        nexus: { hostname: "nexus.test", eula: "accepted" },
        gitlab: { url: "http://gitlab.test", registry: "gitlab.test:5050", project: "team/site" },
        servers: { main: { docker: "unix:///x", address: "main.test" } },
        apps: { blog: { port: 80, publish: 80, servers: ["main"], build, ...more } },
      },
      { root },
    );
  }

  function said(dockerfile: string, build: Record<string, unknown> = {}) {
    writeFileSync(join(root, "Dockerfile"), dockerfile);
    const { apps, nexus } = settings(build);
    return buildSources(apps, nexus, root);
  }

  it("is a line for each image, with the way that it comes", () => {
    const { images, warnings } = said(
      "ARG BASE_IMAGE\nARG NODE=node:20\nFROM $NODE AS assets\nFROM nexus.test:8083/tools/x:1 AS x\nFROM ${BASE_IMAGE}\nCOPY --from=assets / /\nCOPY --from=x / /\n",
      { base: "library/python:3.11-slim", bases: { NODE: "library/node:20" } },
    );
    assert.deepEqual(images, [
      "blog: library/node:20 (NODE), through Nexus",
      "blog: nexus.test:8083/tools/x:1 (FROM, line 4), from Nexus, with the builder's own docker login",
      "blog: library/python:3.11-slim (BASE_IMAGE), through Nexus",
    ]);
    assert.deepEqual(warnings, []);
  });

  /** An image that comes past Nexus, and what to write instead. */
  const PAST: readonly (readonly [dockerfile: string, warning: string])[] = [
    [
      "FROM python:3.11-slim",
      "python:3.11-slim is pulled past Nexus, from docker.io: write apps.blog.build.bases: { PYTHON: library/python:3.11-slim }; in the Dockerfile ARG PYTHON above the first FROM, and FROM ${PYTHON}",
    ],
    [
      "ARG NODE=node:20\nFROM ${NODE}",
      "node:20 is pulled past Nexus, from docker.io: write apps.blog.build.bases: { NODE: library/node:20 }",
    ],
    [
      "ARG BASE_IMAGE=team/base\nFROM $BASE_IMAGE",
      "team/base is pulled past Nexus, from docker.io: write apps.blog.build.base: team/base",
    ],
    [
      "FROM scratch\nCOPY --from=ghcr.io/a/uv:1@sha256:0 / /",
      "ghcr.io/a/uv:1@sha256:0 is pulled past Nexus, from ghcr.io: write apps.blog.build.bases: { UV: a/uv:1@sha256:0 }, with a proxy of ghcr.io in Nexus's group docker; in the Dockerfile ARG UV above the first FROM, a stage FROM ${UV} AS uv, and --from=uv",
    ],
    [
      "FROM scratch\nRUN --mount=from=go-lang:1 x",
      "go-lang:1 is pulled past Nexus, from docker.io: write apps.blog.build.bases: { GO_LANG: library/go-lang:1 }; in the Dockerfile ARG GO_LANG above the first FROM, a stage FROM ${GO_LANG} AS go-lang, and --mount=…,from=go-lang",
    ],
    [
      "# syntax=docker/dockerfile:1\nFROM scratch",
      "docker/dockerfile:1 is pulled past Nexus, from docker.io: leave the line out, then Docker reads the file with the frontend that it has",
    ],
    [
      "FROM ${A#x}",
      "${A#x} is pulled past Nexus, from where only BuildKit can tell: write apps.blog.build.bases: { A: <image> }; in the Dockerfile ARG A above the first FROM, and FROM ${A}",
    ],
  ];
  for (const [dockerfile, warning] of PAST) {
    it(`is warned of where it comes past Nexus: ${JSON.stringify(dockerfile)}`, () => {
      const { warnings, images } = said(dockerfile);
      assert.deepEqual(warnings, [`blog: ${warning}`]);
      assert.ok(images[0]!.includes("past Nexus"));
    });
  }

  it("is not looked at where a release is pinned", () => {
    const release = { tag: "1", digest: `sha256:${"1".repeat(64)}` };
    const { apps, nexus } = settings({ context: "nope" }, { release });
    assert.deepEqual(buildSources(apps, nexus, root), { images: [], warnings: [] });
  });

  it("is a mistake in the settings where the Dockerfile doesn't go with them", () => {
    const problems = (build: Record<string, unknown>) => problemsOf(() => settings(build));
    writeFileSync(join(root, "Dockerfile"), "FROM a\nARG BASE_IMAGE\nCOPY --from=$X / /\n");
    assert.deepEqual(problems({ base: "library/a", bases: { NODE: "library/node" }, args: { NODE: "x" } }), [
      "berth:apps.blog.build.args.NODE: it is a base image's argument, which is set to the image out of Nexus",
      "berth:apps.blog.build.base: ARG BASE_IMAGE stands after the first FROM (line 2), where no FROM can use it: move it above the first FROM",
      "berth:apps.blog.build.bases.NODE: the Dockerfile doesn't use it: write ARG NODE above the first FROM, and FROM ${NODE}",
      "berth:apps.blog.build.dockerfile: line 3: COPY --from=$X can't have variables: name a stage above, FROM $X AS source, and write source here",
    ]);
    writeFileSync(join(root, "Dockerfile"), "ARG BASE_IMAGE\nFROM $BASE_IMAGE\n");
    assert.deepEqual(problems({ base: "library/a", bases: { BASE_IMAGE: "library/b" } }), [
      "berth:apps.blog.build.bases.BASE_IMAGE: that is what base is given as: leave one of the two out",
    ]);
    assert.deepEqual(problems({ bases: { BASE_IMAGE: "library/b" } }), []);
  });
});
