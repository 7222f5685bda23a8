/** The release on Maven Central, of which everything below is made. */
export const NEXUS_VERSION = "3.71.0-06";

export interface DockerfileOptions {
  /** the Debian image to start from */
  base: string;
  /** apt's sources are https: a TLS-inspecting network's certificates are needed while installing */
  caBundle: boolean;
}

/** As in the official image. */
const USER_ID = 200;

const PACKAGES = "openjdk-17-jre-headless nodejs docker-registry ca-certificates tini";

/**
 * Pure: the image's Dockerfile, for the classic builder. Its context holds nexus/ (the unpacked distribution),
 * connector.js and, with `caBundle`, ca.crt; that one reaches no layer of the image, as the last stage copies
 * the finished file system.
 */
export function dockerfile(options: DockerfileOptions): string {
  return [...systemStage(options), ...nexusSteps()].join("\n").concat("\n");
}

function systemStage({ base, caBundle }: DockerfileOptions): string[] {
  if (!caBundle) return [`FROM ${base}`, install("")];
  return [
    `FROM ${base} AS system`,
    "COPY ca.crt /tmp/berth-ca.crt",
    install("-o Acquire::https::CAInfo=/tmp/berth-ca.crt").concat(" && rm /tmp/berth-ca.crt"),
    "FROM scratch",
    "COPY --from=system / /",
  ];
}

function install(options: string): string {
  const apt = `apt-get -q -o Acquire::Languages=none ${options}`.trimEnd();
  return [
    `RUN ${apt} update`,
    `DEBIAN_FRONTEND=noninteractive ${apt} install -y --no-install-recommends ${PACKAGES}`,
    "apt-get clean",
    "rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin /usr/share/doc/* /usr/share/man/*",
    `groupadd --gid ${USER_ID} nexus`,
    `useradd --uid ${USER_ID} --gid nexus --home-dir /nexus-data --no-create-home --shell /bin/false nexus`,
    "mkdir -p /opt/sonatype /nexus-data",
    "chown nexus:nexus /nexus-data",
  ].join(" && ");
}

function nexusSteps(): string[] {
  return [
    "COPY nexus /opt/sonatype/nexus",
    "COPY connector.js /opt/berth/connector.js",
    "ENV LANG=C.UTF-8 NODE_ENV=production INSTALL4J_ADD_VM_PARAMS=",
    "VOLUME /nexus-data",
    "EXPOSE 8081",
    "USER nexus",
    "WORKDIR /opt/sonatype",
    "STOPSIGNAL SIGTERM",
    'ENTRYPOINT ["/usr/bin/tini", "--", "/usr/bin/node", "/opt/berth/connector.js"]',
  ];
}
