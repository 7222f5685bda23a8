import { copyImage } from "../../components/registry/copy/copy-image";
import { findLogins } from "../../components/registry/logins/logins";
import { parseReference } from "../../components/registry/reference";
import { messageOf } from "../../components/values/error-facts";
import { isJsonObject } from "../../components/values/json-object";
import { referrersWish } from "../copy/referrers-wish";
import type { CopyForecast, PlannedChange } from "./model/change";
import { isSecret, isUnknown, type Properties } from "./model/shown";

/** Nobody waits long for a registry that is away. */
const LIMIT_MS = 10_000;

/** A copy's command runs within a component that republishes (components/release/republish.ts). */
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
    const [from, to] = [parseReference(source), parseReference(target)];
    const { credentials } = await findLogins({ source: from, target: to, env, signal });
    const list = (name: string) => logins[name]?.split(",").filter(Boolean);
    const access = {
      insecure: list("BERTH_INSECURE"),
      secure: list("BERTH_SECURE"),
      ca: logins["BERTH_CA"] || undefined,
    };
    const wish = { source: from, target: to, credentials, ...access, ...referrersWish({}, env) };
    const { blobs } = await copyImage({ ...wish, dryRun: true, signal });
    return { source, target, blobs: blobs.missing, bytes: blobs.bytesMissing };
  } catch (error) {
    const why = signal.aborted ? `no answer in ${LIMIT_MS / 1000} seconds` : messageOf(error);
    return { source, target, unknown: why };
  }
}

/** The command's environment in plain text; what isn't known yet is left out. */
function environmentOf({ environment }: Properties): Record<string, string> {
  const plain = isSecret(environment) ? environment["value"] : environment;
  if (!isJsonObject(plain)) return {};
  const known = Object.entries(plain).flatMap(([name, given]) => {
    const value = isSecret(given) ? given["value"] : given;
    return typeof value === "string" && !isUnknown(value) ? [[name, value] as const] : [];
  });
  return Object.fromEntries(known);
}
