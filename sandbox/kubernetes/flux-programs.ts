import { type GoProgram, goProgram } from "../lib/go-program";
import type { Progress } from "../lib/steps";

/** The newest that the Go of these machines builds, and that the proxy has: of a few versions it has none. */
const FLUX: GoProgram[] = [
  {
    package: "github.com/fluxcd/source-controller",
    version: "v1.9.6",
    keepsReplaced: true,
    instead: { "github.com/fluxcd/pkg/artifact": "v0.18.0" },
  },
  { package: "github.com/fluxcd/helm-controller", version: "v1.6.4", keepsReplaced: true },
  { package: "github.com/fluxcd/kustomize-controller", version: "v1.9.6", keepsReplaced: true },
];

/** Builds Flux's controllers where they aren't in the cache yet. @returns their files by name. @throws SandboxError */
export async function fluxPrograms(cacheDir: string, progress: Progress): Promise<Record<string, string>> {
  const programs: Record<string, string> = {};
  for (const program of FLUX)
    programs[program.package.replace(/^.*\//, "")] = await goProgram(cacheDir, program, progress);
  return programs;
}
