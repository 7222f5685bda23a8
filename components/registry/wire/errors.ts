import { HttpError } from "../../http/http-error";

/** One entry of a registry's error answer: `{"errors": [{"code", "message", "detail"}]}`. */
export interface RegistryFault {
  code: string;
  message: string;
  detail?: unknown;
}

export interface RegistryErrorArgs {
  method: string;
  /** Any address; it is redacted here. */
  url: URL | string;
  /** What came back, in words, where it is not the registry's own answer. */
  problem?: string;
  status?: number;
  faults?: RegistryFault[];
  /** What the reader can do next, as a sentence. */
  hint?: string;
  /** Worth another attempt later: an overloaded or restarting server, a dropped connection. */
  temporary?: boolean;
  /** It may have done what it was asked to do all the same. */
  maybeDone?: boolean;
  /** Milliseconds that the registry asked to wait. */
  retryAfter?: number | undefined;
  cause?: unknown;
}

/**
 * What a registry refused, or why it could not be asked. The message says method, address, what came back and
 * the next step; it holds no secret: addresses are redacted, and `session.ts` takes credentials out of answers.
 */
export class RegistryError extends HttpError {
  override name = "RegistryError";
  /** The registry's own code, e.g. "BLOB_UNKNOWN", of its first fault. */
  readonly code: string | undefined;
  readonly faults: RegistryFault[];

  constructor(args: RegistryErrorArgs) {
    const url = redactUrl(args.url);
    const said = wordsOf(args.faults);
    super(describe(args, url, said), { ...args, url, said });
    this.faults = args.faults ?? [];
    this.code = this.faults[0]?.code;
  }
}

// Characters. Shorter ones are pages, versions and the like.
const SHORTEST_SECRET = 8;
// What these hold is public; other parameters may be session states or signatures of a storage service.
const PUBLIC_PARAMETERS = new Set(["digest", "mount", "from", "scope", "service", "n", "last"]);

/** The address without user, password, fragment, and the values of parameters that may be secret. */
export function redactUrl(address: URL | string): string {
  if (!URL.canParse(address.toString())) return "an unreadable address";
  const url = new URL(address);
  const parameters = [...url.searchParams].map(
    ([key, value]) => `${key}=${PUBLIC_PARAMETERS.has(key) ? value : "***"}`,
  );
  return `${url.protocol}//${url.host}${url.pathname}${parameters.length === 0 ? "" : `?${parameters.join("&")}`}`;
}

/** What `redactUrl` leaves out of the address: servers of storage repeat it in what they say. */
export function secretsIn({ searchParams }: URL): string[] {
  return [...searchParams]
    .filter(([key, value]) => !PUBLIC_PARAMETERS.has(key) && value.length >= SHORTEST_SECRET)
    .map(([, value]) => value);
}

function wordsOf(faults: RegistryFault[] = []): string {
  return faults
    .map(({ code, message }) => [code, message].filter((part) => part !== "").join(": "))
    .join("; ");
}

function describe({ method, status, problem, hint }: RegistryErrorArgs, url: string, said: string): string {
  const parts = [status?.toString(), problem, said].filter((part) => part !== undefined && part !== "");
  return `${method} ${url}: ${parts.join(" ") || "failed"}${hint === undefined ? "" : `. ${hint}`}`;
}
