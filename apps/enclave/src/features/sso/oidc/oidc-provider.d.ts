// The package brings no types: those of the parts that the test's provider uses.
declare module 'oidc-provider' {
  import type { IncomingMessage, ServerResponse } from 'node:http';

  interface Grant {
    addOIDCScope(scopes: string): void;
    save(): Promise<string>;
  }
  interface Oidc {
    readonly provider: Provider;
    readonly client?: { readonly clientId: string };
    readonly session?: { readonly accountId?: string };
  }
  export interface Configuration {
    readonly loadExistingGrant: (context: { readonly oidc: Oidc }) => Promise<Grant>;
    readonly findAccount: (context: unknown, sub: string) => { accountId: string; claims(): object } | undefined;
    readonly interactions: { readonly url: (context: unknown, interaction: { readonly uid: string }) => string };
    readonly [setting: string]: unknown;
  }
  // biome-ignore lint/style/noDefaultExport: what the package has
  export default class Provider {
    constructor(issuer: string, configuration: Configuration);
    readonly Grant: new (of: {
      clientId: string;
      accountId: string;
    }) => Grant;
    callback(): (request: IncomingMessage, response: ServerResponse) => Promise<void>;
    interactionFinished(request: IncomingMessage, response: ServerResponse, result: object, options: object): Promise<void>;
    on(event: 'server_error' | 'backchannel.error', listener: (context: unknown, error: Error) => void): void;
  }
}
