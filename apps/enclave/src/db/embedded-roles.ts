import pg from 'pg';

const DATABASE = 'privexbot';

interface RoleUrls {
  readonly ownerUrl: string;
  readonly appUrl: string;
}

/**
 * Makes the database, its owner and the application role in the embedded cluster, where they are missing.
 * @param superuserUrl connection of the cluster's superuser
 */
export async function prepareRoles(superuserUrl: string, passwords: { owner: string; app: string }): Promise<RoleUrls> {
  const client = new pg.Client({ connectionString: superuserUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ role: string }>(`select rolname as role from pg_roles where rolname like 'privexbot_%'`);
    for (const [role, password] of [
      ['privexbot_owner', passwords.owner],
      ['privexbot_app', passwords.app],
    ] as const)
      if (!rows.some((row) => row.role === role)) await client.query(`create role ${role} login password ${pg.escapeLiteral(password)}`);
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [DATABASE]);
    if (!rowCount) await client.query(`create database ${DATABASE} owner privexbot_owner`);
  } finally {
    await client.end();
  }
  return {
    ownerUrl: withRole(superuserUrl, 'privexbot_owner', passwords.owner),
    appUrl: withRole(superuserUrl, 'privexbot_app', passwords.app),
  };
}

function withRole(url: string, role: string, password: string): string {
  const changed = new URL(url);
  changed.username = role;
  changed.password = password;
  changed.pathname = `/${DATABASE}`;
  return changed.href;
}
