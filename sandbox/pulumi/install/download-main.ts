import { PulumiCommand } from "@pulumi/pulumi/automation";

/** A process of its own, so that a download that hangs can be ended: `download-main FOLDER VERSION`. */
const [folder, version] = process.argv.slice(2);
if (folder === undefined || version === undefined) throw new Error("a folder and a version are missing");

type Options = NonNullable<Parameters<typeof PulumiCommand.install>[0]>;

PulumiCommand.install({ root: folder, version: new (semver())(version) }).catch((error: Error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});

/** The class of the option's type; @pulumi/pulumi brings it along. */
function semver(): new (text: string) => NonNullable<Options["version"]> {
  const { SemVer } = require(require.resolve("semver", { paths: [require.resolve("@pulumi/pulumi")] }));
  return SemVer;
}
