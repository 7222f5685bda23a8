import assert from "node:assert/strict";
import { AptHosted, AptProxy } from "../../../../components/nexus/kinds/repository/apt-repository";
import {
  DockerGroup,
  DockerHosted,
  DockerProxy,
} from "../../../../components/nexus/kinds/repository/docker-repository";
import {
  MavenGroup,
  MavenHosted,
  MavenProxy,
} from "../../../../components/nexus/kinds/repository/maven-repository";
import { RawGroup, RawHosted, RawProxy } from "../../../../components/nexus/kinds/repository/raw-repository";
import type { Json, NexusRest } from "./nexus-rest";
import { passwords } from "./passwords";
import { repositoryCase } from "./repository-case";
import { group, hosted, proxy, reachesUpstream } from "./repository-types";

const byHand = { httpClient: { connection: { userAgentSuffix: "set by hand" } } };
const shown = (contentDisposition: string) => ({ contentDisposition });

export const rawCases = [
  repositoryCase(hosted, {
    kind: "RawHosted",
    type: RawHosted,
    sort: "raw hosted",
    unmodelled: { raw: shown("INLINE") },
    updates: [
      { patch: {}, told: { raw: shown("INLINE") } },
      { patch: shown("ATTACHMENT"), told: { raw: shown("ATTACHMENT") } },
    ],
    deep: { raw: shown("ATTACHMENT") },
  }),
  repositoryCase(proxy, {
    kind: "RawProxy",
    type: RawProxy,
    sort: "raw proxy",
    unmodelled: byHand,
    updates: [{ patch: shown("INLINE"), told: { raw: shown("INLINE") } }],
    deep: { raw: shown("INLINE") },
    proofs: { 5: reachesUpstream("five.xml"), 6: reachesUpstream("six.xml") },
  }),
  repositoryCase(group("life-raw-hosted", "life-raw-proxy"), {
    kind: "RawGroup",
    type: RawGroup,
    sort: "raw group",
    uses: ["RawHosted", "RawProxy"],
    updates: [{ patch: shown("INLINE") }],
    // REST takes it and never tells it; the UI's API does.
    proofs: { 1: (rest, name) => shownByUi(rest, name, "INLINE") },
  }),
];

async function shownByUi(rest: NexusRest, name: string, disposition: string): Promise<void> {
  const all = (await rest.direct("coreui_Repository", "read")) as { name: string; attributes: Json }[];
  assert.deepEqual(all.find((one) => one.name === name)?.attributes["raw"], shown(disposition));
}

export const mavenCases = [
  repositoryCase(hosted, {
    kind: "MavenHosted",
    type: MavenHosted,
    sort: "maven hosted",
    unmodelled: { maven: shown("INLINE") },
    updates: [
      { patch: { versionPolicy: "MIXED" }, told: { maven: { versionPolicy: "MIXED" } } },
      {
        patch: { layoutPolicy: "PERMISSIVE" },
        told: { maven: { layoutPolicy: "PERMISSIVE", ...shown("INLINE") } },
      },
      { patch: shown("ATTACHMENT"), told: { maven: shown("ATTACHMENT") } },
    ],
    deep: { maven: { versionPolicy: "MIXED", layoutPolicy: "PERMISSIVE", ...shown("ATTACHMENT") } },
  }),
  repositoryCase(proxy, {
    kind: "MavenProxy",
    type: MavenProxy,
    sort: "maven proxy",
    unmodelled: byHand,
    updates: [
      { patch: { versionPolicy: "MIXED" }, told: { maven: { versionPolicy: "MIXED" } } },
      { patch: { layoutPolicy: "PERMISSIVE" }, told: { maven: { layoutPolicy: "PERMISSIVE" } } },
      { patch: shown("ATTACHMENT"), told: { maven: shown("ATTACHMENT") } },
      { patch: {} },
      { patch: {} },
      { patch: {} },
      { patch: { preemptiveAuth: true }, told: { httpClient: { authentication: { preemptive: true } } } },
    ],
    deep: {
      maven: { versionPolicy: "MIXED", layoutPolicy: "PERMISSIVE", ...shown("ATTACHMENT") },
      httpClient: { authentication: { preemptive: true } },
    },
    proofs: { 5: reachesUpstream("org/b/5/b-5.pom"), 6: reachesUpstream("org/b/6/b-6.pom") },
  }),
  repositoryCase(group("life-maven-hosted", "life-maven-proxy"), {
    kind: "MavenGroup",
    type: MavenGroup,
    sort: "maven group",
    uses: ["MavenHosted", "MavenProxy"],
  }),
];

const signing = (keypair: string) => ({ aptSigning: { keypair, passphrase: passwords.passphrase } });

export const aptCases = [
  repositoryCase(hosted, {
    kind: "AptHosted",
    type: AptHosted,
    sort: "apt hosted",
    first: { distribution: "bookworm", signingKey: passwords.signingKey, passphrase: passwords.passphrase },
    unmodelled: { component: { proprietaryComponents: true } },
    resend: { first: signing(passwords.signingKey), last: signing(passwords.nextSigningKey) },
    updates: [
      { patch: { distribution: "trixie" }, told: { apt: { distribution: "trixie" } } },
      {
        patch: { signingKey: passwords.nextSigningKey },
        told: { aptSigning: { keypair: passwords.nextSigningKey } },
      },
      { patch: {}, told: { component: { proprietaryComponents: true } } },
      { patch: {} },
      { patch: { proprietaryComponents: false }, told: { component: { proprietaryComponents: false } } },
    ],
    deep: {
      component: { proprietaryComponents: false },
      apt: { distribution: "trixie" },
      aptSigning: { keypair: passwords.nextSigningKey, passphrase: null },
    },
  }),
  repositoryCase(proxy, {
    kind: "AptProxy",
    type: AptProxy,
    sort: "apt proxy",
    first: { distribution: "bookworm" },
    unmodelled: byHand,
    updates: [
      { patch: { distribution: "trixie" }, told: { apt: { distribution: "trixie" } } },
      { patch: { flat: true }, told: { apt: { flat: true } } },
    ],
    deep: { apt: { distribution: "trixie", flat: true } },
    proofs: { 5: reachesUpstream("five.xml"), 6: reachesUpstream("six.xml") },
  }),
];

const docker = (fields: object) => ({ docker: { v1Enabled: false, forceBasicAuth: false, ...fields } });

export const dockerCases = [
  repositoryCase(hosted, {
    kind: "DockerHosted",
    type: DockerHosted,
    sort: "docker hosted",
    unmodelled: { cleanup: { policyNames: ["by-hand"] } },
    updates: [
      { patch: { httpPort: 8082 }, told: docker({ httpPort: 8082 }) },
      { patch: { httpsPort: 8443 }, told: docker({ httpPort: 8082, httpsPort: 8443 }) },
      {
        patch: { forceBasicAuth: true },
        told: { docker: { forceBasicAuth: true }, cleanup: { policyNames: ["by-hand"] } },
      },
      {
        patch: { v1Enabled: true, httpsPort: undefined },
        told: { docker: { v1Enabled: true, httpsPort: null } },
      },
      {
        patch: { writePolicy: "ALLOW_ONCE", movableLatest: true },
        told: { storage: { latestPolicy: true } },
      },
      {
        patch: { httpPort: undefined, subdomain: "life", cleanupPolicies: ["life-policy"] },
        told: { docker: { httpPort: null, subdomain: "life" }, cleanup: { policyNames: ["life-policy"] } },
      },
    ],
    deep: {
      cleanup: { policyNames: ["life-policy"] },
      storage: { writePolicy: "ALLOW_ONCE", latestPolicy: true },
      docker: { v1Enabled: true, forceBasicAuth: true, httpPort: null, httpsPort: null, subdomain: "life" },
    },
  }),
  repositoryCase(proxy, {
    kind: "DockerProxy",
    type: DockerProxy,
    sort: "docker proxy",
    first: { indexType: "REGISTRY" },
    unmodelled: { ...byHand, dockerProxy: { cacheForeignLayers: true } },
    updates: [
      { patch: { indexType: "HUB" }, told: { dockerProxy: { indexType: "HUB", cacheForeignLayers: true } } },
      {
        patch: { indexType: "CUSTOM", indexUrl: "http://index:1/" },
        told: { dockerProxy: { indexType: "CUSTOM", indexUrl: "http://index:1/" } },
      },
      {
        patch: { indexType: "HUB", indexUrl: undefined },
        told: { dockerProxy: { indexType: "HUB", indexUrl: null } },
      },
      { patch: { httpPort: 8090 }, told: docker({ httpPort: 8090 }) },
      { patch: {} },
      { patch: {} },
      { patch: {} },
      {
        patch: { remoteUsername: undefined, remotePassword: undefined },
        told: { httpClient: { authentication: null } },
      },
    ],
    resend: { ...proxy.resend!, last: {} },
    deep: {
      httpClient: { authentication: null },
      ...docker({ httpPort: 8090, httpsPort: null, subdomain: null }),
      dockerProxy: {
        indexType: "HUB",
        indexUrl: null,
        cacheForeignLayers: true,
        foreignLayerUrlWhitelist: [],
      },
    },
  }),
  repositoryCase(group("life-docker-hosted", "life-docker-proxy"), {
    kind: "DockerGroup",
    type: DockerGroup,
    sort: "docker group",
    uses: ["DockerHosted", "DockerProxy"],
    updates: [{ patch: { httpPort: 8083 }, told: docker({ httpPort: 8083 }) }],
    deep: {
      group: { memberNames: ["life-docker-proxy"], writableMember: null },
      ...docker({ httpPort: 8083, httpsPort: null, subdomain: null }),
    },
  }),
];
