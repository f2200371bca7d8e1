import { existsSync } from 'node:fs';

const EXECUTABLES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** The installed Chromium's path, or undefined. */
export function findChromium(): string | undefined {
  return EXECUTABLES.find((path) => existsSync(path));
}
