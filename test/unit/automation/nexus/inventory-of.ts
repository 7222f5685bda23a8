import { takeInventory } from "../../../../automation/nexus/inventory";
import { inventoryEntry, inventoryText } from "../../../../automation/nexus/inventory-text";
import type { ManagedObject } from "../../../../automation/nexus/managed";
import { settingsText } from "../../../../automation/nexus/settings-text";
import { caller } from "../../../../components/nexus/object/object-provider";
import type { Call, Reply } from "../../../support/nexus/scripted-nexus";
import { type Held, objectServer } from "./object-server";

const nexusSettings: Record<string, unknown> = {
  hostname: "127.0.0.1",
  image: "sonatype/nexus3:3.76.1", // its docker repositories give tokens in plain http
};
const others = {
  gitlab: { url: "http://gitlab.test", registry: "gitlab.test:5050", project: "team/site" },
  servers: {},
  apps: {},
};

/** Objects as Nexus tells them, for tests to start from. */
export const storage = { blobStoreName: "default", strictContentTypeValidation: true };
export const tools = { name: "tools", format: "raw", type: "hosted", online: true, cleanup: null };
export const raw = { ...tools, storage: { ...storage, writePolicy: "ALLOW" } };
export const client = { blocked: false, autoBlock: true, authentication: null as unknown };
export const mirror = {
  name: "mirror",
  format: "raw",
  type: "proxy",
  online: true,
  cleanup: null,
  storage,
  proxy: { remoteUrl: "https://files.test", contentMaxAge: 1440, metadataMaxAge: 1440 },
  negativeCache: { enabled: false, timeToLive: 1440 },
  httpClient: client,
  routingRuleName: null,
};
export const anna = {
  userId: "anna",
  firstName: "berth",
  lastName: "Anna",
  source: "default",
  status: "active",
  roles: ["berth-anna"],
};
export const ownRole = {
  id: "berth-anna",
  name: "berth-anna",
  source: "default",
  readOnly: false,
  roles: [] as string[],
};

/** The inventory of a Nexus that holds these objects. */
export async function inventoryOf(
  held: Held,
  {
    managed = [],
    nexus = {},
    over,
  }: {
    managed?: readonly ManagedObject[];
    nexus?: Record<string, unknown>;
    over?: (call: Call) => Reply | undefined;
  } = {},
) {
  const server = await objectServer(held, over);
  try {
    const settings = { ...others, nexus: { ...nexusSettings, ...nexus } };
    const found = await takeInventory(caller(server.server, 200), managed, settings);
    const translations = found.unmanaged.map(({ translation }) => translation);
    return {
      found,
      names: found.unmanaged.map(({ object }) => object.id),
      list: inventoryText(found),
      at: (columns: number) =>
        [inventoryText(found, columns), settingsText(translations, columns)].join("\n\n"),
      lines: settingsText(translations).split("\n"),
      json: JSON.stringify(found.unmanaged.map(inventoryEntry)),
    };
  } finally {
    server.close();
  }
}

export function dockerHosted(docker: object) {
  return {
    format: "docker",
    type: "hosted",
    online: true,
    cleanup: null,
    storage: { ...storage, writePolicy: "ALLOW_ONCE", latestPolicy: true },
    docker: { v1Enabled: false, forceBasicAuth: false, ...docker },
  };
}
