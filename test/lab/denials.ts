// Finds what a sandbox denies to the agent, also where the agent copes with it: a script that Node loads before the program notes each file
// operation and each command that met a refusal. For units of the lab's guests; the program itself is as it is shipped.
import type { Guest } from './guest.ts';
import { readGuestFile, writeGuestFile } from './guest-files.ts';

const scriptPath = '/usr/local/lib/note-denials.cjs';
const notesPath = '/run/eni-agent/denials';

// The sandbox lets the agent write there. What is missing (ENOENT) is no denial.
const script = `
const fs = require('node:fs');
const processes = require('node:child_process');
const { appendFileSync } = fs;
const note = text => { try { appendFileSync('${notesPath}', text.trim() + '\\n'); } catch {} };
const refused = /^(EROFS|EPERM|EACCES|EAFNOSUPPORT|ENOSYS)$/;
const see = (name, words, error) => {
  if (refused.test(error?.code)) note(name + ' ' + String(words[0]) + ': ' + error.code);
};
function watchAll(owner) {
  for (const name of Object.keys(owner)) {
    const plain = owner[name];
    if (typeof plain !== 'function' || !/^[a-z]/.test(name)) continue;
    owner[name] = Object.assign(function (...words) {
      let result;
      try { result = plain.apply(this, words); } catch (error) { see(name, words, error); throw error; }
      if (typeof result?.then === 'function') result.then(undefined, error => see(name, words, error));
      return result;
    }, plain);
  }
}
for (const name of Object.keys(fs)) if (!/Sync$/.test(name)) continue; else {
  const plain = fs[name];
  fs[name] = function (...words) {
    try { return plain.apply(this, words); } catch (error) { see(name, words, error); throw error; }
  };
}
watchAll(fs.promises);
const { spawn } = processes;
const said = /Read-only file system|Operation not permitted|Permission denied|[Aa]ccess denied|Address family not supported|Function not implemented|Bad system call/;
processes.spawn = (program, args, options) => {
  const child = spawn(program, args, options);
  const line = [program, ...args].join(' ');
  child.stderr?.on('data', chunk => {
    for (const text of String(chunk).split('\\n')) if (said.test(text)) note(line + ': ' + text);
  });
  child.once('exit', (code, signal) => { if (signal === 'SIGSYS' || code === 159) note(line + ': killed by SIGSYS'); });
  return child;
};
`;

/**
 * Files for a guest: a drop-in for each unit that loads the script, and lets a call that the filter refuses kill its process instead of
 * being an error, which a program may swallow. But io_uring is let in: Node asks for it on newer kernels, and does without where it is refused.
 */
export function noteDenials(units: readonly string[]): Readonly<Record<string, string>> {
  const dropIn = `[Service]\nEnvironment=NODE_OPTIONS=--require=${scriptPath}\nSystemCallErrorNumber=\nSystemCallFilter=io_uring_setup io_uring_enter io_uring_register\n`;
  const dropIns = units.map(unit => [`etc/systemd/system/${unit}.d/lab-denials.conf`, dropIn] as const);
  return { ...Object.fromEntries(dropIns), [scriptPath.slice(1)]: script };
}

/** One line for each refusal since the guest was booted or `forgetDenials`. */
export function denialsOf(guest: Guest): readonly string[] {
  return (readGuestFile(guest, notesPath) ?? '').split('\n').filter(line => line !== '');
}

export function forgetDenials(guest: Guest): void {
  writeGuestFile(guest, notesPath, '');
}
