import assert from "node:assert/strict";
import fc from "fast-check";
import { grantsOf, type RepositoryFormats } from "../../../../automation/nexus/grants-of";
import { FORMAT_NAMES } from "../../../../components/settings/nexus/nexus-formats";
import { roleGrants } from "../../../../components/settings/nexus/nexus-grants";

const settings = { blobStore: "default", online: true };
const hosted = { ...settings, type: "hosted" as const, writePolicy: "ALLOW" as const, cleanup: [] };
const repositories: RepositoryFormats = {
  releases: { ...hosted, format: "docker" },
  jars: { ...hosted, format: "maven" },
  all: { ...settings, format: "docker", type: "group", members: ["releases"] },
};

const view = (format: string, name: string, ...actions: string[]) =>
  actions.map((action) => `nx-repository-view-${format}-${name}-${action}`);

describe("privileges as grants", () => {
  it("name each format in Nexus's own word", () => {
    const names = { maven: "maven2" } as Record<string, string>;
    for (const format of FORMAT_NAMES) {
      const settings = { repositories: { it: { ...hosted, format } } };
      const grants = { pull: [], push: ["it"], delete: [], privileges: [] };
      const privileges = view(names[format] ?? format, "it", "browse", "read", "add", "edit");
      assert.deepEqual(roleGrants(settings, grants), privileges);
      assert.deepEqual(grantsOf(privileges, settings.repositories), grants);
    }
  });

  it("are told by verb where a verb says all of it, and by name where not", () => {
    const privileges = [
      ...view("docker", "all", "read", "browse"),
      ...view("docker", "releases", "browse", "read", "add", "edit"),
      ...view("maven2", "jars", "browse", "read", "delete"),
      ...view("raw", "elsewhere", "read"),
      "nx-search-read",
    ];
    assert.deepEqual(grantsOf(privileges, repositories), {
      pull: ["all"],
      push: ["releases"],
      delete: ["jars"],
      privileges: ["nx-repository-view-raw-elsewhere-read", "nx-search-read"],
    });
  });

  it("never push to a group, which the settings refuse", () => {
    const grants = grantsOf(view("docker", "all", "browse", "read", "add", "edit"), repositories);
    assert.deepEqual([grants.push, grants.pull], [[], ["all"]]);
    assert.deepEqual(grants.privileges, view("docker", "all", "add", "edit"));
  });

  it("come out again as they were, whatever they are", () => {
    const actions = ["browse", "read", "add", "edit", "delete", "*"];
    const known = [
      ...view("docker", "releases", ...actions),
      ...view("docker", "all", ...actions),
      ...view("maven2", "jars", ...actions),
      ...view("maven", "jars", ...actions),
    ];
    fc.assert(
      fc.property(fc.subarray([...known, "nx-all", "custom"]), (privileges) => {
        const none = { pull: [], push: [], delete: [], privileges: [] };
        const again = roleGrants({ repositories }, { ...none, ...grantsOf(privileges, repositories) });
        assert.deepEqual([...again].sort(), [...privileges].sort());
      }),
    );
  });
});
