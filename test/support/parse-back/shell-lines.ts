// A shell that knows as much as our hook lines and scripts need: lists with `;`, `|| true`, one redirection, ip(8) and a few
// harmless programs. What it does not know is an error. It keeps the routes and rules that are there afterwards.
import type { Family } from '../../../agent/model/address.ts';
import { readRouteWords, readRuleWords } from './ip-script.ts';

export class ShellState {
  readonly routes = new Set<string>();
  readonly rules: string[] = [];
  readonly #link: string;

  constructor(link: string) {
    this.#link = link;
  }

  /** Runs one line; throws where sh would end with a failure. */
  run(line: string): void {
    for (const part of line.split(';').map(p => p.trim())) {
      if (part === '' || part.startsWith('#')) continue;
      const [command = '', ...alternative] = part.split('||').map(p => p.trim());
      const words = command.split(/\s+/).filter(word => word !== '2>/dev/null');
      for (const word of words)
        if (!/^[a-zA-Z0-9_.:/=,-]+$/.test(word)) throw new Error(`sh: a word with a meaning: ${word}`);
      try {
        this.#execute(words);
      } catch (error) {
        if (alternative[0] !== 'true') throw error;
      }
    }
  }

  /** Runs a script: line by line, without what has no effect on routes and rules. */
  runScript(text: string): void {
    const [interpreter, ...lines] = text.split('\n');
    if (interpreter !== '#!/bin/sh') throw new Error('exec format error');
    for (const line of lines) if (!/^(#|PATH=|exit 0$|$)/.test(line)) this.run(line);
  }

  #execute(words: readonly string[]): void {
    if (['true', 'sysctl', 'dhcpcd'].includes(words[0] ?? '')) return;
    if (words[0] === 'ip' && words[1] === 'link') return;
    const [ip, option, object, verb, ...rest] = words;
    if (ip !== 'ip' || (option !== '-4' && option !== '-6'))
      throw new Error(`sh: ${words.join(' ')}: not found`);
    const family: Family = option === '-4' ? 4 : 6;
    if (object === 'rule') this.#rule(verb, readRuleWords(rest, family));
    else if (object === 'route' && verb === 'replace')
      this.routes.add(readRouteWords(rest, family, this.#link));
    // Only what the kernel itself made for an address: not part of what is compared.
    else if (object === 'route' && verb === 'del' && rest.join(' ').includes('proto kernel')) return;
    else throw new Error(`Object "${object}" or command "${verb}" is unknown`);
  }

  #rule(verb: string | undefined, key: string): void {
    const at = this.rules.indexOf(key);
    if (verb === 'add') this.rules.push(key);
    else if (verb !== 'del') throw new Error(`Command "${verb}" is unknown, try "ip rule help".`);
    else if (at < 0) throw new Error('RTNETLINK answers: No such file or directory');
    else this.rules.splice(at, 1);
  }
}
