import * as pulumi from "@pulumi/pulumi";
import { AppDeployment } from "./components/app-deployment";
import { AppImage, appRepository } from "./components/app-image";
import { type Built, builtBefore, imagePlan } from "./components/built-before";
import { commitTag } from "./components/commit-tag";
import { type Account, NexusConfiguration } from "./components/nexus-configuration";
import { NexusHost } from "./components/nexus-host";
import { Republish } from "./components/republish";
import { ServerHost } from "./components/server-host";
import { type AppSettings, readSettings } from "./components/settings";

/** The accounts that settings can't leave out. */
type PipelineAccounts = Record<"pusher" | "puller" | "base-reader", Account>;

/** The program: a Nexus, and every app from its sources to its servers. */
export = async function program() {
  const { nexus, gitlab, ...settings } = readSettings();
  const before = await builtBefore();

  const host = new NexusHost("nexus", nexus);
  const registry = new NexusConfiguration("registry", { host, settings: nexus });
  const { pusher, puller, "base-reader": baseReader } = registry.accounts as PipelineAccounts;
  const { dockerHosted, dockerGroup } = registry;

  const servers = settings.servers.map((server) => {
    const apps = settings.apps.filter((app) => app.servers.includes(server.name));
    return new ServerHost(server.name, { server, apps, dockerHosted, dockerGroup, puller });
  });

  const deploy = (app: AppSettings) => {
    const { name, release } = app;
    const tag = release?.tag ?? commitTag(app.build!.context); // settings hold one of the two
    const { built, source } = build(app, tag, before[name]);
    const released = new Republish(name, {
      source,
      target: pulumi.interpolate`${dockerHosted}/${name}`,
      tag,
      pusher,
    });
    const on = servers.filter((server) => app.servers.includes(server.settings.name));
    const deployment = new AppDeployment(name, { app, image: released.reference, servers: on });
    return {
      url: deployment.url,
      builtImage: built?.image,
      built,
      releasedImage: released.reference,
      release: { tag, digest: released.reference.apply((reference) => reference.split("@")[1]!) },
    };
  };

  /** The image to deploy, in GitLab's registry, and what the next run is to know of it. */
  const build = (app: AppSettings, tag: string, last: Built | undefined) => {
    const plan = imagePlan(app, tag, last);
    if (plan.kind === "build") {
      const { docker } = nexus;
      const bases = { registry: dockerGroup, reader: baseReader, docker, container: host.container };
      const image = new AppImage(app.name, { app, build: app.build!, tag, gitlab, bases }).reference;
      return { source: image, built: { tag, image, inState: true } };
    }
    const source = plan.image ?? `${appRepository(gitlab, app)}@${app.release!.digest}`;
    return { source, built: last && { ...last, inState: false } };
  };

  return {
    nexusUrl: host.url,
    dockerHosted,
    dockerGroup,
    accounts: registry.accounts,
    apps: Object.fromEntries(settings.apps.map((app) => [app.name, deploy(app)])),
  };
};
