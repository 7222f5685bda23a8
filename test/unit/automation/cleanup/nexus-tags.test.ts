import assert from "node:assert/strict";
import { NexusTags } from "../../../../automation/cleanup/nexus-tags";
import type { NexusAnswer } from "../../../../components/nexus/rest/transport";
import { RegistryClient } from "../../../../components/registry/client";

describe("an app's tags in Nexus", () => {
  const asked: string[] = [];
  const pages: Readonly<Record<string, object>> = {
    "/v1/components?repository=releases": {
      items: [
        { id: "c1", name: "blog", version: "1.0" },
        { id: "c2", name: "shop", version: "9.9" },
      ],
      continuationToken: "next",
    },
    "/v1/components?repository=releases&continuationToken=next": {
      items: [{ id: "c3", name: "blog", version: "1.1" }],
      continuationToken: null,
    },
  };
  const call = async (method: string, path: string): Promise<NexusAnswer> => {
    asked.push(`${method} ${path}`);
    return { status: method === "GET" ? 200 : 204, body: pages[path] };
  };
  const facts = () => Promise.reject(new Error("nobody asks for them"));
  const tags = () => {
    const client = new RegistryClient({ registry: "nexus.invalid:8082", repository: "blog", access: "pull" });
    return new NexusTags(Object.assign(call, { facts }), client, "nexus.invalid:8082/blog", "releases");
  };

  it("are those of the app alone, page by page, and each is deleted by its component", async () => {
    const blog = tags();
    assert.deepEqual(await blog.names(), ["1.0", "1.1"]);
    asked.length = 0;
    await blog.remove("1.1");
    assert.deepEqual(asked, ["DELETE /v1/components/c3"]);
  });

  it("are never deleted by a name that was not listed, such as another app's", async () => {
    const blog = tags();
    await blog.names();
    asked.length = 0;
    await assert.rejects(blog.remove("9.9"), {
      message: "nexus.invalid:8082/blog:9.9 is none of the tags that were listed.",
    });
    assert.deepEqual(asked, []);
  });
});
