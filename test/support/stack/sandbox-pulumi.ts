import { existsSync, mkdirSync, symlinkSync } from "node:fs";
import { delimiter, join } from "node:path";
import { defaultPlaces } from "../../../sandbox/lib/places";
import { pulumiBin, pulumiHome, pulumiPlaces } from "../../../sandbox/pulumi/install/pulumi-places";

const places = pulumiPlaces(defaultPlaces);

/** The Pulumi that `sandbox up` has put together, for `PulumiCommand.get({ root })`. */
export const pulumiRoot = places.home;

const plugins = join(pulumiHome(places), "plugins");

/** Why no test can use it; undefined where it can. */
export function whyNoPulumi(): string | undefined {
  return existsSync(plugins) ? undefined : "there is no Pulumi: run `npx berth sandbox up` first";
}

/** The environment in which `pulumi` is the sandbox's, with its plugins, and has a home of the test's own. */
export function pulumiEnvironment(home: string): {
  PATH: string;
  PULUMI_HOME: string;
  PULUMI_SKIP_UPDATE_CHECK: string;
} {
  const why = whyNoPulumi();
  if (why) throw new Error(why);
  mkdirSync(home, { recursive: true });
  if (!existsSync(join(home, "plugins"))) symlinkSync(plugins, join(home, "plugins"));
  return {
    PATH: `${pulumiBin(places)}${delimiter}${process.env["PATH"]}`,
    PULUMI_HOME: home,
    PULUMI_SKIP_UPDATE_CHECK: "true",
  };
}
