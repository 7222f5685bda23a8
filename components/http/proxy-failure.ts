import type { HttpProxy } from "./proxy-for";
import { tlsFailure } from "./tls-trust";

/** Milliseconds and statuses apart, all that a proxy can do wrong on the way to `host` (with its port). */
export interface ProxyFailureArgs {
  readonly proxy: HttpProxy;
  readonly host: string;
  /** Of its answer; undefined where it gave none. */
  readonly status?: number | undefined;
  /** What broke the connection to it. */
  readonly cause?: NodeJS.ErrnoException | undefined;
}

/** A proxy that did not let a request through. Its login is in no field. */
export class ProxyFailure extends Error {
  override name = "ProxyFailure";
  /** Node's, where the connection to the proxy failed. */
  readonly code: string | undefined;
  readonly nextStep: string;
  /** Another attempt may get through. */
  readonly temporary: boolean;

  constructor({ proxy, host, status, cause }: ProxyFailureArgs) {
    super(`${nameOf(proxy)} ${whatItDid(proxy, host, status, cause)}`, { cause });
    this.code = cause?.code;
    this.nextStep = nextStepFor(proxy, host, status);
    this.temporary = status === undefined ? !isLasting(cause) : status >= 500;
  }
}

function isLasting(cause: NodeJS.ErrnoException | undefined): boolean {
  return cause?.code === "ENOTFOUND" || (cause !== undefined && tlsFailure(cause) !== undefined);
}

/** "the proxy http://proxy.example.com:3128 (HTTPS_PROXY)" */
function nameOf({ address, variable }: HttpProxy): string {
  return `the proxy ${address.origin} (${variable})`;
}

function whatItDid(
  { authorization, variable }: HttpProxy,
  host: string,
  status: number | undefined,
  cause: NodeJS.ErrnoException | undefined,
): string {
  if (status === 407) return authorization ? `refuses the login in ${variable} (407)` : "wants a login (407)";
  if (status !== undefined && status >= 500) return `could not reach ${host} (${status})`;
  if (status !== undefined) return `does not let requests through to ${host} (${status})`;
  const tls = cause && tlsFailure(cause);
  if (tls) return `can't be reached: ${tls.reason}; ${tls.cure}`;
  const { message = "", code = "" } = cause ?? {};
  const said = message.includes(code) ? message : `${message} (${code})`;
  return `can't be reached: ${said || "the connection failed"}`;
}

function nextStepFor({ address, variable }: HttpProxy, host: string, status: number | undefined): string {
  const { protocol, host: at } = address;
  const around = `where ${host} can be reached without it, name that host in NO_PROXY`;
  if (status === 407)
    return `Put its login into ${variable}, ${protocol}//USER:PASSWORD@${at}, special characters percent-encoded; ${around}`;
  if (status !== undefined && status >= 500) return `Is the name right, and is that host up? Or ${around}`;
  if (status !== undefined) return `Have it allowed there; or ${around}`;
  return `Is ${variable} right? Or ${around}`;
}
