// What `--version` prints. main.ts answers it without the rest of the program: scripts and packages ask for it all the time.
import { build, describeBuild } from '../model/build.ts';

export const versionText = `eni-agent ${describeBuild(build)}\n`;

export function asksForVersion(verb: string | undefined): boolean {
  return verb === '--version' || verb === '-V';
}
