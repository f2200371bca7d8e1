import type { TestProject } from 'vitest/node';
import { serveTestDatabases } from './test-databases.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where `createTestDatabase` asks. */
    testDatabases: string;
  }
}

/** Vitest calls it once per run and calls what it returns at the end. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const databases = await serveTestDatabases();
  project.provide('testDatabases', databases.url);
  return async () => databases[Symbol.asyncDispose]();
}
