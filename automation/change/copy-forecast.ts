import { copyImage } from "../../components/registry/copy";
import { findLogins } from "../../components/registry/logins";
import { parseReference } from "../../components/registry/reference";
import { referrersWish } from "../referrers-wish";
import type { PlannedChange } from "./change";
import { isMap, isSecret, isUnknown, type Properties } from "./shown";

/** What a copy between registries would send. */
export interface CopyForecast {
  /** repository@digest. */
  readonly source: string;
  readonly target: string;
  readonly blobs?: number;
  readonly bytes?: number;
  /** Why it isn't known. */
  readonly unknown?: string;
}

/** Nobody waits long for a registry that is away. */
const LIMIT_MS = 10_000;

/** A copy's command runs within a component that republishes (components/republish.ts). */
const COPY = /berth:registry:Republish\$command:local:Command::/;

/** Looks at both registries, writes nothing. What is yet to be built has no forecast. */
export async function copyForecasts(
  planned: readonly PlannedChange[],
  inputsOf: (urn: string) => Properties,
): Promise<CopyForecast[]> {
  const environments = planned
    .filter(({ urn, operation }) => COPY.test(urn) && ["create", "update", "replace"].includes(operation))
    .map(({ urn }) => environmentOf(inputsOf(urn)));
  const forecasts = environments.map(async (environment) => {
    const { BERTH_SOURCE: source, BERTH_TARGET: target } = environment;
    return source && target ? [await forecast(source, target, environment)] : [];
  });
  return (await Promise.all(forecasts)).flat();
}

async function forecast(source: string, target: string, logins: NodeJS.ProcessEnv): Promise<CopyForecast> {
  const signal = AbortSignal.timeout(LIMIT_MS);
  try {
    const env = { ...process.env, ...logins };
    const [from, to] = [placeOf(source), placeOf(target)];
    const { credentials } = await findLogins({ source: from, target: to, env, signal });
    const list = (name: string) => logins[name]?.split(",").filter(Boolean);
    const access = {
      ...{ insecure: list("BERTH_INSECURE"), secure: list("BERTH_SECURE") },
      ca: logins["BERTH_CA"] || undefined,
    };
    const wish = { source, target, credentials, ...access, ...referrersWish({}, env) };
    const { blobs } = await copyImage({ ...wish, dryRun: true, signal });
    return { source, target, blobs: blobs.missing, bytes: blobs.bytesMissing };
  } catch (error) {
    const why = signal.aborted ? `no answer in ${LIMIT_MS / 1000} seconds` : (error as Error).message;
    return { source, target, unknown: why };
  }
}

function placeOf(text: string): string {
  const { registry, repository } = parseReference(text);
  return `${registry}/${repository}`;
}

/** The command's environment in plain text; what isn't known yet is left out. */
function environmentOf({ environment }: Properties): Record<string, string> {
  const plain = isSecret(environment) ? (environment as Properties)["value"] : environment;
  if (!isMap(plain)) return {};
  const known = Object.entries(plain).flatMap(([name, given]) => {
    const value = isSecret(given) ? (given as Properties)["value"] : given;
    return typeof value === "string" && !isUnknown(value) ? [[name, value] as const] : [];
  });
  return Object.fromEntries(known);
}
