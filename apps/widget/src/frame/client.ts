import { createClient, fetchTransport } from '@privexbot/sdk';

export const client = createClient(fetchTransport(location.origin));
