// A process that passes two points three times each.
import { faultPoint } from './index.ts';

for (let i = 0; i < 3; i++)
  for (const point of ['before', 'after'])
    try {
      faultPoint(point);
      process.stdout.write(`${point} `);
    } catch (error) {
      process.stdout.write(`[${(error as Error).message}] `);
    }
