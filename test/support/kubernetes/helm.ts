import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { stringify } from "yaml";
import type { JsonObject } from "../../../components/values/json-object";
import { type GoProgram, goProgram } from "../../../sandbox/lib/go-program";
import { cacheDir, defaultPlaces, repository } from "../../../sandbox/lib/places";
import { feed } from "../feed";
import { type Ran, start } from "../stack/sandbox";
import { type Manifest, parseManifests } from "./manifest";

/** The major version that Argo CD and Flux render charts with. Debian has none. */
const PROGRAM: GoProgram = { package: "helm.sh/helm/v4/cmd/helm", version: "v4.3.2" };

/** The chart of this repository. */
export const CHART = join(repository, "charts", "app");

/** A values file: as it is written, or what it says. */
export type Values = JsonObject | string;

interface Rendering {
  /** @default blog */
  readonly release?: string;
  /** Version of the cluster that is rendered for, such as 1.30. @default 1.37 */
  readonly kubernetes?: string;
  /** Of a cluster that `lookup` asks. @default nothing is there */
  readonly kubeconfig?: string;
  /** Whether the release is there already. @default false: it is installed */
  readonly upgrade?: boolean;
}

/** The real Helm. It reaches no cluster, unless it is told one. */
export class Helm {
  private constructor(private readonly program: string) {}

  /** Built from the Go module proxy where it isn't yet, which takes a minute or two. */
  static async get(): Promise<Helm> {
    return new Helm(await goProgram(cacheDir(defaultPlaces), PROGRAM, () => undefined));
  }

  /** Where it lies by the name `helm`, for a PATH. */
  get folder(): string {
    return dirname(this.program);
  }

  /** What the chart makes of values that are added to its own. */
  async template(values: Values, rendering: Rendering = {}): Promise<Manifest[]> {
    const { code, stdout, stderr } = await this.render(values, rendering);
    assert.equal(code, 0, stderr);
    return parseManifests(stdout);
  }

  /** Why the chart makes nothing of values, as people read it. */
  async refusal(values: Values, rendering: Rendering = {}): Promise<string> {
    const { code, stderr } = await this.render(values, rendering);
    assert.equal(code, 1, "it was rendered");
    return stderr.trim();
  }

  lint(...args: string[]): Promise<Ran> {
    return this.run(["lint", CHART, ...args]);
  }

  private render(values: Values, rendering: Rendering) {
    const { release = "blog", kubernetes = "1.37", kubeconfig, upgrade = false } = rendering;
    const server = ["--dry-run=server", "--disable-openapi-validation", "--kubeconfig", String(kubeconfig)];
    const flags = [kubeconfig === undefined ? [] : server, upgrade ? ["--is-upgrade"] : []].flat();
    const where = ["--kube-version", kubernetes, "--values", "-"];
    return this.run(["template", release, CHART, ...where, ...flags], values);
  }

  private run(args: string[], values: Values = ""): Promise<Ran> {
    const { child, ended } = start([this.program, ...args], { ...process.env, KUBECONFIG: "/dev/null" });
    feed(child, typeof values === "string" ? values : stringify(values, { version: "1.1" }));
    return ended;
  }
}

/** charts/app, by the paths that it has here. */
export function chartFiles(): Record<string, string> {
  const files = readdirSync(CHART, { recursive: true, withFileTypes: true });
  const paths = files
    .filter((file) => file.isFile())
    .map((file) => join(file.parentPath ?? file.path, file.name));
  return Object.fromEntries(
    paths.map((path) => [path.slice(repository.length + 1), readFileSync(path, "utf8")]),
  );
}
