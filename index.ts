import * as pulumi from "@pulumi/pulumi";
import { AppDeployment } from "./components/app-deployment";
import { AppImage, appRepository } from "./components/app-image";
import { commitTag } from "./components/commit-tag";
import { NexusConfiguration } from "./components/nexus-configuration";
import { NexusHost } from "./components/nexus-host";
import { appsBuiltBefore } from "./components/previous-outputs";
import { Republish } from "./components/republish";
import { ServerHost } from "./components/server-host";
import { type AppSettings, readSettings } from "./components/settings";

/** The program: a Nexus, and every app from its sources to its servers. */
export = async function program() {
  const settings = readSettings();
  const builtBefore = await appsBuiltBefore(settings.apps);

  const host = new NexusHost("nexus", settings.nexus);
  const registry = new NexusConfiguration("registry", { host, settings: settings.nexus });
  const { admin, pusher, puller, baseReader } = registry.accounts;
  const { dockerHosted, dockerGroup } = registry;

  const servers = settings.servers.map((server) => {
    const apps = settings.apps.filter((app) => app.servers.includes(server.name));
    return new ServerHost(server.name, { server, apps, dockerHosted, dockerGroup, puller });
  });

  const deploy = (app: AppSettings) => {
    const { name, build, release } = app;
    const tag = release?.tag ?? commitTag(build!.context); // settings hold one of the two
    // While a release is pinned the last image built stays in the state, so that unpinning builds nothing.
    const image =
      build && (!release || builtBefore.includes(name))
        ? new AppImage(name, {
            app,
            build,
            tag,
            gitlab: settings.gitlab,
            bases: dockerGroup,
            baseReader,
            frozen: !!release,
          })
        : undefined;
    const source = release ? `${appRepository(settings.gitlab, app)}@${release.digest}` : image!.reference;
    const target = pulumi.interpolate`${dockerHosted}/${name}`;
    const released = new Republish(name, { source, target, tag, pusher });
    const on = servers.filter((server) => app.servers.includes(server.settings.name));
    const deployment = new AppDeployment(name, { app, image: released.reference, servers: on });
    return {
      url: deployment.url,
      builtImage: image?.reference,
      releasedImage: released.reference,
      release: { tag, digest: released.reference.apply((reference) => reference.split("@")[1]!) },
    };
  };

  return {
    nexusUrl: host.url,
    dockerHosted,
    dockerGroup,
    accounts: { admin, pusher, puller, baseReader },
    apps: Object.fromEntries(settings.apps.map((app) => [app.name, deploy(app)])),
  };
};
