import { readFileSync } from "node:fs";
import { join } from "node:path";
import { STEADY_SECONDS } from "../../components/deploy/health";
import { dockerHost } from "../../components/docker/docker-host";
import { isServed, type ServedApp } from "../../components/settings/app-settings";
import type { AppSettings, Settings } from "../../components/settings/settings";
import type { StackState } from "../engine/stack-state";
import { findServices } from "../services/find-services";
import type { Service } from "../services/service";

/** Whether an image has a check of its own; `unknown` until it was deployed once. */
type Checked = "has one" | "has none" | "unknown";

/**
 * A line for each app whose traffic will move without a health check. What runs now tells whether its image has one, and so
 * does the Dockerfile; what can't be asked is no failure of a preview.
 */
export async function uncheckedApps(state: StackState, settings: Settings): Promise<string[]> {
  const asked = settings.apps
    .filter(isServed)
    .filter((app) => app.health === undefined && !isInDockerfile(app));
  if (asked.length === 0) return [];
  const services = await findServices(state, settings).catch(() => []);
  const lines = asked.map(async (app) => {
    const checked = await checkOf(
      services.filter(({ app: one, process }) => one === app.name && process === undefined),
    );
    return checked === "has one" ? [] : [line(app, checked)];
  });
  return (await Promise.all(lines)).flat();
}

function line({ name, port }: ServedApp, checked: Checked): string {
  const image = checked === "has none" ? "nor has its image" : "and where its image has none";
  return (
    `${name}: no health check in its settings, ${image}: traffic moves once port ${port} has taken connections for ` +
    `${STEADY_SECONDS} s. Better: berth:apps.${name}.health, or HEALTHCHECK in its Dockerfile.`
  );
}

function isInDockerfile({ build }: AppSettings): boolean {
  if (!build) return false;
  try {
    const text = readFileSync(join(build.context, build.dockerfile), "utf8");
    return /^\s*HEALTHCHECK\s+(?!NONE\b)\S/im.test(text);
  } catch {
    return false; // the build says what is wrong with it
  }
}

/** As the first server has it that can be asked. */
async function checkOf(services: readonly Service[]): Promise<Checked> {
  for (const { docker, container } of services) {
    const found = await (container && dockerHost(docker).getContainer(container.id).inspect())?.catch(
      () => undefined,
    );
    if (!found) continue;
    const [kind = "NONE"] = found.Config.Healthcheck?.Test ?? [];
    return kind === "NONE" ? "has none" : "has one";
  }
  return "unknown";
}
