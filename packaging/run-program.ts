// Programs of the build machine: started without a shell, and an error that shows what they said.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const execute = promisify(execFile);

export interface RunOptions {
  readonly cwd?: string;
  /** Added to the environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Default: UTC. */
  readonly timeZone?: string;
}

/**
 * Runs a program to its end, an hour at most, and returns its standard output. In the C locale and in UTC: what ends up in a package must
 * not depend on who builds it.
 * @throws Error with the program's last words, when it fails or is missing.
 */
export async function run(
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  try {
    const { stdout } = await execute(program, args, {
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      env: { ...process.env, LC_ALL: 'C', TZ: options.timeZone ?? 'UTC', ...options.env },
      maxBuffer: 64 * 1024 * 1024,
      timeout: 60 * 60_000,
    });
    return stdout;
  } catch (error) {
    const { code, stdout = '', stderr = '' } = error as { code?: unknown; stdout?: string; stderr?: string };
    if (code === 'ENOENT') throw new Error(`${program} is missing: "npm run package" as root installs it`);
    const words = `${stdout}${stderr}`.trim().split('\n').slice(-20).join('\n');
    throw new Error(`${[program, ...args].join(' ')} failed (${String(code)}):\n${words}`);
  }
}
