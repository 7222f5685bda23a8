import * as pulumi from "@pulumi/pulumi";

/**
 * The provider of a dynamic resource as its own process gets it: serialised to text by Pulumi, loaded from the
 * text. What a class, a Set or a captured import does to a provider shows only here (shared/field-notes.md).
 */
export async function serialisedProvider(
  make: () => pulumi.Resource,
): Promise<pulumi.dynamic.ResourceProvider> {
  const text = await new Promise<string>((resolve, reject) => {
    pulumi.runtime.setMocks({
      newResource: ({ inputs, name }) => {
        if (inputs["__provider"]) resolve(inputs["__provider"]);
        return { id: name, state: inputs };
      },
      call: ({ inputs }) => inputs,
    });
    make().urn.apply(() => reject(new Error("the resource has no serialised provider")));
  });
  const module = { exports: {} as { handler: () => pulumi.dynamic.ResourceProvider } };
  new Function("module", "exports", "require", text)(module, module.exports, require);
  return module.exports.handler();
}
