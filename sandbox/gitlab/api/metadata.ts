import { type Caller, mustRead } from "./base/caller";
import type { ApiAnswer } from "./base/request";

/** What is installed: the Enterprise Edition, as on gitlab.com and by GitLab's usual package, licensed or not, or the Community Edition. */
export function metadata(caller: Caller, isCommunity: boolean): ApiAnswer {
  mustRead(caller);
  const kas = { enabled: false, externalUrl: null, externalK8sProxyUrl: null, version: null };
  const version = isCommunity ? "19.2.0" : "19.2.0-ee";
  return { status: 200, body: { version, revision: "sandbox", kas, enterprise: !isCommunity } };
}
