import type { Database, Transaction } from '../../db/database.ts';
import { openValue, type Place, sealValue } from '../../keys/seal.ts';

/** How an organization keeps its log. */
export interface Settings {
  readonly retentionDays?: number | undefined;
}

function placeOf(org: string, version: number): Place {
  return { table: 'audit_settings', realm: org, id: org, version };
}

/** Without a row everything is kept: whoever takes the row away makes nothing go. */
export async function findSettings(db: Database, tx: Transaction): Promise<Settings & { readonly version: number }> {
  const row = await tx.sql.selectFrom('audit_settings').selectAll().where('org_id', '=', tx.realm).executeTakeFirst();
  if (!row) return { version: 0 };
  const settings = openValue<Settings>(await db.key(tx), placeOf(row.org_id, row.version), row.sealed);
  await tx.check('audit_settings', row.org_id, row.sealed);
  return { ...settings, version: row.version };
}

export async function replaceSettings(db: Database, tx: Transaction, settings: Settings): Promise<void> {
  await tx.lock('audit_settings');
  const version = (await findSettings(db, tx)).version + 1;
  const sealed = sealValue(await db.key(tx), placeOf(tx.realm, version), settings);
  await tx.record('audit_settings', tx.realm, sealed);
  await tx.sql
    .insertInto('audit_settings')
    .values({ org_id: tx.realm, version, sealed })
    .onConflict((conflict) => conflict.column('org_id').doUpdateSet({ version, sealed }))
    .execute();
}
