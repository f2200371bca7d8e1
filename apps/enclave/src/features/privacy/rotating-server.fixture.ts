// Run by kill.test.ts as a process of its own: a server that goes on with what the queue holds, until it is killed.
import { readConfig } from '../../config.ts';
import { openRootKeyFile } from '../../keys/sources/file.ts';
import { openContext } from '../../open-context.ts';
import { openPrivacy } from './index.ts';

const [, , argument = ''] = process.argv;
const { keyFile, ...storage } = JSON.parse(argument) as { ownerUrl: string; appUrl: string; blobFolder: string; keyFile: string };
const config = readConfig({ PRIVEXBOT_LOG: 'silent' });
const context = await openContext(config, await openRootKeyFile(keyFile, false), { ...storage, soleServer: true });
await openPrivacy(context);
process.stdout.write('working\n');
setInterval(() => undefined, 60_000);
