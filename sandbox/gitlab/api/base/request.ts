import type { IncomingMessage } from "node:http";
import type { ApiStore } from "../store";
import type { Caller } from "./caller";
import { ApiFailure, badParameter } from "./failure";

/** What a handler is given. */
export interface ApiRequest {
  readonly caller: Caller;
  readonly store: ApiStore;
  /** GitLab's data: the tokens; its registry's storage is in `registry/`. */
  readonly dir: string;
  /** `group/project`, of a project that the caller sees. */
  readonly project: string;
  /** Numbers in the path, in their order. */
  readonly numbers: readonly number[];
  /** What stands in the path for each `*` of the route, decoded. */
  readonly parts: readonly string[];
  /** Address as the client sees it. */
  readonly address: URL;
  readonly body: Body;
}

/** A call below `/projects/:id`; in its path `#` is a number, `*` any part. */
export type Route = readonly [method: string, path: string, handler: Handler];

export type Handler = (request: ApiRequest) => ApiAnswer | Promise<ApiAnswer>;

export interface ApiAnswer {
  readonly status: number;
  readonly body?: object | string | Buffer;
  readonly headers?: Record<string, string>;
}

/** Parameters of a request, out of JSON or a form. */
export class Body {
  constructor(private readonly values: Record<string, unknown>) {}

  /** @throws ApiFailure 400 where there is none */
  text(name: string): string {
    const value = this.optional(name);
    if (value === undefined) throw badParameter(`${name} is missing`);
    return value;
  }

  optional(name: string): string | undefined {
    const value = this.values[name];
    if (value === undefined || value === null) return undefined;
    if (typeof value === "object") throw badParameter(`${name} is invalid`);
    return String(value);
  }

  /** A list, or names with commas between them. */
  list(name: string): string[] | undefined {
    const value = this.values[name];
    if (Array.isArray(value)) return value.map(String);
    return this.optional(name)
      ?.split(",")
      .map((one) => one.trim())
      .filter(Boolean);
  }

  /** A list of objects. */
  objects(name: string): Body[] {
    const value = this.values[name];
    if (value === undefined || value === null) throw badParameter(`${name} is missing`);
    const isObject = (one: unknown) => typeof one === "object" && one !== null && !Array.isArray(one);
    if (!Array.isArray(value) || !value.every(isObject)) throw badParameter(`${name} is invalid`);
    return value.map((one) => new Body(one as Record<string, unknown>));
  }

  has(name: string): boolean {
    return this.values[name] !== undefined && this.values[name] !== null;
  }

  flag(name: string): boolean {
    return this.optional(name) === "true";
  }
}

/** Bytes; a note of a million characters in escapes is far below. */
const LARGEST = 20_000_000;

export async function readBody(request: IncomingMessage): Promise<Body> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    length += (chunk as Buffer).length;
    if (length > LARGEST) throw new ApiFailure(413, { message: "413 Request Entity Too Large" });
    chunks.push(chunk as Buffer);
  }
  const text = Buffer.concat(chunks).toString("utf8");
  if (text === "") return new Body({});
  const type = request.headers["content-type"] ?? "";
  if (/^application\/json\b/i.test(type)) return new Body(parsed(text));
  if (/^application\/x-www-form-urlencoded\b/i.test(type))
    return new Body(Object.fromEntries(new URLSearchParams(text)));
  throw new ApiFailure(415, { error: "The provided content-type is not supported." });
}

function parsed(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>;
  } catch {
    // Said below.
  }
  throw badParameter("Problem processing request body as JSON");
}
