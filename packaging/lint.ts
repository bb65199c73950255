// lintian and rpmlint on the packages. Whatever they find and packaging/lint/ does not explain is a failure, be it a mere hint.
import path from 'node:path';
import { checkout } from './artefacts.ts';
import { run } from './run-program.ts';

/** @throws Error with the findings. */
export async function lintPackage(file: string): Promise<void> {
  if (file.endsWith('.deb')) {
    await run('lintian', ['--display-info', '--pedantic', '--fail-on=error,warning,info,pedantic', file]);
    return;
  }
  const config = path.join(checkout, 'packaging/lint/rpmlint.toml');
  const said = await run('rpmlint', ['--config', config, file]);
  // Warnings do not change its exit code.
  const findings = said.split('\n').filter(line => /: [EWI]: /.test(line));
  if (findings.length > 0) throw new Error(`rpmlint ${path.basename(file)}:\n${findings.join('\n')}`);
}
