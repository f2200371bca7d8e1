import type { Kysely } from 'kysely';
import type { KeyStore } from '../keys/keyring.ts';
import type { Tables } from './tables.ts';

/** Stored keys as one transaction sees them. */
export function keyStore(sql: Kysely<Tables>): KeyStore {
  return {
    find: (id) =>
      sql.selectFrom('keystore.keys').select(['id', 'org_id', 'kind', 'epoch', 'wrapped']).where('id', '=', id).executeTakeFirst(),
    async insert(keys) {
      await sql.insertInto('keystore.keys').values(keys).execute();
    },
  };
}
