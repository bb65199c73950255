// What `--version` prints. main.ts answers it without the rest of the program: scripts and packages ask for it all the time.
import packageJson from '../../package.json' with { type: 'json' };

export const versionText = `eni-agent ${packageJson.version}\n`;

export function asksForVersion(verb: string | undefined): boolean {
  return verb === '--version' || verb === '-V';
}
