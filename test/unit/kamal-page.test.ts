import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(__dirname, "..", "..");
const text = (file: string) => readFileSync(join(root, file), "utf8");

/** Kamal 2.12's keys of a deploy.yml, those of roles, builder and proxy among them, and its commands. */
const KAMALS = `
  service image registry servers hosts cmd primary_role allow_empty_roles minimum_version run_directory hooks_path hooks_output aliases output
  secrets_path env.clear env.secret env.tags volumes labels logging options asset_path error_pages_path retain_containers readiness_delay
  deploy_timeout drain_timeout stop_timeout boot accessories ssh sshkit require_destination
  context dockerfile target args secrets arch remote local cache pack driver provenance sbom
  host app_port ssl certificate_pem private_key_pem ssl_redirect forward_headers response_timeout path_prefix strip_path_prefix healthcheck buffering
  run http_port https_port repository version log_max_size bind_ips publish metrics_port debug
  setup deploy redeploy rollback boot start stop details containers images audit exec logs maintenance live stale_containers prune remove accessory
  config docs init status acquire release reboot restart login logout fetch extract print bootstrap upgrade push pull deliver create
`
  .split(/\s+/)
  .filter((word) => word !== "");

interface Row {
  readonly kamals: string;
  readonly ours: string;
  readonly more: string;
}

function rows(): Row[] {
  const lines = text("docs/coming-from-kamal.md").match(/^\| .*$/gm) ?? [];
  return lines
    .map((line) => line.slice(1, -1).split(" | "))
    .map(([kamals = "", ours = "", more = ""]) => ({ kamals, ours: ours.trim(), more: more.trim() }))
    .filter(({ kamals }) => kamals.trim() !== "Kamal");
}

const spans = (cell: string) => [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1]!);

/** The part of a page from a heading to the next one. */
function section(page: string, heading: string): string | undefined {
  const parts = text(page).split(/^#+ /m);
  return parts.find((part) => part.startsWith(`${heading}\n`));
}

/** `apps.<name>.env`: a heading of the reference, or a row below the one of its parent. */
function isSetting(path: string): boolean {
  const page = "docs/reference/settings.md";
  if (section(page, `\`berth:${path}\``) !== undefined) return true;
  const at = path.lastIndexOf(".");
  return (
    section(page, `\`berth:${path.slice(0, at)}\``)?.includes(`\n| \`${path.slice(at + 1)}\` |`) ?? false
  );
}

function isCommand(words: string): boolean {
  const [command = "", option] = words.split(" --");
  if (command === "berth") return option === "version";
  const found = section("docs/reference/cli.md", command);
  return found !== undefined && (option === undefined || new RegExp(`--${option}\\b`).test(found));
}

describe("the page for who comes from Kamal", () => {
  it("has each of Kamal's keys and commands", () => {
    const named = new Set(rows().flatMap(({ kamals }) => spans(kamals).flatMap((span) => span.split(" "))));
    assert.deepEqual(
      KAMALS.filter((word) => !named.has(word)),
      [],
    );
  });

  it("names settings, commands and options that are there", () => {
    const named = rows().flatMap(({ ours }) => spans(ours));
    assert.ok(named.length > 80);
    assert.deepEqual(
      named.filter((one) => !(one.startsWith("berth") ? isCommand(one) : isSetting(one))),
      [],
    );
  });

  it("says no with a reason", () => {
    const refused = rows().filter(({ ours }) => spans(ours).length === 0);
    assert.ok(refused.length > 20);
    for (const { kamals, ours, more } of refused) {
      assert.equal(ours, "no", kamals);
      assert.match(more, /\b(on purpose|not needed)\b./, kamals);
    }
  });
});
