// Writes the contract as OpenAPI to openapi.json, the snapshot that reviews look at.
import { writeFileSync } from 'node:fs';
import { renderOpenApi } from '@privexbot/contract';

const path = new URL('../openapi.json', import.meta.url);
writeFileSync(path, `${JSON.stringify(renderOpenApi(), undefined, 2)}\n`);
