import { type Call, type Contract, contract, type Endpoint, type Output } from '@privexbot/contract';
import { bindEndpoints, type CallOptions } from './call.ts';
import type { Transport } from './transport.ts';

type Method<E extends Endpoint> =
  Record<never, never> extends Call<E>
    ? (call?: Call<E>, options?: CallOptions) => Promise<Output<E>>
    : (call: Call<E>, options?: CallOptions) => Promise<Output<E>>;

/** The contract as functions: `client.bots.list({ params: { org, workspace } })`. */
export type Client = {
  [F in keyof Contract]: { [N in keyof Contract[F]]: Contract[F][N] extends Endpoint ? Method<Contract[F][N]> : never };
};

/** Makes the typed client of the contract over any transport. Calls throw `ApiError`; answers are checked against their schema. */
export function createClient(transport: Transport): Client {
  const features = Object.entries(contract).map(([feature, endpoints]) => [feature, bindEndpoints(transport, endpoints)]);
  return Object.fromEntries(features) as Client;
}
