import {
  BLOB_STORE,
  DESCRIPTION,
  passwordOf,
  ROLE_PRIVILEGES,
  repositoryName,
  roleId,
  type Task,
  userId,
} from "./shape";

/** The objects of a task as the `.tf.json` of the provider datadrivers/nexus; one block each, as a person would write. */
export function terraformConfiguration({ shape, target }: Task): object {
  return {
    terraform: { required_providers: { nexus: { source: "datadrivers/nexus" } } },
    provider: { nexus: { ...target, insecure: true } },
    resource: {
      nexus_repository_raw_hosted: blocks(shape.repositories, repositoryName, (index) => ({
        name: repositoryName(index),
        online: true,
        storage: [
          { blob_store_name: BLOB_STORE, strict_content_type_validation: true, write_policy: "ALLOW" },
        ],
      })),
      nexus_security_role: blocks(shape.roles, roleId, (index) => ({
        roleid: roleId(index),
        name: roleId(index),
        description: DESCRIPTION,
        privileges: ROLE_PRIVILEGES,
      })),
      nexus_security_user: blocks(shape.users, userId, (index) => ({
        userid: userId(index),
        firstname: "bench",
        lastname: DESCRIPTION,
        email: `${userId(index)}@bench.invalid`,
        password: passwordOf(index),
        roles: [`\${nexus_security_role.${roleId(index)}.roleid}`],
        status: "active",
      })),
    },
  };
}

function blocks(count: number, name: (index: number) => string, block: (index: number) => object): object {
  return Object.fromEntries([...Array(count).keys()].map((index) => [name(index), block(index)]));
}
