import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { startRegistry } from "../lib/distribution";
import { gitlabDir, type Places } from "../lib/places";
import { nodeScript, sourcesOf, startService } from "../lib/service";
import { ensureCiToken } from "./access-tokens";
import { issuer, registryService } from "./registry-token";
import { ensureSigningKey } from "./signing-key";

/** The one project that the sandbox's GitLab has from the start: the one of the dev stack's settings. */
export const sandboxProject = "team/blog";

/** Starts GitLab's web address and its registry where they do not run yet. */
export async function startGitlab(places: Places): Promise<void> {
  const dir = gitlabDir(places);
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const { certificateFile } = await ensureSigningKey(dir);
  ensureCiToken(dir, sandboxProject);
  await Promise.all([
    startWeb(places, dir, certificateFile),
    startRegistry(places, {
      name: "gitlab-registry",
      port: places.ports.gitlabRegistry,
      dir,
      auth: {
        realm: `http://127.0.0.1:${places.ports.gitlab}/jwt/auth`,
        service: registryService,
        issuer,
        rootCertificate: certificateFile,
      },
    }),
  ]);
}

export async function isGitlab(port: number): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/-/health`, { signal: AbortSignal.timeout(2000) });
    return response.ok && (await response.text()) === "GitLab OK";
  } catch {
    // Not listening yet; the caller's time limit ends the wait.
    return false;
  }
}

function startWeb(places: Places, dir: string, certificateFile: string): Promise<"started" | "running"> {
  const script = nodeScript(join(__dirname, "serve"));
  return startService(places, {
    name: "gitlab",
    command: script.command,
    args: [...script.args, "--port", String(places.ports.gitlab), "--data", dir],
    fingerprintOf: [
      sourcesOf(__dirname),
      sourcesOf(join(__dirname, "api")),
      sourcesOf(join(__dirname, "git")),
      readFileSync(certificateFile, "utf8"),
    ],
    isReady: () => isGitlab(places.ports.gitlab),
  });
}
