import * as pulumi from "@pulumi/pulumi";
import { AppDeployment } from "./components/app-deployment";
import { AppImage } from "./components/app-image";
import { buildSources } from "./components/build-sources";
import { type Built, builtBefore, imagePlan } from "./components/built-before";
import { commitTag } from "./components/commit-tag";
import { GitlabAccess } from "./components/gitlab-access";
import { GitlabProject } from "./components/gitlab-project";
import { appRepository } from "./components/gitlab-settings";
import { KeptTags } from "./components/kept-tags";
import { registryAddresses } from "./components/nexus-addresses";
import { type Account, NexusConfiguration } from "./components/nexus-configuration";
import { NexusHost } from "./components/nexus-host";
import { builderAddress, registryTrust } from "./components/registry-trust";
import { Republish } from "./components/republish";
import { ServerHost } from "./components/server-host";
import { type AppSettings, readSettings } from "./components/settings";
import { type StackNexus, StackNexuses } from "./components/stack-nexus";

/** The accounts that settings can't leave out. */
type PipelineAccounts = Record<"pusher" | "puller" | "base-reader", Account>;

/** The program: a Nexus, and every app from its sources to its servers. */
export = async function program() {
  const { nexus, gitlab, ...settings } = readSettings();
  for (const warning of buildSources(settings.apps, nexus, process.cwd()).warnings) pulumi.log.warn(warning);
  const before = await builtBefore();
  const others = new StackNexuses();

  const { manage, project } = gitlab;
  const gitlabAccess = manage && new GitlabAccess("gitlab", gitlab);
  const gitlabLogin = gitlabAccess?.registryLogin;

  const host = new NexusHost("nexus", nexus);
  const registry = new NexusConfiguration("registry", { host, settings: nexus, gitlabLogin });
  const { pusher, puller, "base-reader": baseReader } = registry.accounts as PipelineAccounts;
  const { dockerHosted, dockerGroup } = registry;
  const trust = registryTrust(registryAddresses(nexus), host.ca);
  const { access } = host;

  const servers = settings.servers.map((server) => {
    const apps = settings.apps.filter((app) => app.servers.includes(server.name));
    const from = { dockerHosted, dockerGroup, puller, trust: trust(server.docker) };
    return new ServerHost(server.name, { server, apps, ...from });
  });

  const deploy = (app: AppSettings) => {
    const { name, release } = app;
    const tag = release?.tag ?? workingTag(app.build!.context); // settings hold one of the two
    const { built, ...from } = release?.from
      ? promoted(app, others.of(release.from), before[name])
      : build(app, tag, before[name]);
    const target = pulumi.interpolate`${dockerHosted}/${name}`;
    const released = new Republish(name, { ...from, target, tag, pusher, access });
    const kept = new KeptTags(`${name}-kept-tags`, {
      ...{ app: name, tag, image: released.reference, ...puller, ...access },
      ...{ origin: appRepository(gitlab, app), built: !release },
    });
    const on = servers.filter((server) => app.servers.includes(server.settings.name));
    const deployment = new AppDeployment(name, { app, image: kept.image, servers: on });
    return {
      url: deployment.url,
      builtImage: built?.image,
      built,
      releasedImage: released.reference,
      release: { tag, digest: released.reference.apply((reference) => reference.split("@")[1]!) },
    };
  };

  /** A release that another stack ran, out of that stack's Nexus. */
  const promoted = ({ name, release }: AppSettings, from: StackNexus, last?: Built) => ({
    source: pulumi.interpolate`${from.dockerHosted}/${name}@${release!.digest}`,
    reader: from.puller,
    sourceAccess: from.access,
    built: last && { ...last, inState: false },
  });

  /** The image to deploy, in GitLab's registry, and what the next run is to know of it. */
  const build = (app: AppSettings, tag: string, last: Built | undefined) => {
    const plan = imagePlan(app, tag, last);
    if (plan.kind === "build") {
      const { container } = host;
      const from = { registry: dockerGroup, reader: baseReader, docker: nexus.docker, container };
      const bases = { ...from, access, trust: trust(builderAddress()) };
      const image = new AppImage(app.name, { app, build: app.build!, tag, gitlab, bases }).reference;
      return { source: image, built: { tag, image, inState: true } };
    }
    const source = plan.image ?? `${appRepository(gitlab, app)}@${app.release!.digest}`;
    return { source, built: last && { ...last, inState: false } };
  };

  const apps = Object.fromEntries(settings.apps.map((app) => [app.name, deploy(app)]));
  if (gitlabAccess) {
    const nexus = { dockerHosted, dockerGroup, pusher, puller, baseReader };
    const kept = { manage, project, nexus, url: Object.values(apps)[0]?.url };
    new GitlabProject("gitlab-project", { access: gitlabAccess, ...kept });
  }

  return {
    nexusUrl: host.url,
    ...(host.ca && { nexusCa: host.ca }),
    ...authoritiesOf(servers),
    dockerHosted,
    dockerGroup,
    accounts: registry.accounts,
    ...(gitlabLogin && { gitlabLogin: { registry: gitlab.registry, ...gitlabLogin } }),
    apps,
  };
};

/** @throws pulumi.RunError with what is in the way, and not where in the program it was found */
function workingTag(folder: string): string {
  try {
    return commitTag(folder);
  } catch (error) {
    throw new pulumi.RunError((error as Error).message);
  }
}

/** The root certificates that browsers need for the apps, by server, where an edge has an authority of its own. */
function authoritiesOf(servers: readonly ServerHost[]) {
  const own = servers.filter(({ ca }) => ca !== undefined);
  if (own.length === 0) return {};
  return { serverCas: Object.fromEntries(own.map(({ settings, ca }) => [settings.name, ca])) };
}
