// `node arguments.ts --matrix --tree DIR ...`: prints the life as one line of JSON for test/run.sh, or says what is wrong and ends with 64.
import { parseLife, WrongArgument } from './life.ts';

const [first, ...rest] = process.argv.slice(2);
try {
  if (first !== '--matrix')
    throw new WrongArgument(
      'a life is run by itself: npm run matrix -- --tree DIR --backend NAME --release NAME',
    );
  console.log(JSON.stringify(parseLife(rest)));
} catch (error) {
  if (!(error instanceof WrongArgument)) throw error;
  console.error(error.message);
  process.exitCode = 64;
}
