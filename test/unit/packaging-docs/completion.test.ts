// Shell completion, by the real shells: bash is everywhere, fish and zsh are asked where they are installed.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { commonOptions } from '../../../agent/cli/args.ts';
import { loadCommands } from '../../../agent/cli/commands.ts';
import { backendNames } from '../../../agent/model/host.ts';
import { providerNames } from '../../../agent/model/instance.ts';
import { generatedFiles } from '../../../packaging/docs/generated-files.ts';

const files = await generatedFiles();
const commands = await loadCommands(undefined);
const names = commands.map(command => command.name);
const options = (name: string) =>
  Object.keys({ ...commands.find(c => c.name === name)!.options, ...commonOptions }).map(o => `--${o}`);

const bashFile = files.get('/usr/share/bash-completion/completions/eni-agent')!;
const fishFile = files.get('/usr/share/fish/vendor_completions.d/eni-agent.fish')!;
const zshFile = files.get('/usr/share/zsh/vendor-completions/_eni-agent')!;

/** What bash offers for the last word, when it calls the function as readline would. */
function bash(...words: readonly string[]): readonly string[] {
  const script = `eval "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _eni_agent; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const argv = ['--norc', '-c', script, 'bash', bashFile, 'eni-agent', ...words];
  const { stdout, stderr } = spawnSync('bash', argv, { encoding: 'utf8' });
  expect(stderr).toBe('');
  return stdout.split('\n').filter(line => line !== '');
}

describe('bash', () => {
  test('commands', () => {
    expect(bash('')).toEqual([...names, 'help', '--help', '--version']);
    expect(bash('re')).toEqual(names.filter(name => name.startsWith('re')));
    expect(bash('help', '')).toEqual(names);
  });

  test.each(names)('options of %s', name => {
    expect(bash(name, '--')).toEqual(options(name));
  });

  test('values', () => {
    expect(bash('plan', '--provider', '')).toEqual(providerNames);
    expect(bash('plan', '--provider', '=', 'a')).toEqual(providerNames.filter(p => p.startsWith('a')));
    expect(bash('plan', '--provider', '=')).toEqual(providerNames);
    expect(bash('render', '--json', '--backend', 'net')).toEqual(
      backendNames.filter(backend => backend.startsWith('net')),
    );
    expect(bash('render', '--release', 'debian-1')).toContain('debian-13');
  });

  test('paths, and nothing where any word is right', () => {
    const file = path.join(import.meta.dirname, 'completion.test.t');
    expect(bash('render', '--metadata', file)).toEqual([`${file}s`]);
    expect(bash('render', '--out', file)).toEqual([]);
    expect(bash('render', '--out', path.dirname(file))).toEqual([path.dirname(file)]);
    expect(bash('plan', '--metadata-url', '')).toEqual([]);
  });
});

const has = (shell: string) => spawnSync(shell, ['--version']).error === undefined;

test.runIf(has('fish'))('fish', () => {
  const home = mkdtempSync(path.join(tmpdir(), 'eni-agent-fish.'));
  const offers = (line: string) => {
    const script = 'echo $argv[1] | source; complete -C $argv[2]';
    const { stdout, stderr } = spawnSync('fish', ['-c', script, fishFile, line], {
      encoding: 'utf8',
      env: { PATH: process.env.PATH, HOME: home },
    });
    expect(stderr).toBe('');
    return stdout
      .trim()
      .split('\n')
      .map(row => row.split('\t')[0]);
  };
  try {
    expect(offers('eni-agent ')).toEqual([...names, 'help'].sort());
    expect(offers('eni-agent plan --')).toEqual(options('plan').sort());
    expect(offers('eni-agent plan --provider ')).toEqual(providerNames);
    expect(offers('eni-agent help ')).toEqual([...names].sort());
  } finally {
    rmSync(home, { recursive: true });
  }
});

describe('zsh', () => {
  test('has every command and option', () => {
    expect(zshFile.startsWith('#compdef eni-agent\n')).toBe(true);
    for (const name of names) {
      const part = zshFile.split(`        ${name})\n`)[1]!.split(';;')[0]!;
      const listed = [...part.matchAll(/^ +'\*?(--[\w-]+)=?\[/gm)].map(m => m[1]);
      expect(listed).toEqual(options(name));
    }
  });

  test.runIf(has('zsh'))('can be read by it', () => {
    const { status, stderr } = spawnSync('zsh', ['-n'], { input: zshFile, encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
});
