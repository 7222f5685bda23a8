import assert from "node:assert/strict";
import { readDotenv } from "../../../gitlab/runner/dotenv";
import { inputValues, interpolated } from "../../../gitlab/runner/inputs";
import { masker } from "../../../gitlab/runner/mask";
import { expanded, inScope, type ProjectVariable } from "../../../gitlab/runner/variables";

describe("the runner's inputs", () => {
  const spec = {
    stack: { default: "dev", options: ["dev", "prod"] },
    tags: { type: "array", default: [] },
    version: { regex: "^v\\d" },
  };

  it("are put into keys, texts and, with their type, whole values", () => {
    const values = inputValues("x.yml", spec, { version: "v1", tags: ["a", "b"] });
    const tree = {
      "job-$[[ inputs.stack ]]": {
        tags: "$[[ inputs.tags ]]",
        script: ["up $[[inputs.stack]] $[[ inputs.version ]]"],
      },
    };
    assert.deepEqual(interpolated("x.yml", tree, values), {
      "job-dev": { tags: ["a", "b"], script: ["up dev v1"] },
    });
  });

  it("are refused where they are missing, unknown, of another kind, or used without being there", () => {
    assert.throws(() => inputValues("x.yml", spec, {}), /x\.yml: the input version is needed/);
    assert.throws(() => inputValues("x.yml", spec, { version: "v1", typo: 1 }), /no inputs typo/);
    assert.throws(() => inputValues("x.yml", spec, { version: "1" }), /"1" doesn't match/);
    assert.throws(() => inputValues("x.yml", spec, { version: "v1", stack: "x" }), /"x" is none of/);
    assert.throws(() => inputValues("x.yml", spec, { version: "v1", tags: "a" }), /expected array, got "a"/);
    const values = inputValues("x.yml", spec, { version: "v1" });
    assert.throws(() => interpolated("x.yml", ["$[[ inputs.no ]]"], values), /no inputs\.no to put in/);
    assert.throws(() => interpolated("x.yml", ["$[[ inputs.stack | expand_vars ]]"], values), /expand_vars/);
    assert.throws(() => interpolated("x.yml", ["of $[[ inputs.tags ]]"], values), /is a list/);
  });
});

describe("the runner's dotenv reports", () => {
  it("are read as strictly as GitLab reads them", () => {
    assert.deepEqual(readDotenv("a.env", "A=1\nB=http://x/?y=z\nC=\n"), {
      A: "1",
      B: "http://x/?y=z",
      C: "",
    });
    assert.deepEqual(readDotenv("a.env", ""), {});
    for (const wrong of ["# no", "A=1\n\nB=2", "A-B=1", "A='1'", 'A="1"', "A= 1", "export A=1"])
      assert.throws(() => readDotenv("a.env", wrong), /the dotenv report a\.env: /, wrong);
    const many = Array.from({ length: 21 }, (_, index) => `A${index}=1`).join("\n");
    assert.throws(() => readDotenv("a.env", many), /more than 20 variables/);
    assert.throws(() => readDotenv("a.env", `A=${"x".repeat(5 * 1024)}`), /larger than 5120 bytes/);
  });
});

describe("the runner's variables", () => {
  const one = (key: string, more: Partial<ProjectVariable> = {}): ProjectVariable => ({
    key,
    value: more.environment_scope ?? "*",
    variable_type: "env_var",
    protected: false,
    masked: false,
    raw: false,
    environment_scope: "*",
    ...more,
  });

  it("are those of the job's environment, the closest scope first, and protected ones for protected refs alone", () => {
    const all = [
      one("A", { environment_scope: "prod" }),
      one("A"),
      one("A", { environment_scope: "pr*" }),
      one("B", { environment_scope: "dev" }),
      one("C", { protected: true }),
    ];
    const of = (environment: string | undefined, isProtected: boolean) =>
      Object.fromEntries(inScope(all, { environment, isProtected }).map(({ key, value }) => [key, value]));
    assert.deepEqual(of("prod", true), { A: "prod", C: "*" });
    assert.deepEqual(of("preview", false), { A: "pr*" });
    assert.deepEqual(of("dev", false), { A: "*", B: "dev" });
    assert.deepEqual(of(undefined, false), { A: "*" });
  });

  it("are expanded in one another, never without end", () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: as GitLab has it
    const all = { A: "$B/x", B: "${C}", C: "c", LOOP: "$LOOP", PRICE: "5$$" };
    assert.equal(expanded("$A $MISSING|", all), "c/x |");
    assert.equal(expanded("$LOOP.", all), ".");
    assert.equal(expanded("$PRICE", all), "5$");
  });

  it("are hidden in logs where they are long enough, the longer ones first", () => {
    const mask = masker(["secret-1", "secret-1-and-more", "short", "two\nlines-long"]);
    assert.equal(mask("a secret-1-and-more, secret-1; short"), "a [MASKED], [MASKED]; short");
  });
});
