import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import type { Places } from "./places";
import { startService } from "./service";

export interface RegistrySpec {
  /** Of the service. */
  name: string;
  port: number;
  /** Holds the registry's configuration and, in `registry/`, its storage. */
  dir: string;
  auth?: TokenAuth;
}

/** Where clients get a token and how it is checked (distribution's `auth.token`). */
export interface TokenAuth {
  realm: string;
  service: string;
  issuer: string;
  rootCertificate: string;
}

/** Debian's docker-registry (distribution 2.8) as a service of the sandbox. */
export function startRegistry(places: Places, spec: RegistrySpec): Promise<"started" | "running"> {
  mkdirSync(join(spec.dir, "registry"), { recursive: true, mode: 0o700 });
  const file = join(spec.dir, "registry.yml");
  const text = stringify(registryConfiguration(spec, httpSecret(spec.dir)));
  writeFileSync(file, text, { mode: 0o600 });
  const trusted = spec.auth ? readFileSync(spec.auth.rootCertificate, "utf8") : "";
  return startService(places, {
    name: spec.name,
    command: "docker-registry",
    args: ["serve", file],
    fingerprintOf: [text, trusted],
    // Else it would try to send traces.
    env: { OTEL_TRACES_EXPORTER: "none" },
    isReady: () => isRegistry(spec.port),
  });
}

/** Whether a registry answers: 200, or 401 where it wants a token. */
export async function isRegistry(port: number, address = "127.0.0.1"): Promise<boolean> {
  try {
    const response = await fetch(`http://${address}:${port}/v2/`, { signal: AbortSignal.timeout(2000) });
    return response.headers.get("docker-distribution-api-version") === "registry/2.0";
  } catch {
    // Not listening yet; the caller's time limit ends the wait.
    return false;
  }
}

function registryConfiguration(spec: RegistrySpec, secret: string) {
  return {
    version: 0.1,
    log: { level: "warn", accesslog: { disabled: true } },
    storage: {
      filesystem: { rootdirectory: join(spec.dir, "registry") },
      delete: { enabled: true },
      // Redirects would name addresses that only this machine knows.
      redirect: { disable: true },
    },
    http: { addr: `127.0.0.1:${spec.port}`, secret },
    ...(spec.auth && {
      auth: {
        token: {
          realm: spec.auth.realm,
          service: spec.auth.service,
          issuer: spec.auth.issuer,
          rootcertbundle: spec.auth.rootCertificate,
        },
      },
    }),
  };
}

/** Signs upload URLs; kept, so that an upload goes on over a restart. */
function httpSecret(dir: string): string {
  const file = join(dir, "http-secret");
  if (!existsSync(file)) writeFileSync(file, randomBytes(24).toString("hex"), { mode: 0o600 });
  return readFileSync(file, "utf8");
}
