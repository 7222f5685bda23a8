import * as pulumi from "@pulumi/pulumi";
import { outputsBefore } from "./components/base/outputs-before";
import { refuseInherited } from "./components/base/plugin-variables";
import { aliasesOf } from "./components/base/renames";
import { StackIdentity, stackOwner } from "./components/base/stack-identity";
import { AppDeployment } from "./components/deploy/app-deployment";
import { ServerHost } from "./components/deploy/server-host";
import { builderAddress } from "./components/docker/builder-address";
import { registryTrust } from "./components/docker/registry-trust";
import { previousEdges } from "./components/edge/previous-edges";
import { GitlabAccess } from "./components/gitlab/gitlab-access";
import { GitlabProject } from "./components/gitlab/gitlab-project";
import { PullSecret, pullSecretsOf, secretLabel } from "./components/gitops/pull-secret";
import { ReleaseFile } from "./components/gitops/release-file";
import { Rollout, workloadLabel, workloadsOf } from "./components/gitops/rollout";
import { fileLabel } from "./components/gitops/target-file";
import { buildPlatforms } from "./components/image/build-platform";
import { buildSources } from "./components/image/build-sources";
import { resolveImages, withDigests } from "./components/image/resolve-images";
import { requireAgent } from "./components/image/ssh-agent";
import { NexusConfiguration } from "./components/nexus/nexus-configuration";
import { NexusHost } from "./components/nexus/nexus-host";
import { ownNexusHost } from "./components/nexus/own-nexus";
import type { Account } from "./components/registry/registry-access";
import { builtBefore } from "./components/release/built-before";
import { inheritedRelease } from "./components/release/inherited-release";
import { KeptTags } from "./components/release/kept-tags";
import { type ReleaseSource, ReleaseSources, workingTag } from "./components/release/release-source";
import { Republish } from "./components/release/republish";
import { isPlaced, isServed, type ServedApp } from "./components/settings/app-settings";
import { registryAddresses } from "./components/settings/nexus/nexus-addresses";
import { plainHttpChecks } from "./components/settings/nexus/plain-http-checks";
import { type AppSettings, dockerHosts, readSettings } from "./components/settings/settings";

/** The accounts that settings can't leave out. */
type PipelineAccounts = Record<"pusher" | "puller" | "base-reader", Account>;

export = program;

/**
 * The program: a Nexus, and every app from its sources to its servers.
 * @param engine whose: `berth` hides from it what the environment says of Docker, one that is run by hand inherits it
 */
async function program(engine: "berth" | "by hand" = "by hand") {
  const { nexus, gitlab, ...settings } = readSettings();
  if (engine === "by hand") refuseInherited(dockerHosts({ nexus, ...settings }));
  for (const warning of buildSources(settings.apps, nexus, process.cwd()).warnings) pulumi.log.warn(warning);
  const outputs = await outputsBefore();
  // berth has looked before, and put the digests among the settings.
  const { digests, notes } = await resolveImages(engine === "berth" ? [] : settings.apps, outputs);
  for (const note of notes) pulumi.log.warn(note);
  const before = builtBefore(outputs);
  const hasStandIn = engine === "berth";
  requireAgent(settings.apps, { hasStandIn, before, tagOf: workingTag });
  const platforms = await buildPlatforms(settings.apps, settings.servers, before);
  const oldEdges = await previousEdges(outputs, {
    ...(nexus.docker !== undefined && { "nexus-edge": nexus.docker }),
    ...Object.fromEntries(
      settings.servers.flatMap(({ name, was = name, docker }) =>
        [name, was].map((one) => [`${one}-edge`, docker]),
      ),
    ),
  });
  const identity = new StackIdentity("stack-identity", { owner: stackOwner(gitlab) });

  const { manage, project } = gitlab;
  const gitlabAccess = manage && new GitlabAccess("gitlab", gitlab);
  const gitlabLogin = gitlabAccess?.registryLogin;

  const builds = settings.apps.some(({ build, release }) => build && !release);
  const pullers = settings.servers.map((server) => server.docker);
  const plainHttp = plainHttpChecks(nexus, {
    builder: builds ? builderAddress() : undefined,
    servers: pullers,
  });
  const oldNexusEdge = oldEdges["nexus-edge"];
  const host =
    nexus.url === undefined
      ? new NexusHost("nexus", { settings: nexus, identity, oldEdge: oldNexusEdge }, { dependsOn: plainHttp })
      : ownNexusHost(nexus);
  const registry = new NexusConfiguration("registry", { host, settings: nexus, gitlabLogin });
  const { pusher, puller, "base-reader": baseReader } = registry.accounts as PipelineAccounts;
  const { dockerHosted, dockerGroup } = registry;
  const trust = registryTrust(registryAddresses(nexus), host.ca, identity);
  const { access } = host;

  const servers = settings.servers.map((server) => {
    const apps = settings.apps.filter(isServed).filter((app) => app.servers.includes(server.name));
    const from = { dockerHosted, dockerGroup, puller, trust: trust(server.docker) };
    const { name, was = name } = server;
    const oldEdge = oldEdges[`${name}-edge`] ?? oldEdges[`${was}-edge`];
    return new ServerHost(server.name, { server, identity, apps, oldEdge, ...from });
  });

  const pullSecrets = pullSecretsOf(settings.apps).map((place) => {
    const registry = dockerHosted.apply((address) => address.replace(/\/.*$/, ""));
    const args = { ...place, ...puller, registry, identity: identity.identity };
    return new PullSecret(`pull-secret-${secretLabel(place).replaceAll(" ", "-")}`, args);
  });

  const sources = new ReleaseSources({
    ...settings,
    gitlab,
    docker: nexus.docker,
    container: host.container,
    access,
    dockerHosted,
    dockerGroup,
    puller,
    baseReader,
    platforms,
    trust: () => trust(builderAddress()),
  });
  const released: Record<string, ReleaseSource> = {};
  const moved: { app: ServedApp; server: ServerHost; traffic: pulumi.Resource }[] = [];
  const deploy = (app: AppSettings) => {
    const { name, was, release } = app;
    const last = before[name] ?? (was === undefined ? undefined : before[was]);
    const inherited = inheritedRelease(app, outputs);
    const { built, digest, image, ...from } = sources.of(app, { last, inherited }, released);
    const { tag } = from;
    const target = pulumi.interpolate`${dockerHosted}/${name}`;
    const copy = new Republish(name, { ...from, target, pusher, access }, aliasesOf(app));
    released[name] = { source: copy.reference, tag, ...(digest !== undefined && { digest }) };
    const kept = new KeptTags(
      `${name}-kept-tags`,
      {
        app: name,
        tag,
        image: copy.reference,
        ...puller,
        ...access,
        origin: sources.originOf(app, built),
        built: !release && app.build !== undefined,
      },
      aliasesOf(app, "-kept-tags"),
    );
    const url = isPlaced(app) ? toServers(app, kept) : undefined;
    return {
      ...(url && { url }),
      ...(app.gitops.length > 0 && { gitops: toFiles(app, kept.image, tag) }),
      builtImage: built?.image,
      built,
      ...(inherited && { inherited }),
      ...(image !== undefined && { image }),
      releasedImage: copy.reference,
      lostReferrers: copy.lostReferrers,
      release: { tag, digest: digest ?? copy.reference.apply((all) => all.replace(/^.*@/, "")) },
    };
  };

  /** @returns where people reach it; undefined where it serves nobody */
  const toServers = (app: AppSettings, { image, releases: kept }: KeptTags) => {
    const on = servers.filter((server) => app.servers.includes(server.settings.name));
    const releases = kept.apply((all = []) => all.map(({ digest }) => digest));
    const { traffic, url } = new AppDeployment(app.name, { app, image, releases, servers: on });
    if (isServed(app)) for (const server of on) moved.push({ app, server, traffic });
    return url;
  };

  /** @returns what came of each file */
  const toFiles = (app: AppSettings, image: pulumi.Input<string>, tag: pulumi.Input<string>) => {
    const stack = `${pulumi.getProject()}/${pulumi.getStack()}`;
    const written = app.gitops.map((target) => {
      const label = fileLabel(target);
      const skipCi = target.project.toLowerCase() === project.toLowerCase();
      const what = { ...target, url: gitlab.url, app: app.name, stack, image, tag, skipCi };
      const name = `-gitops-${label.replaceAll(" ", "-")}`;
      const { outcome } = new ReleaseFile(app.name + name, what, {
        ...aliasesOf(app, name),
        dependsOn: pullSecrets,
      });
      const followed = target.mergeRequest ? [] : workloadsOf({ ...app, gitops: [target] });
      const pods = followed.map(({ place, timeout }) => {
        const suffix = `-rollout-${workloadLabel(place).replaceAll(" ", "-")}`;
        const args = { ...place, image, timeout, commit: outcome };
        new Rollout(app.name + suffix, args, aliasesOf(app, suffix));
        return workloadLabel(place);
      });
      const seen =
        pods.length > 0 ? `pods of ${pods.join(", ")} run it` : "nobody looked whether pods run it";
      return [label, pulumi.interpolate`${outcome}; ${seen}`] as const;
    });
    return Object.fromEntries(written);
  };

  const all = withDigests(settings.apps, digests);
  const deployed = [...all].sort(byNeed).map((app) => [app.name, deploy(app)] as const);
  const apps = Object.fromEntries(deployed);
  for (const server of servers) {
    const here = moved.filter((one) => one.server === server);
    server.keepOnly(
      here.map(({ app }) => app),
      here.map(({ traffic }) => traffic),
    );
  }
  if (gitlabAccess) {
    const nexus = { dockerHosted, dockerGroup, pusher, puller, baseReader };
    const kept = { manage, project, nexus, url: Object.values(apps).find(({ url }) => url)?.url };
    new GitlabProject("gitlab-project", { access: gitlabAccess, ...kept });
  }

  return {
    nexusUrl: host.url,
    ...(host.ca && { nexusCa: host.ca }),
    ...authoritiesOf(servers),
    dockerHosted,
    dockerGroup,
    edges: edgesOf(host, servers),
    accounts: registry.accounts,
    ...(gitlabLogin && { gitlabLogin: { registry: gitlab.registry, ...gitlabLogin } }),
    apps,
  };
}

/**
 * Pulumi calls what an ES module exports as its default; of a CommonJS module it takes that for an output, declares nothing, and
 * would delete all that there is. Outputs are looked through: this one says what is wrong.
 */
Object.defineProperty(program, "uncalled", {
  enumerable: true,
  get: () => {
    throw new pulumi.RunError(
      'The program was exported and not run, so nothing was declared: `export { default } from "berth"` is for an ES module. ' +
        'Write "type": "module" into package.json; or `import program from "berth"; export = program;` into the file.',
    );
  },
});

/** Apps that run another one's image come behind it. */
function byNeed(one: AppSettings, other: AppSettings): number {
  return Number(one.imageOf !== undefined) - Number(other.imageOf !== undefined);
}

/** The root certificates that browsers need for the apps, by server, where an edge has an authority of its own. */
function authoritiesOf(servers: readonly ServerHost[]) {
  const own = servers.filter(({ ca }) => ca !== undefined);
  if (own.length === 0) return {};
  return { serverCas: Object.fromEntries(own.map(({ settings, ca }) => [settings.name, ca])) };
}

/** What the next run is to know of the edges; people see which ports have doors. */
function edgesOf({ edgeSummary }: Pick<NexusHost, "edgeSummary">, servers: readonly ServerHost[]) {
  return {
    ...(edgeSummary && { "nexus-edge": edgeSummary }),
    ...Object.fromEntries(servers.map((server) => [`${server.settings.name}-edge`, server.edgeSummary])),
  };
}
