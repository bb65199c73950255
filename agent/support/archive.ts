// Makes the parts, one after the other, and packs them with the system's tar. What fails is written down in the archive itself.
import { AgentError, reasonOf } from '../errors.ts';
import type { System } from '../system/system.ts';
import type { MadePart, Part } from './part.ts';
import { readme } from './readme.ts';
import { redact } from './redact.ts';

/** Characters of one part; of a longer one the end counts, as of a log. */
const longest = 4 * 1024 * 1024;

/**
 * @param name of the folder in the archive
 * @param file where the archive is to be; must not exist. Readable by root alone. Throws `file-failed`, `command-failed`
 */
export async function makeArchive(
  system: System,
  parts: readonly Part[],
  name: string,
  file: string,
): Promise<readonly MadePart[]> {
  const staging = `/run/eni-agent/support-${system.now()}`;
  const put = (part: string, text: string) =>
    system.writeFile(`${staging}/${name}/${part}`, redact(text), 0o600);
  try {
    const made: MadePart[] = [];
    for (const { name: part, about, make } of parts) {
      const outcome = await makeOne(make, text => put(part, text));
      made.push({ name: part, about, outcome });
    }
    await put('README.txt', readme(made));
    const packed = `${staging}/${name}.tar.gz`;
    // Made before tar opens it, so that nobody else can read any of it at any moment.
    await system.writeFile(packed, '', 0o600);
    const argv = ['tar', '-czf', packed, '-C', staging, name] as const;
    const { exitCode, stderr } = await system.run([...argv], { timeoutMs: 120_000 });
    if (exitCode !== 0)
      throw new AgentError(
        'command-failed',
        `tar failed (exit ${exitCode}): ${stderr.trim().split('\n').at(-1)}`,
      );
    // Where it goes others may write as well (/tmp): a copy is a new file, and follows no link that stands there.
    await system.copy(packed, file);
    return made;
  } finally {
    await system.removeTree(staging);
  }
}

async function makeOne(
  make: Part['make'],
  put: (text: string) => Promise<void>,
): Promise<MadePart['outcome']> {
  try {
    const text = await make();
    if (text === undefined || text === '') return 'nothing';
    const cut = text.length - longest;
    await put(cut > 0 ? `[${cut} characters before this left out]\n${text.slice(-longest)}` : text);
    return 'made';
  } catch (error) {
    return { failed: reasonOf(error) };
  }
}
