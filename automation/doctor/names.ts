import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { proxyFor } from "../../components/http/proxy-for";
import { nexusUrl, registryAddresses } from "../../components/settings/nexus/nexus-addresses";
import { allOwnHosts } from "../../components/settings/tls-settings";
import { codeOf } from "../../components/values/error-facts";
import { type Finding, fail, ok } from "./finding";
import type { Check } from "./run-checks";
import type { KnownSettings, Subject } from "./subject";
import { nameLookup } from "./this-machine";

/** A name that somebody has to be able to look up, and the setting that it stands in. */
export interface Name {
  readonly host: string;
  readonly setting: string;
}

/** Every host name of the settings, each once; addresses need nobody's help. */
export function namesOf({ nexus, gitlab, servers = [] }: KnownSettings): Name[] {
  const all = [
    ...(gitlab
      ? [named(gitlab.url, "gitlab.url"), named(`https://${gitlab.registry}`, "gitlab.registry")]
      : []),
    ...(nexus
      ? [nexusUrl(nexus), ...registryAddresses(nexus).map((address) => `https://${address}`)].map((url) =>
          named(url, nexus.url === undefined ? "nexus.hostname" : "nexus.url"),
        )
      : []),
    ...servers.flatMap(({ name, address, tls }) => [
      { host: address, setting: `servers.${name}.address` },
      ...(tls ? allOwnHosts(tls) : []).map((host) => ({ host, setting: `servers.${name}.tls.names` })),
    ]),
  ];
  const names = all.filter(({ host }) => isIP(host) === 0 && host !== "localhost");
  return names.filter((one, index) => names.findIndex(({ host }) => host === one.host) === index);
}

const named = (url: string, setting: string): Name => ({ host: hostOf(new URL(url)), setting });

/** Its name or address; one of IPv6 without the brackets that it has in a URL. */
export const hostOf = ({ hostname }: URL) => hostname.replace(/^\[(.*)\]$/, "$1");

/** What the check of a name is called: of others' that ask the same host, it is a need. */
export const nameCheck = (host: string) => `name ${host}`;

/** Addresses of a name. @throws where it has none */
export type LookUp = (host: string) => Promise<readonly { readonly address: string }[]>;
const lookUpHere: LookUp = (host) => lookup(host, { all: true });

export function nameChecks({ settings }: Subject): Check[] {
  return namesOf(settings).map((name) => ({ name: nameCheck(name.host), run: () => nameFinding(name) }));
}

export async function nameFinding({ host, setting }: Name, lookUp = lookUpHere): Promise<Finding> {
  const what = nameCheck(host);
  try {
    const found = await lookUp(host);
    return ok(what, found.map(({ address }) => address).join(", "));
  } catch (error) {
    const proxy = proxyFor(new URL(`https://${host}`));
    if (proxy)
      return ok(what, `not known here; the proxy ${proxy.address.origin} (${proxy.variable}) looks it up`);
    if (codeOf(error) === "EAI_AGAIN") {
      const text = `berth:${setting}: no name server answers (EAI_AGAIN)`;
      return fail(
        what,
        text,
        "cat /etc/resolv.conf # whom this machine asks: is there a network, and a way to them?",
      );
    }
    const text = `berth:${setting}: no name server knows it (${codeOf(error)})`;
    return fail(what, text, `${nameLookup(host)} # it has to be in DNS, or in /etc/hosts: ADDRESS ${host}`);
  }
}
