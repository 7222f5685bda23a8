import { local } from "@pulumi/command";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { RandomPassword } from "@pulumi/random";
import { Role } from "../../../../components/nexus/kinds/role";
import { User } from "../../../../components/nexus/kinds/user";
import { readSettings } from "../../../../components/settings/settings";
import type { Words } from "./places";

/** A program that is full of secrets; its words come by the environment. It becomes the index.ts of a project's copy. */
export = async function program() {
  const words = JSON.parse(process.env.WORDS!) as Words;
  const { NEXUS = "", CONTROL = "", WRONG } = process.env;
  const settings = readSettings();
  const config = new pulumi.Config("planted");
  pulumi.log.warn(`warned of ${words.warning} and ${CONTROL}`);
  console.log(`debugged with ${words.console} and ${CONTROL}`);
  if (WRONG === "exception") throw new Error(`No login ${words.exception} for ${CONTROL}`);

  const random = new RandomPassword("random", { length: 32, special: false });
  // Stands for the app's container, of which the test's Docker tells by its id.
  new local.Command("blog-main-container", { create: "true" });
  new local.Command("inputs", {
    create: `sleep 0.3; echo created # ${CONTROL}`,
    environment: {
      ADMIN: pulumi.secret(settings.nexus.adminPassword!),
      APP: pulumi.secret(settings.apps[0]!.secrets["KEY"]!),
      CONFIG: config.requireSecret("word"),
      ONE: pulumi.secret(words.environment),
      URL: pulumi.secret(`https://user:${encodeURIComponent(words.address)}@host/`),
      CONTROL,
    },
    stdin: pulumi.secret(words.stdin),
    triggers: [CONTROL],
  });
  // What a command prints is an output, and plain text unless the program says otherwise, whatever its inputs are.
  const secretly = { additionalSecretOutputs: ["stdout", "stderr"] };
  new local.Command(
    "printing",
    {
      create: [
        `echo "it is $PRINTED, $CONTROL"`,
        `echo "not $COMPLAINED, $CONTROL" >&2`,
        `printf 'Authorization: Basic %s\\n' "$(printf 'user:%s' "$BASIC" | base64 -w0)"`,
        `echo "https://host/?p=$ADDRESS" "{\\"p\\":\\"$JSON\\"}"`,
        `echo "$KEY" | sed 's/^/    /'`,
        `echo "$RANDOM_PASSWORD"`,
      ].join("\n"),
      environment: {
        PRINTED: pulumi.secret(words.printed),
        COMPLAINED: pulumi.secret(words.complained),
        BASIC: pulumi.secret(words.printedBasic),
        ADDRESS: pulumi.secret(encodeURIComponent(words.printedAddress)),
        JSON: pulumi.secret(JSON.stringify(words.printedJson).slice(1, -1)),
        KEY: pulumi.secret(words.printedKey),
        RANDOM_PASSWORD: random.result,
        CONTROL,
      },
    },
    secretly,
  );
  // Not from its inputs: the engine doesn't know that these are secrets.
  new local.Command("job", {
    create: `echo "$CI_JOB_TOKEN $CI_REGISTRY_PASSWORD"; echo "$HUB_PASSWORD" >&2`,
    update: `echo "$CI_JOB_TOKEN $CI_REGISTRY_PASSWORD"; echo "$HUB_PASSWORD" >&2`,
    triggers: [CONTROL],
  });

  // Mistakes.
  new local.Command(`named ${words.resourceName} ${CONTROL}`, {
    create: "true",
    environment: { [`KEY ${words.mapKey}`]: "1", JSON: JSON.stringify({ deep: [{ p: words.writtenJson }] }) },
    triggers: [
      `plain ${words.trigger}`,
      `https://host/?p=${encodeURIComponent(words.writtenAddress)}`,
      `Basic ${Buffer.from(`user:${words.writtenBasic}`).toString("base64")}`,
    ],
    delete: `echo one\necho ${words.script}\necho three`,
  });

  new docker.Provider("registry", {
    host: "unix:///var/run/docker.sock",
    registryAuth: [{ address: "registry.test", username: "u", password: pulumi.secret(words.registryAuth) }],
  });
  if (WRONG === "image") {
    const args = { TOKEN: pulumi.secret(words.buildArgument), CONTROL: CONTROL };
    new docker.Image("image", {
      imageName: "127.0.0.1:1/planted",
      build: { context: "app", platform: "linux/amd64", args },
      registry: { server: "127.0.0.1:1", username: "u", password: pulumi.secret(words.registryLogin) },
    });
  }

  const server = { url: NEXUS, username: "admin", password: words.nexusAnswer };
  new User("user", { server, userId: "ci", password: words.userPassword, roles: [CONTROL], purpose: "ci" });
  if (WRONG === "nexus") new Role("role", { server, roleId: "refused", privileges: [CONTROL] });
  if (WRONG === "command") {
    const create = `echo "no login with $FAILING for $CONTROL" >&2; exit 7`;
    new local.Command("failing", {
      create,
      environment: { FAILING: pulumi.secret(words.commandError), CONTROL },
    });
  }
  return {
    output: pulumi.secret(words.output),
    nested: { deep: [pulumi.secret({ p: words.nestedOutput })] },
    written: `plain ${words.writtenOutput}`,
    control: CONTROL,
    random: random.result,
  };
};
