// Writes the documents that are generated: npm run docs
import { writeFile } from 'node:fs/promises';
import { relative } from 'node:path';

import { settingsDocument, settingsFile } from './settings.ts';

await writeFile(settingsFile, await settingsDocument());
process.stdout.write(`${relative(process.cwd(), settingsFile)} is written\n`);
