import { isJsonObject, objectOf } from "../../values/json-object";
import type { NexusServer } from "./nexus-server";
import { callNexus } from "./transport";

/** What a server says about itself: its version, its edition and the calls it offers. */
export interface Facts {
  /** Major, minor, patch; `3.71.0`. Empty where a proxy hides the `Server` header. */
  readonly version: string;
  /** OSS, COMMUNITY or PRO; empty where not told. */
  readonly edition: string;
  /** Whether its OpenAPI document has the call: `offers("POST", "/v1/tasks")`. */
  readonly offers: (method: string, path: string) => boolean;
  /** Field names of a definition in that document; empty where there is no such definition. */
  readonly fieldsOf: (definition: string) => readonly string[];
}

/** Milliseconds for a look at the server during a preview, which must not wait for one that is away. */
export const GLANCE_MS = 1000;

interface Document {
  readonly paths?: { readonly [path: string]: { readonly [method: string]: unknown } };
  /** Of Swagger 2, as servers up to 3.71 have it; OpenAPI 3 keeps them elsewhere. */
  readonly definitions?: Definitions;
  readonly components?: { readonly schemas?: Definitions };
}

type Definitions = { readonly [name: string]: { readonly properties?: object } };

const known = new Map<string, Promise<Facts>>();

/** Asked once per server and process. @throws NexusFailure where the server can't be reached within the patience */
export function factsOf(server: NexusServer, patience?: number): Promise<Facts> {
  const facts = known.get(server.url) ?? ask(server, patience);
  known.set(server.url, facts);
  facts.catch(() => known.delete(server.url));
  return facts;
}

async function ask(server: NexusServer, patience?: number): Promise<Facts> {
  const options = patience === undefined ? {} : { patience };
  // Needs no login, and a wrong password must not hide what the server can do.
  const nobody = { ...server, username: "", password: "" };
  const path = "/service/rest/swagger.json";
  const answer = await callNexus(nobody, "GET", path, [200, 401, 403, 404], undefined, options);
  // A server that hides the document, or sends none, is taken to be able to do everything: its own refusals will tell.
  const hidden = answer.status !== 200 || !isJsonObject(answer.body);
  const document: Document = hidden ? {} : objectOf(answer.body);
  const definitions = document.definitions ?? document.components?.schemas ?? {};
  const [, version = "", edition = ""] = /^Nexus\/([\d.]+)\S*(?: \((\w+)\))?/.exec(answer.server ?? "") ?? [];
  return {
    version,
    edition,
    offers: (method, path) => hidden || document.paths?.[path]?.[method.toLowerCase()] !== undefined,
    fieldsOf: (definition) => Object.keys(definitions[definition]?.properties ?? {}),
  };
}

/** `Nexus 3.71.0 (OSS)`, for errors. */
export function nameOf({ version, edition }: Facts): string {
  return `Nexus${version ? ` ${version}` : ""}${edition ? ` (${edition})` : ""}`;
}
