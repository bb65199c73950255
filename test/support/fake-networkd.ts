// systemd-networkd 252 on a fake machine: `networkctl reload` configures anew each link whose file is another one than it has loaded.
// Foreign rules it leaves alone, as its configuration here says (ManageForeignRoutingPolicyRules=no).
import type { CommandResult } from '../../agent/system/system.ts';
import { marker, type RenderedFile } from '../../renderers/renderer.ts';
import { UnknownCommand } from './fake-ip-words.ts';
import type { FakeAddress, FakeLink, FakeRoute } from './fake-kernel-objects.ts';
import { debian12, FakeService, nothing, type Profile, refuseLeaks } from './fake-service.ts';
import type { FakeSystem } from './fake-system.ts';
import { dropInsOf, readNetwork } from './parse-back/networkd.ts';

const folder = '/etc/systemd/network';
const done: CommandResult = { exitCode: 0, stdout: '', stderr: '' };

export class FakeNetworkd extends FakeService {
  constructor(system: FakeSystem) {
    super(system);
    system.programs.set('networkctl', {
      looks: args => args.includes('status'),
      run: (args, step) => {
        const line = args.join(' ');
        const link = /^--no-pager status (\S+)$/.exec(line)?.[1];
        if (link !== undefined) return { ...done, stdout: this.#status(link) };
        if (line !== 'reload') throw new UnknownCommand(`networkctl ${line}`);
        step('networkctl reload');
        this.during(step, () => this.#reload());
        return done;
      },
    });
    system.programs.set('/lib/systemd/systemd-networkd-wait-online', {
      looks: () => true,
      run: args => {
        if (!args.every(a => /^--(quiet|timeout=\d+|interface=\S+)$/.test(a)))
          throw new UnknownCommand(`systemd-networkd-wait-online ${args.join(' ')}`);
        return done;
      },
    });
  }

  protected loadAll(): void {
    // Nothing is kept but what each link has: profileFor() reads the files.
  }

  protected profileFor(link: FakeLink): Profile | undefined {
    const files: readonly RenderedFile[] = [...this.system.files].map(([path, { content, mode }]) => ({
      path,
      content,
      mode,
      enis: [],
    }));
    const paths = files.map(f => f.path).filter(p => p.startsWith(`${folder}/`) && p.endsWith('.network'));
    for (const path of paths.sort()) {
      const texts = [files.find(f => f.path === path)!.content, ...dropInsOf(files, path)];
      const text = texts.join('\n');
      if (!fits(text, link)) continue;
      // Files of others configure nothing here but the primary's lease.
      const lines = text.includes(marker) ? refuseLeaks(readNetwork(texts, link.name, debian12)) : nothing;
      return { path, text, lines };
    }
    return undefined;
  }

  /** With DHCP on whatever link it fits: what an image has where no file names the primary. */
  protected override configure(name: string, next: Profile | undefined): void {
    const { kernel } = this.system;
    const before = this.activeOn(name);
    if (isCatchAll(before) && !isCatchAll(next)) this.#release(name);
    super.configure(name, next);
    const link = kernel.links.find(l => l.name === name);
    if (link !== undefined && isCatchAll(next) && !isCatchAll(before)) this.lease(link);
  }

  /** The real one gives them all 1024, and which of them the kernel asks is chance: here it is the first link. */
  protected override lease(link: FakeLink): void {
    const isAny = isCatchAll(this.profileFor(link));
    super.lease(link, isAny ? 1024 + this.nics().findIndex(nic => nic.name === link.name) : undefined);
  }

  /** The route of the lease goes with its address. */
  #release(name: string): void {
    const { kernel } = this.system;
    for (const r of kernel.routes.filter(x => x.link === name && x.table === 254 && x.gateway))
      this.ip(`-4 route del default via ${r.gateway} dev ${name}${r.metric ? ` metric ${r.metric}` : ''}`);
    for (const a of kernel.addresses.filter(x => x.link === name && x.dynamic))
      this.ip(`-4 addr del ${a.ip}/${a.prefixLength} dev ${name}`);
  }

  /** Foreign addresses, and foreign routes as ManageForeignRoutes= says; not those of the kernel, nor what another client has brought. */
  protected drops(object: FakeAddress | FakeRoute): boolean {
    if ('destination' in object) return !/^(kernel|dhcp|ra)$/.test(object.protocol ?? 'boot');
    return object.scope === 'global';
  }

  #reload(): void {
    for (const name of this.activeLinks)
      if (!this.system.kernel.links.some(l => l.name === name)) this.#forget(name);
    for (const link of this.nics()) {
      const [now, next] = [this.activeOn(link.name), this.profileFor(link)];
      if (now?.path !== next?.path || now?.text !== next?.text) this.configure(link.name, next);
    }
  }

  /** Of a link that has gone only the rules are left; they go when no file says them any more. */
  #forget(name: string): void {
    const path = this.activeOn(name)?.path;
    if (path === undefined || !this.system.files.has(path)) this.configure(name, undefined);
  }

  #status(name: string): string {
    const file = this.activeOn(name)?.path;
    const state = file === undefined ? 'unmanaged' : 'configured';
    return `State: routable (${state})\nNetwork File: ${file ?? 'n/a'}\n`;
  }
}

function isCatchAll(profile: Profile | undefined): boolean {
  return (
    profile !== undefined && /^DHCP=(yes|ipv4)$/m.test(profile.text) && /^Name=\S*\*/m.test(profile.text)
  );
}

/** As far as the tests of a daemon write it: names and addresses, lists, one star, one negation, an empty value that begins anew. */
function fits(text: string, { name, mac }: FakeLink): boolean {
  const section = /^\[Match\]\n([^[]*)/m.exec(text)?.[1]?.replace(/ \\\n */g, ' ') ?? '';
  const wordsOf = (key: string): readonly string[] => {
    const values = [...section.matchAll(new RegExp(`^${key}=(.*)$`, 'gm'))].map(([, value]) => value!);
    return values.slice(values.lastIndexOf('') + 1).flatMap(value => value.split(' '));
  };
  const [names, macs, hosts] = [wordsOf('Name'), wordsOf('MACAddress'), wordsOf('Host')];
  const isNot = names[0]?.startsWith('!') === true;
  const fitsOne = names.some(word => {
    const plain = word.replace(/^!/, '');
    return plain.endsWith('*') ? name.startsWith(plain.slice(0, -1)) : plain === name;
  });
  if (names.length + macs.length === 0 || hosts.length > 0) return false;
  const ofMac = macs.some(word => word.toLowerCase().replaceAll('-', ':') === mac);
  return (names.length === 0 || fitsOne !== isNot) && (macs.length === 0 || ofMac);
}
