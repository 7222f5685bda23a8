import assert from "node:assert/strict";
import type { MadeNexus, NexusSettings } from "../../../components/settings/nexus/nexus-settings";
import type { Settings } from "../../../components/settings/settings";

/** The settings of a Nexus that the stack makes: a test's own, which can be no others. */
export function madeNexus(nexus: NexusSettings): MadeNexus {
  assert.ok(nexus.url === undefined);
  return nexus;
}

/** The same among all settings. */
export function withMadeNexus(settings: Settings): Settings & { readonly nexus: MadeNexus } {
  return { ...settings, nexus: madeNexus(settings.nexus) };
}
