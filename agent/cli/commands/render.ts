// `eni-agent render`: recorded metadata and a backend in, a folder out. Offline, without root, on any machine: for reviewing what
// a distribution would get, and for the tests.

import path from 'node:path';
import { renderers } from '../../../renderers/registry.ts';
import { factsForBackend, releaseNames } from '../../../renderers/releases/lookup.ts';
import { AgentError } from '../../errors.ts';
import { instanceFromRecording, parseRecording } from '../../metadata/recording.ts';
import { type Mac, parseMac } from '../../model/address.ts';
import { type BackendName, backendNames } from '../../model/host.ts';
import type { Instance } from '../../model/instance.ts';
import type { KernelLink } from '../../model/kernel-state.ts';
import { ruleWordsOf } from '../../model/rule-words.ts';
import { imagineLinks } from '../../plan/imagine-links.ts';
import { freshMachine } from '../../plan/plan-input.ts';
import { planNetwork } from '../../plan/plan-network.ts';
import { requiredOption, textOption } from '../args.ts';
import { type CliCommand, exitCodes, type OptionValues } from '../command.ts';
import { asLines } from '../layout.ts';
import { octal, planJson } from '../pass-json.ts';

export const render: CliCommand = {
  name: 'render',
  summary: 'offline: make the configuration files of a backend from recorded metadata',
  description: `
Writes the files that eni-agent would write for a recorded instance, as a tree below a folder.
Changes nothing else, and needs neither root nor network. Links are called eth0 (the primary), eth1 and
so on in the order of the ENIs, unless --link says otherwise. With --json the plan, the files and
the commands are printed; --out may then be left out.

Backends: ${Object.keys(renderers).join(', ')}.`,
  options: {
    metadata: { type: 'string', value: 'FILE', choices: 'files', help: 'the recording, a JSON file' },
    backend: { type: 'string', value: 'NAME', choices: backendNames, help: 'the backend to render for' },
    release: {
      type: 'string',
      value: 'ID',
      choices: releaseNames(),
      help: 'a release that uses it, e.g. debian-12; default: the newest common one',
    },
    link: { type: 'string', multiple: true, value: 'MAC=NAME', help: 'name of the link with this MAC' },
    out: { type: 'string', value: 'DIR', choices: 'folders', help: 'where to write the tree' },
  },
  examples: [
    'eni-agent render --metadata two-enis.json --backend netplan --release ubuntu-22.04 --out /tmp/tree',
    'eni-agent render --metadata two-enis.json --backend ifupdown --link 02:00:00:00:00:02=ens6 --json',
  ],
  needsRoot: false,
  async run(context, values) {
    const file = requiredOption(values, 'metadata', 'render');
    const backend = backendNamed(requiredOption(values, 'backend', 'render'));
    const out = context.json ? textOption(values, 'out') : requiredOption(values, 'out', 'render');
    const facts = factsForBackend(backend, textOption(values, 'release'));
    const settings = await context.settings();
    const text = await context.system.readFile(file);
    if (text === undefined) throw new AgentError('recording-unreadable', `the file ${file} does not exist`);
    const instance = await instanceFromRecording(parseRecording(text, file));
    const { plan } = planNetwork({
      ...freshMachine,
      instance,
      links: linksFor(instance, namedLinks(values)),
      settings,
      words: ruleWordsOf(facts.kernel, renderers[backend].ruleLimits?.(facts) ?? {}, settings.routing.base),
    });
    const files = renderers[backend].render(plan.enis, facts);
    const changes = plan.enis.map(after => ({ kind: 'added' as const, after }));
    const commands = renderers[backend].activate(changes, facts).map(({ phase, argv }) => ({ phase, argv }));
    if (out !== undefined)
      for (const f of files)
        await context.system.writeFile(path.join(path.resolve(out), f.path), f.content, f.mode);
    const warnings = [
      ...instance.problems.map(p => `${p.subject}: ${p.text}`),
      ...plan.skipped.filter(s => s.degraded).map(s => `${s.eniId ?? s.mac}: ${s.text}`),
    ];
    if (context.json) {
      const list = files.map(f => ({ path: f.path, mode: octal(f.mode), content: f.content }));
      context.print(
        `${JSON.stringify({ version: 1, plan: planJson(plan), files: list, commands, warnings }, null, 2)}\n`,
      );
    } else {
      context.print(
        [
          `${counted(files.length, 'file')} for ${counted(plan.enis.length, 'secondary ENI')} below ${out}:`,
          ...files.map(f => `  ${octal(f.mode)} ${f.path}`),
          ...(commands.length === 0 ? [] : ['They would be loaded by:']),
          ...commands.map(c => `  ${c.argv.join(' ')}`),
          ...asLines(warnings).map(w => `warning: ${w}`),
          '',
        ].join('\n'),
      );
    }
    return instance.problems.length > 0 ? exitCodes.attention : exitCodes.done;
  },
};

function backendNamed(name: string): BackendName {
  if (Object.hasOwn(renderers, name)) return name as BackendName;
  throw new AgentError(
    'usage',
    `unknown backend ${JSON.stringify(name)}; the backends are ${Object.keys(renderers).join(', ')}`,
  );
}

function namedLinks(values: OptionValues): ReadonlyMap<Mac, string> {
  const given = Array.isArray(values.link) ? (values.link as readonly string[]) : [];
  return new Map(
    given.map(pair => {
      const at = pair.indexOf('=');
      const mac = parseMac(pair.slice(0, Math.max(0, at)));
      const name = pair.slice(at + 1);
      // As for a real link: a dot in front hides a file, a dash is an option to every tool.
      if (mac === undefined || !/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,14}$/.test(name))
        throw new AgentError('usage', `--link ${JSON.stringify(pair)} is not of the form MAC=NAME`);
      return [mac, name] as const;
    }),
  );
}

/** Throws `usage` for a MAC that is not there (a typo would go unnoticed) and for two links of one name. */
function linksFor(instance: Instance, names: ReadonlyMap<Mac, string>): readonly KernelLink[] {
  const links = imagineLinks(instance, names);
  for (const [mac, name] of names) {
    if (!links.some(l => l.mac === mac))
      throw new AgentError(
        'usage',
        `--link ${mac}=${name}: no ENI of the recording has a link with this MAC`,
      );
    if (links.filter(l => l.name === name).length > 1)
      throw new AgentError('usage', `--link ${mac}=${name}: another link is called ${name} already`);
  }
  return links;
}

function counted(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}
