import * as pulumi from "@pulumi/pulumi";
import { type GivenFiles, givenFiles } from "../edge/given-files";
import { type KindName, kinds } from "../nexus/kinds";
import { NexusConfiguration } from "../nexus/nexus-configuration";
import type { Fields } from "../nexus/object/kind";
import {
  nexusRoutes,
  nexusUrl,
  publishedPorts,
  registryAddress,
  UI_PORT,
} from "../settings/nexus/nexus-addresses";
import type { MadeNexus } from "../settings/nexus/nexus-settings";
import { isJsonObject } from "../values/json-object";
import type { NamedSecrets } from "./named-secrets";
import type { NexusPlan, PlannedFront, PlannedObject, PlannedPort, PlannedRegistry } from "./nexus-plan";
import { passwordOf } from "./secret-names";

/** What a resource carries that an object doesn't: who is asked, and how the engine finds the code. */
const NOT_FIELDS = ["server", "adopt", "keepFound", "since", "code", "__provider"];

/**
 * What a stack with these settings would ask its Nexus for. The program's own component says it, to a listener in the place
 * of Pulumi's engine, so that a compose file can't say anything else (docs/decisions/0026).
 */
export async function planNexus({ settings, secrets }: NamedSecrets): Promise<NexusPlan> {
  const objects = await objectsOf(settings);
  const front = settings.tls && frontOf(settings);
  return {
    address: nexusUrl(settings),
    host: settings.hostname,
    image: settings.image,
    objects,
    registries: registriesOf(settings),
    ...(front && { front }),
    ports: portsOf(settings),
    readyTimeout: settings.readyTimeout,
    secrets: secrets.map(({ name }) => name),
  };
}

async function objectsOf(settings: MadeNexus): Promise<PlannedObject[]> {
  const heard: PlannedObject[] = [];
  const listener: pulumi.runtime.Mocks = {
    newResource: ({ type, name, inputs }) => {
      const [, kind] = /^pulumi-nodejs:dynamic\/nexus:(\w+)$/.exec(type) ?? [];
      if (isKind(kind)) heard.push({ name, kind, fields: fieldsOf(plain(inputs)) });
      return { id: name, state: inputs };
    },
    call: ({ inputs }) => inputs,
  };
  await pulumi.runtime.setMocks(listener, "berth", "compose", false, "organization");
  const host = {
    url: pulumi.output(nexusUrl(settings)),
    container: pulumi.output("nexus"),
    ca: undefined,
    access: { tls: settings.tls !== undefined },
  };
  new NexusConfiguration("registry", { host, settings });
  await pulumi.runtime.disconnect(); // resolves once every resource has been heard of
  return heard;
}

const isKind = (name: string | undefined): name is KindName =>
  name !== undefined && Object.hasOwn(kinds, name);

function fieldsOf(inputs: unknown): Fields {
  const all = isJsonObject(inputs) ? Object.entries(inputs) : [];
  return Object.fromEntries(all.filter(([field]) => !NOT_FIELDS.includes(field)));
}

/** The engine is told what is secret by a mark around it; here a name stands for it anyway. */
function plain(value: unknown): unknown {
  if (pulumi.runtime.isRpcSecret(value)) return plain(pulumi.runtime.unwrapRpcSecret(value));
  if (Array.isArray(value)) return value.map(plain);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}

/** The two that the stack itself waits for (NexusConfiguration). */
function registriesOf(settings: MadeNexus): PlannedRegistry[] {
  const ready = (repository: string, probe: "read" | "write", username: string): PlannedRegistry => ({
    registry: registryAddress(settings, repository),
    username,
    password: passwordOf(username),
    probe,
  });
  return [ready("releases", "write", "pusher"), ready("docker", "read", "base-reader")];
}

/** An edge has the same ones inside. */
function portsOf(settings: MadeNexus): PlannedPort[] {
  const inside = (port: number) => (!settings.tls && port === settings.port ? UI_PORT : port);
  return publishedPorts(settings).map((outside) => ({ outside, inside: inside(outside) }));
}

function frontOf(settings: MadeNexus): PlannedFront {
  const ca = certificateFiles(settings)?.ca;
  return {
    own: settings.tls?.certificates === "own",
    ...(ca !== undefined && { ca }),
    addresses: nexusRoutes(settings, "nexus").map(({ host, publish: port }) => ({ host, port })),
  };
}

/** The files that the settings name for the proxy in front; undefined where that is none. @throws RunError with the setting */
export function certificateFiles({ tls, hostname }: MadeNexus): GivenFiles | undefined {
  return tls && givenFiles(tls, { path: "nexus.tls", host: hostname });
}
