import { type KindName, kinds } from "../../../../components/nexus/kinds";
import type { Format } from "../../../../components/settings/nexus/nexus-formats";
import { type BadInput, by, name } from "./bad-input";

const repositories: readonly BadInput[] = [
  {
    kind: "RawHosted",
    fields: { name: "no spaces" },
    says: by(
      "POST repositories/raw/hosted",
      "name: Only letters, digits, underscores(_), hyphens(-), and dots(.) are allowed and may not start with underscore or dot.",
    ),
  },
  {
    kind: "RawProxy",
    fields: { name, proxy: { remoteUrl: "nonsense" }, httpClient: { connection: undefined } },
    says: by(
      "POST repositories/raw/proxy",
      "ProxyConfig.attributes[proxy].remoteUrl: URL should be in the format 'http://www.example.com'",
    ),
  },
  {
    kind: "RawProxy",
    fields: { name, routingRule: "nobody" },
    says: `The proxy "${name}" is to follow the routing rule "nobody", and Nexus has no such rule. Create it first, or leave routingRule out.`,
  },
  {
    kind: "RawProxy",
    fields: { httpClient: { authentication: { password: undefined } } },
    says:
      'The proxy "life-raw-proxy" logs in to its remote as "next-user", and Nexus wants the password again with every change: ' +
      "set remoteUsername and remotePassword.",
  },
  {
    kind: "RawGroup",
    fields: { group: { memberNames: [] } },
    says: 'The group "life-raw-group" has no members, and Nexus takes no empty group. Name at least one.',
  },
  {
    kind: "RawGroup",
    fields: { name, group: { memberNames: ["nobody"] } },
    says: by(
      "POST repositories/raw/group",
      "HelperBean.memberNames: Member repository does not exist: nobody",
    ),
  },
  {
    kind: "MavenHosted",
    fields: { name, storage: { blobStoreName: "nowhere" } },
    says: by("POST repositories/maven/hosted", "Blob store not found"),
  },
  {
    kind: "MavenProxy",
    fields: { name, proxy: { remoteUrl: "http://remote.invalid/" }, httpClient: { connection: undefined } },
    says: by(
      "POST repositories/maven/proxy",
      "HelperBean.attributes.httpclient.authentication.preemptive: " +
        "Pre-emptive authentication is allowed only when using HTTPS remote URL",
    ),
  },
  {
    kind: "MavenGroup",
    fields: { name, group: { memberNames: ["life-raw-hosted"] } },
    says: by(
      "POST repositories/maven/group",
      "HelperBean.memberNames: Member repository format does not match group repository format: life-raw-hosted",
    ),
  },
  {
    kind: "AptHosted",
    fields: { name, aptSigning: { keypair: "" } },
    says: by("POST repositories/apt/hosted", "keypair: must not be empty"),
  },
  {
    kind: "AptProxy",
    fields: { name, apt: { distribution: "" } },
    says: by("POST repositories/apt/proxy", "distribution: must not be empty"),
  },
  {
    kind: "AptGroup",
    fields: { name, online: true, group: { memberNames: ["life-apt-hosted"] } },
    says: "Nexus 3.71.0 (OSS) has no apt group repositories; no version up to 3.94 has them.",
  },
];

const docker: readonly BadInput[] = [
  {
    kind: "DockerHosted",
    fields: { docker: { httpPort: 8081 } },
    says: 'The docker repository "life-docker-hosted" wants httpPort 8081, which is taken by Nexus itself. Choose another port.',
  },
  {
    kind: "DockerHosted",
    fields: { docker: { httpPort: 8083 } },
    says: 'The docker repository "life-docker-hosted" wants httpPort 8083, which is taken by the repository "life-docker-group". Choose another port.',
  },
  {
    kind: "DockerHosted",
    fields: { docker: { httpPort: 8095, httpsPort: 8095 } },
    says: 'The docker repository "life-docker-hosted" wants httpsPort 8095, which is taken by its own httpPort. Choose another port.',
  },
  {
    kind: "DockerHosted",
    fields: { name, docker: { httpPort: 70000 } },
    says: by("POST repositories/docker/hosted", "httpPort: must be less than or equal to 65535"),
  },
  {
    kind: "DockerHosted",
    fields: { docker: { subdomain: undefined, pathEnabled: true } },
    says:
      'Nexus 3.71.0 (OSS) can\'t serve the docker repository "life-docker-hosted" by its path; Nexus 3.83 and later can. ' +
      "Give it an httpPort instead.",
  },
  {
    kind: "DockerHosted",
    fields: { storage: { writePolicy: "ALLOW", latestPolicy: true } },
    says: 'movableLatest of the docker repository "life-docker-hosted" is the exception to writePolicy ALLOW_ONCE: set that, too.',
  },
  {
    kind: "DockerProxy",
    fields: { dockerProxy: { indexType: "CUSTOM" } },
    says: 'The docker repository "life-docker-proxy" has indexType CUSTOM: set indexUrl, too.',
  },
  {
    kind: "DockerGroup",
    fields: { group: { writableMember: "life-docker-hosted" } },
    says:
      'Nexus 3.71.0 (OSS) can\'t take what is pushed to the group "life-docker-group"; Nexus Pro can. ' +
      "Leave writableMember out and push to the hosted member itself.",
  },
];

/** What Sonatype's own images of that version lack, too. */
const LATER = ["helm group", "go hosted"];

/** Formats of which the core from Maven Central has nothing, as the settings call them. */
export const ABSENT_FORMATS: readonly Format[] = ["yum", "npm", "pypi", "rubygems", "helm", "go"];

/** Their kinds. */
export const absentKinds = (Object.keys(kinds) as KindName[]).filter((kind) =>
  ABSENT_FORMATS.some((format) => sortOf(kind).startsWith(`${format} `)),
);

/** `NpmHosted`: npm hosted. */
function sortOf(kind: KindName): string {
  return kind.replace(/(Hosted|Proxy|Group)$/, " $1").toLowerCase();
}

const absent = absentKinds.map((kind): BadInput => {
  const what = sortOf(kind);
  const elsewhere = LATER.includes(what)
    ? "newer versions have them"
    : "Sonatype's own images and downloads have them";
  return {
    kind,
    fields: { name, online: true, group: { memberNames: ["life-raw-hosted"] } },
    says: `Nexus 3.71.0 (OSS) has no ${what} repositories; ${elsewhere}.`,
  };
});

export const badRepositories = [...repositories, ...docker, ...absent];
