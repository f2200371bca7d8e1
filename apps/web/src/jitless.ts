import * as z from 'zod';

// Before any schema is used: otherwise zod tries out `Function`, and every load reports a violation of the page's policy.
z.config({ jitless: true });
