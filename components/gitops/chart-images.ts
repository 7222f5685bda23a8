import { execFile } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve, sep } from "node:path";
import { isScalar, parseAllDocuments, visit } from "yaml";
import { newTemporaryFolder } from "../values/temporary-folder";

/** What a chart makes of values. */
export type Rendered =
  /** The images of the containers in it, each once. */
  | { readonly images: readonly string[] }
  /** Why that isn't known. */
  | { readonly unknown: string };

export interface Rendering {
  /** The chart's files, by their paths in it. */
  readonly chart: ReadonlyMap<string, Buffer>;
  /** Text of the values file. */
  readonly values: string;
  /** Name of the release. */
  readonly name: string;
}

/** Milliseconds; a chart takes Helm less than one second. */
const LIMIT_MS = 30_000;
/** Bytes of manifests. */
const LARGEST = 2 ** 26;
/** Characters of Helm's words that are repeated. */
const WORDS = 300;

/** Renders a chart as Argo CD and Flux do, with the `helm` of the PATH. No cluster is asked. */
export async function chartImages({ chart, values, name }: Rendering): Promise<Rendered> {
  const folder = newTemporaryFolder("berth-chart");
  try {
    const own = join(folder, "chart");
    for (const [path, content] of chart) write(own, path, content);
    write(folder, "values.yaml", Buffer.from(values));
    const manifests = await helm(["template", name, own, "--values", join(folder, "values.yaml")]);
    return typeof manifests === "string" ? { images: imagesIn(manifests) } : manifests;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A name of a file that git holds may not lead out of the folder. */
function write(folder: string, path: string, content: Buffer): void {
  const file = resolve(folder, path);
  if (!file.startsWith(folder + sep)) return;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}

function helm(args: readonly string[]): Promise<string | { readonly unknown: string }> {
  const limits = { timeout: LIMIT_MS, maxBuffer: LARGEST };
  return new Promise((done) => {
    execFile("helm", args, limits, (error, stdout, stderr) => {
      if (!error) return done(stdout);
      if (error.code === "ENOENT") return done({ unknown: "there is no helm on the PATH to render it with" });
      const line = stderr.split("\n").find((one) => one.startsWith("Error: ")) ?? stderr.trim();
      const said = line.replace("Error: ", "").slice(0, WORDS) || error.message;
      done({ unknown: `helm template fails with this file alone: ${said}` });
    });
  });
}

function imagesIn(manifests: string): string[] {
  const documents = parseAllDocuments(manifests, { version: "1.1" });
  const images = new Set<string>();
  for (const document of Array.isArray(documents) ? documents : [])
    visit(document, {
      Pair: (_key, { key, value }) => {
        if (isScalar(key) && key.value === "image" && isScalar(value)) images.add(String(value.value));
      },
    });
  return [...images];
}
