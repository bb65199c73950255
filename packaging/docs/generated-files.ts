// All files of the packages that are made of other sources: manual pages, completion, the default configuration. The same sources give the
// same bytes.
import { loadCommands } from '../../agent/cli/commands.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { bashCompletion } from './completion-bash.ts';
import { fishCompletion } from './completion-fish.ts';
import { zshCompletion } from './completion-zsh.ts';
import { configFile } from './config-file.ts';
import { manPage } from './man-pages.ts';

/**
 * Text by installed path, uncompressed. zsh's function is there twice, since deb and rpm have a folder each for it.
 *
 * @param epoch the date of the pages, in seconds since 1970; without it they have none
 */
export async function generatedFiles(epoch?: number): Promise<ReadonlyMap<string, string>> {
  const commands = await loadCommands(undefined);
  const date = epoch === undefined ? '' : new Date(epoch * 1000).toISOString().slice(0, 10);
  const release = { version: packageJson.version, date };
  const zsh = zshCompletion(commands);
  return new Map([
    ['/etc/eni-agent/eni-agent.conf', await configFile()],
    ['/usr/share/man/man8/eni-agent.8', await manPage('eni-agent', 8, release)],
    ['/usr/share/man/man5/eni-agent.conf.5', await manPage('eni-agent.conf', 5, release)],
    ['/usr/share/bash-completion/completions/eni-agent', bashCompletion(commands)],
    ['/usr/share/zsh/vendor-completions/_eni-agent', zsh],
    ['/usr/share/zsh/site-functions/_eni-agent', zsh],
    ['/usr/share/fish/vendor_completions.d/eni-agent.fish', fishCompletion(commands)],
  ]);
}
