import { isPlaced } from "../../components/settings/app-settings";
import type { AppSettings } from "../../components/settings/settings";

/** A line for all that an app gets of its servers which its container doesn't hold, and for a log that nobody can read. */
export function hostAccess(apps: readonly AppSettings[]): string[] {
  return apps.filter(isPlaced).flatMap(({ name, hostPaths = {}, devices = [], gpus, log }) => [
    ...Object.entries(hostPaths)
      .filter(([, { readOnly }]) => !readOnly)
      .map(([host, { path }]) => `${name}: can write ${host} of its servers, as ${path} (hostPaths)`),
    ...devices.map(
      ({ path, permissions }) => `${name}: has the device ${path} of its servers (${permissions})`,
    ),
    ...(gpus ? [`${name}: has the GPUs of its servers (gpus)`] : []),
    ...(log?.driver === "none"
      ? [
          `${name}: what it prints is kept nowhere (log: none): no berth logs, and no last words when an update fails`,
        ]
      : []),
  ]);
}
