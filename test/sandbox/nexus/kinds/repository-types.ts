import assert from "node:assert/strict";
import type { KindName } from "../../../../components/nexus/kinds";
import type { Json, NexusRest } from "./nexus-rest";
import { logins, upstreamUrl } from "./upstream";

/** What all repositories of a type have in this test, whatever their format. */
export interface TypePart {
  readonly uses: readonly KindName[];
  readonly first: Json;
  readonly updates: readonly { readonly patch: Json; readonly told?: Json }[];
  readonly drift: Json;
  /** Secrets that a change by hand has to repeat, before the first update and after the last. */
  readonly resend?: { readonly first: Json; readonly last: Json };
  /** What the server tells in the end. */
  readonly deep: Json;
}

const blobStore = "life-blobs";
const stored = { blobStoreName: blobStore, strictContentTypeValidation: false };

export const hosted: TypePart = {
  uses: ["FileBlobStore", "CleanupPolicy", "OutboundHttp"],
  first: { blobStore, writePolicy: "ALLOW_ONCE" },
  updates: [
    { patch: { writePolicy: "ALLOW" }, told: { storage: { writePolicy: "ALLOW" } } },
    { patch: { online: false }, told: { online: false } },
    {
      patch: { strictContentTypeValidation: false },
      told: { storage: { strictContentTypeValidation: false } },
    },
    { patch: { cleanupPolicies: ["life-policy"] }, told: { cleanup: { policyNames: ["life-policy"] } } },
    { patch: { proprietaryComponents: true }, told: { component: { proprietaryComponents: true } } },
    { patch: { online: undefined, cleanupPolicies: undefined }, told: { online: true, cleanup: null } },
  ],
  drift: { storage: { writePolicy: "DENY" } },
  deep: {
    online: true,
    storage: { ...stored, writePolicy: "ALLOW" },
    cleanup: null,
    component: { proprietaryComponents: true },
  },
};

const authentication = (login: keyof typeof logins) => ({
  type: "username",
  username: logins[login].remoteUsername,
});

/** What of a proxy Nexus takes only with such an address. */
const HTTPS = "https://remote.invalid/";

const withPassword = (login: keyof typeof logins) => ({
  httpClient: { authentication: { password: logins[login].remotePassword } },
});

export const proxy: TypePart = {
  uses: ["FileBlobStore", "CleanupPolicy", "RoutingRule", "OutboundHttp"],
  first: { blobStore, remoteUrl: "http://remote:8000/", ...logins.first },
  updates: [
    { patch: { remoteUrl: upstreamUrl("first") }, told: { proxy: { remoteUrl: upstreamUrl("first") } } },
    {
      patch: { contentMaxAge: 60, metadataMaxAge: 30, negativeCacheMinutes: 5 },
      told: {
        proxy: { contentMaxAge: 60, metadataMaxAge: 30 },
        negativeCache: { enabled: true, timeToLive: 5 },
      },
    },
    { patch: { blocked: true, autoBlock: false }, told: { httpClient: { blocked: true, autoBlock: false } } },
    {
      patch: { routingRule: "life-rule", cleanupPolicies: ["life-policy"] },
      told: { routingRuleName: "life-rule", cleanup: { policyNames: ["life-policy"] } },
    },
    {
      patch: { blocked: undefined, retries: 2, timeoutSeconds: 30 },
      told: { httpClient: { blocked: false, connection: { retries: 2, timeout: 30 } } },
    },
    {
      patch: { remoteUrl: upstreamUrl("next"), ...logins.next },
      told: { httpClient: { authentication: authentication("next") } },
    },
    {
      patch: { online: false, strictContentTypeValidation: false, remoteUrl: HTTPS, useTrustStore: true },
      told: {
        online: false,
        storage: { strictContentTypeValidation: false },
        proxy: { remoteUrl: HTTPS },
        httpClient: { connection: { useTrustStore: true } },
      },
    },
    {
      patch: { negativeCacheMinutes: undefined, routingRule: undefined, retries: undefined },
      told: {
        negativeCache: { enabled: false },
        routingRuleName: null,
        httpClient: { connection: { retries: null } },
      },
    },
  ],
  drift: { proxy: { contentMaxAge: 7 } },
  resend: { first: withPassword("first"), last: withPassword("next") },
  deep: {
    online: false,
    storage: { ...stored, writePolicy: "ALLOW" }, // a proxy's own
    cleanup: { policyNames: ["life-policy"] },
    proxy: { remoteUrl: HTTPS, contentMaxAge: 60, metadataMaxAge: 30 },
    negativeCache: { enabled: false, timeToLive: 1440 },
    httpClient: {
      blocked: false,
      autoBlock: false,
      connection: {
        retries: null,
        userAgentSuffix: "set by hand",
        timeout: 30,
        enableCircularRedirects: false,
        enableCookies: false,
        useTrustStore: true,
      },
      authentication: { ...authentication("next"), ntlmHost: null, ntlmDomain: null },
    },
    routingRuleName: null,
  },
};

export const group = (first: string, second: string): TypePart => ({
  uses: ["FileBlobStore", "OutboundHttp"],
  first: { blobStore, members: [first, second] },
  updates: [
    { patch: { members: [second, first] }, told: { group: { memberNames: [second, first] } } },
    { patch: { online: false }, told: { online: false } },
    {
      patch: { strictContentTypeValidation: false },
      told: { storage: { strictContentTypeValidation: false } },
    },
    { patch: { members: [second] }, told: { group: { memberNames: [second] } } },
  ],
  drift: { group: { memberNames: [second, first] } },
  deep: { online: false, storage: stored, group: { memberNames: [second] } },
});

/** A file that only a proxy which knows the upstream's password can get; each is asked for once, so that none is cached. */
export function reachesUpstream(file: string) {
  return async (rest: NexusRest, repository: string): Promise<void> => {
    const answer = await rest.ask("GET", `/repository/${repository}/${file}`);
    assert.equal(answer.status, 200, `${repository}: ${JSON.stringify(answer.body)}`);
  };
}
