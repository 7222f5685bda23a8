// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of Dockerfiles
import assert from "node:assert/strict";
import { buildImages, type GivenArguments } from "../../../components/dockerfile/build-images";
import { readDockerfile } from "../../../components/dockerfile/dockerfile";
import { expanded } from "../../../components/dockerfile/dockerfile-variables";

// What is expected of the reader is what BuildKit's own (v0.20.2, frontend/dockerfile/{parser,instructions,shell}) said of these
// texts; so it did of 20,000 random ones, which this reader was compared with.

const stagesOf = (text: string) =>
  readDockerfile(text).stages.map(
    ({ name, from, others }) =>
      `${from.line} ${from.text}${name ? ` as ${name}` : ""}${others.map((one) => `; ${one.by} ${one.text}`).join("")}`,
  );

/** Each image that is pulled: `IMAGE (BY, line N)`, with `< ARGUMENT` where it is a base. */
function pulled(text: string, given: Partial<GivenArguments> = {}) {
  const { pulls, problems } = buildImages(readDockerfile(text), { bases: {}, args: {}, ...given });
  return {
    images: pulls.map(
      ({ image, by, line, base }) => `${image} (${by}, line ${line})${base ? ` < ${base.argument}` : ""}`,
    ),
    problems: problems.map(({ argument, message }) => `${argument ?? "-"}: ${message}`),
  };
}

describe("the stage that is the image", () => {
  const STAGES =
    "FROM node:20 AS assets\nFROM python:3 AS Worker\nFROM python:3-slim AS web\nCOPY --from=assets / /\n";

  it("is the last one, or the one that is named, whatever its letters; what it doesn't need isn't pulled", () => {
    assert.deepEqual(pulled(STAGES).images, ["node:20 (FROM, line 1)", "python:3-slim (FROM, line 3)"]);
    assert.deepEqual(pulled(STAGES, { target: "WORKER" }).images, ["python:3 (FROM, line 2)"]);
    assert.deepEqual(pulled(STAGES, { target: "worker" }).problems, []);
  });

  it("has to be there", () => {
    assert.deepEqual(pulled(STAGES, { target: "wroker" }).problems, [
      "-: the Dockerfile has no stage wroker: it has assets, worker, web",
    ]);
    assert.deepEqual(pulled("FROM a", { target: "web" }).problems, [
      "-: the Dockerfile has no stage web: none of them has a name (FROM … AS name)",
    ]);
  });

  it("may be of a platform that its FROM asks for", () => {
    const text = "ARG TARGETARCH\nFROM tool-${TARGETARCH}:1\n";
    assert.deepEqual(pulled(text).images, ["tool-amd64:1 (FROM, line 2)"]);
    assert.deepEqual(pulled(text, { platform: "linux/arm64" }).images, ["tool-arm64:1 (FROM, line 2)"]);
  });
});

describe("a Dockerfile", () => {
  /** Each with its stages: `LINE IMAGE as NAME; where it takes files from`. */
  const READ: readonly (readonly [what: string, text: string, stages: string[]])[] = [
    [
      "several stages, by name and number",
      "FROM a AS Build\nFROM b\nCOPY --from=build / /\nCOPY --from=0 / /",
      ["1 a as build", "2 b; COPY --from build; COPY --from 0"],
    ],
    [
      "Windows' line ends",
      "ARG A=1\r\nFROM a \\\r\n  AS b\r\nRUN x \\\r\n  y\r\nFROM c\r\n",
      ["2 a as b", "6 c"],
    ],
    [
      "words of any case",
      "from a as b\ncopy --from=c / /\nrun --mount=type=bind,FROM=d,target=/m x",
      ["1 a as b; COPY --from c; RUN --mount d"],
    ],
    ["a platform", "FROM --platform=$BUILDPLATFORM golang:1.24 AS build", ["1 golang:1.24 as build"]],
    [
      "a flag that isn't the first",
      "FROM a\nCOPY --chown=1:1 --from=b / /\nRUN --network=none --mount=type=cache,target=/c --mount=from=d x",
      ["1 a; COPY --from b; RUN --mount d"],
    ],
    [
      "comments, also within a line that goes on",
      "# FROM no\nFROM a\nRUN x \\\n# FROM no\n\n  y\nFROM b",
      ["2 a", "7 b"],
    ],
    [
      "heredocs",
      "FROM a\nRUN <<EOF\nFROM no\nEOF\nRUN <<-'E' cat <<F\nFROM no\n\tE\nFROM no\nF\nCOPY <<X /x\nFROM no\nX\nFROM b",
      ["1 a", "13 b"],
    ],
    ["what only looks like a heredoc", 'FROM a\nRUN echo "<<EOF"\nFROM b', ["1 a", "3 b"]],
    [
      "another escape character",
      "# escape=`\nFROM a\nRUN dir C:\\\nFROM b\nRUN x `\n  FROM no",
      ["2 a", "4 b"],
    ],
    ["what others run later", "FROM a\nONBUILD COPY --from=no / /", ["1 a"]],
    [
      "a mount's fields in quotes",
      'FROM a\nRUN --mount="type=bind,from=b,target=/m" x',
      ["1 a; RUN --mount b"],
    ],
  ];
  for (const [what, text, stages] of READ)
    it(`is read with ${what}`, () => assert.deepEqual(stagesOf(text), stages));

  it("is read with its frontend, which is a directive only at the top", () => {
    const syntax = (text: string) => readDockerfile(text).syntax?.text;
    assert.equal(syntax("# syntax=docker/dockerfile:1\nFROM a"), "docker/dockerfile:1");
    assert.equal(syntax("#Syntax = docker/dockerfile:1.4\r\n# escape=`\r\nFROM a"), "docker/dockerfile:1.4");
    assert.equal(syntax("# escape=`\n# syntax=a/b\nFROM a"), "a/b");
    for (const text of ["# c\n# syntax=no\nFROM a", "\n# syntax=no\nFROM a", "FROM a\n# syntax=no"])
      assert.equal(syntax(text), undefined, JSON.stringify(text));
  });

  it("is read with its arguments: those that FROM knows, and those of stages", () => {
    const { globals, stages } = readDockerfile(
      'ARG A\nARG B=1 C="x y" \\\n  # comment\n  D=$B\nFROM a\nARG E\nARG F=2 G',
    );
    assert.deepEqual(
      globals.map(({ name, value }) => `${name}=${value}`),
      ["A=undefined", "B=1", 'C="x y"', "D=$B"],
    );
    assert.deepEqual(
      stages[0]!.args.map(({ name, value, line }) => `${line} ${name}=${value}`),
      ["6 E=undefined", "7 F=2", "7 G=undefined"],
    );
  });

  it("has its variables put in as BuildKit does", () => {
    const values = new Map([
      ["A", "x"],
      ["E", ""],
    ]);
    const cases: readonly (readonly [string, string | undefined])[] = [
      ...([
        ["$A", "x"],
        ["${A}-1", "x-1"],
        ["a$A.b", "ax.b"],
        ["$B", ""],
        ["$", "$"],
        ["\\$A", "$A"],
      ] as const),
      ...([
        ["${B:-y}", "y"],
        ["${E:-y}", "y"],
        ["${E-y}", ""],
        ["${A:+z}", "z"],
        ["${E:+z}", ""],
        ["${E+z}", "z"],
      ] as const),
      ...([
        ["${B:-${A}}", "x"],
        ["'$A'", "$A"],
        ['"q $A"', "q x"],
        ['"\\"$A"', '"x'],
        ["${B:?no}", undefined],
      ] as const),
      ...([
        ["${A#x}", undefined],
        ["${A", undefined],
        ['"$A', undefined],
        ["${}", undefined],
      ] as const),
    ];
    for (const [word, text] of cases) assert.equal(expanded(word, values), text, word);
    assert.equal(expanded("`$A", values, "`"), "$A");
  });
});

describe("the images of a build", () => {
  const BASE = { bases: { BASE_IMAGE: "library/python:3.11-slim" } };

  it("are those that a FROM, a COPY, a mount or the frontend names, each once", () => {
    const text = `# syntax=docker/dockerfile:1
ARG BASE_IMAGE=python
ARG NODE=node:20
FROM \${BASE_IMAGE} AS build
FROM $NODE AS assets
FROM \${BASE_IMAGE}
COPY --from=build / /
COPY --from=assets / /
COPY --from=busybox:1 / /
RUN --mount=from=busybox:1,target=/m --mount=from=ghcr.io/x/y:2 true
`;
    assert.deepEqual(pulled(text, BASE), {
      images: [
        "docker/dockerfile:1 (# syntax, line 1)",
        "library/python:3.11-slim (FROM, line 4) < BASE_IMAGE",
        "node:20 (FROM, line 5)",
        "busybox:1 (COPY --from, line 9)",
        "ghcr.io/x/y:2 (RUN --mount, line 10)",
      ],
      problems: [],
    });
  });

  it("are not those of stages that the last one doesn't need, of stages themselves, and nothing", () => {
    const text =
      "FROM a AS one\nFROM b AS two\nRUN test\nFROM one AS three\nFROM scratch\nCOPY --from=three / /";
    assert.deepEqual(pulled(text).images, ["a (FROM, line 1)"]);
    assert.deepEqual(pulled("FROM later\nFROM a AS later").images, ["a (FROM, line 2)"]);
    assert.deepEqual(pulled("FROM a\nCOPY --from=later / /\n").images, [
      "a (FROM, line 1)",
      "later (COPY --from, line 2)",
    ]);
  });

  it("come out of arguments: of the settings, of defaults, of the platform", () => {
    const text = "ARG V=3.11\nARG A=python:$V\nFROM --platform=linux/amd64 ${A}-${TARGETARCH}";
    assert.deepEqual(pulled(text).images, ["python:3.11-amd64 (FROM, line 3)"]);
    assert.deepEqual(pulled(text, { args: { V: "3.12" } }).images, ["python:3.12-amd64 (FROM, line 3)"]);
    assert.deepEqual(pulled("FROM ${A#x}").images, ["undefined (FROM, line 1)"]);
    assert.deepEqual(pulled("FROM a\nARG V=1\nFROM b:$V").problems, []);
    assert.deepEqual(pulled("FROM a\nARG V=1\nFROM b:$V").images, ["b: (FROM, line 3)"]);
  });

  /** What is wrong with a Dockerfile that is to be built on BASE_IMAGE. */
  const WRONG: readonly (readonly [what: string, text: string, problem: string])[] = [
    [
      "doesn't use it",
      "FROM python:3.11",
      "the Dockerfile doesn't use it: write ARG BASE_IMAGE above the first FROM, and FROM ${BASE_IMAGE}",
    ],
    [
      "has its ARG after the first FROM",
      "FROM a AS b\nARG BASE_IMAGE\nFROM $BASE_IMAGE",
      "ARG BASE_IMAGE stands after the first FROM (line 2), where no FROM can use it: move it above the first FROM",
    ],
    [
      "has no ARG for it",
      "FROM ${BASE_IMAGE:-python}",
      "FROM uses BASE_IMAGE (line 1), which no ARG declares: write ARG BASE_IMAGE above the first FROM",
    ],
    [
      "has an ARG that no FROM uses",
      "ARG BASE_IMAGE\nFROM python\nRUN echo $BASE_IMAGE",
      "no FROM of the Dockerfile uses it: write FROM ${BASE_IMAGE}",
    ],
    [
      "adds to it",
      "ARG BASE_IMAGE\nFROM ${BASE_IMAGE}-slim",
      "it is given with its digest, and FROM adds something to it: write FROM ${BASE_IMAGE}, and the whole name here",
    ],
  ];
  for (const [what, text, problem] of WRONG)
    it(`are a mistake where the Dockerfile ${what}`, () =>
      assert.deepEqual(pulled(text, BASE).problems.slice(0, 1), [`BASE_IMAGE: ${problem}`]));

  it("are no mistake where a base is used by a stage that isn't needed, or through another argument", () => {
    assert.deepEqual(pulled("ARG BASE_IMAGE\nFROM $BASE_IMAGE AS test\nFROM scratch", BASE).problems, []);
    assert.deepEqual(pulled("ARG BASE_IMAGE\nARG B=$BASE_IMAGE\nFROM $B", BASE), {
      images: ["library/python:3.11-slim (FROM, line 3) < BASE_IMAGE"],
      problems: [],
    });
  });

  it("are a mistake where BuildKit would only say that it failed", () => {
    assert.deepEqual(pulled("ARG A\nFROM $A").problems, [
      "-: line 2: FROM $A names nothing, as nothing gives it a value",
    ]);
    assert.deepEqual(pulled("ARG A=b\nFROM a\nCOPY --from=$A / /").problems, [
      "-: line 3: COPY --from=$A can't have variables: name a stage above, FROM $A AS source, and write source here",
    ]);
    assert.deepEqual(pulled("RUN x").problems, ["-: it has no FROM"]);
  });
});
