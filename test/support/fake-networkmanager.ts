// NetworkManager 1.42 with keyfiles, and with our ifcfg files, on a fake machine: `load` reads the named profiles and no other, `up` activates one, `reapply` takes
// over what has changed in the active one. A profile whose file has gone ends, with all that it made.
import type { CommandResult } from '../../agent/system/system.ts';
import { UnknownCommand } from './fake-ip-words.ts';
import { type FakeAddress, type FakeLink, type FakeRoute, mainTable } from './fake-kernel-objects.ts';
import { preUpFolder, runDispatcherScript } from './fake-link-hooks.ts';
import { debian12, FakeService, nothing, type Profile, refuseLeaks } from './fake-service.ts';
import type { FakeSystem } from './fake-system.ts';
import { parseBack as parseIfcfg } from './parse-back/networkmanager-ifcfg.ts';
import { parseBack } from './parse-back/networkmanager-keyfile.ts';

const folder = '/etc/NetworkManager/system-connections';
const ifcfgPath = /^\/etc\/sysconfig\/network-scripts\/ifcfg-([^/]+)$/;
const done: CommandResult = { exitCode: 0, stdout: '', stderr: '' };

export class FakeNetworkManager extends FakeService {
  /** Path to text, as it was when it was loaded. */
  readonly #loaded = new Map<string, string>();

  constructor(system: FakeSystem) {
    super(system);
    system.programs.set('nmcli', {
      looks: args => args[0] === '--version' || args[0] === '-g',
      run: (args, step) => {
        let result = done;
        if (args[0] === '--version' || args[0] === '-g') return { ...done, stdout: this.#answer(args) };
        step(`nmcli ${args.join(' ')}`);
        this.during(step, () => {
          result = this.#obey(args);
        });
        return result;
      },
    });
  }

  override plugged(name: string): void {
    super.plugged(name);
    this.#preUp(name);
  }

  override unplugged(name: string): void {
    super.unplugged(name);
    // It deletes the rules of a device that goes; addresses and routes went with it.
    this.configure(name, undefined);
  }

  override remember(): () => void {
    const [putBack, loaded] = [super.remember(), new Map(this.#loaded)];
    return () => {
      putBack();
      this.#loaded.clear();
      for (const [path, text] of loaded) this.#loaded.set(path, text);
    };
  }

  protected loadAll(): void {
    this.#loaded.clear();
    for (const path of this.system.files.keys())
      if (path.startsWith(`${folder}/`) || ifcfgPath.test(path)) this.#load(path);
  }

  protected profileFor(link: FakeLink): Profile | undefined {
    for (const [path, text] of this.#loaded) {
      if (/^(?:mac-address|HWADDR)=(\S+)$/m.exec(text)?.[1] === link.mac?.toUpperCase())
        return this.#profile(path, text, link.name);
      if (/^interface-name=(\S+)$/m.exec(text)?.[1] === link.name) return { path, text, lines: nothing };
    }
    return undefined;
  }

  /** All addresses of the device, and in main all its routes: also those that were there before it had a profile. */
  protected drops(object: FakeAddress | FakeRoute): boolean {
    return 'destination' in object ? object.table === mainTable : object.scope === 'global';
  }

  #profile(path: string, content: string, link: string): Profile {
    if (ifcfgPath.test(path)) {
      const files = [...this.system.files].map(([name, { content: text, mode }]) => ({
        path: name,
        content: text,
        mode,
        enis: [],
      }));
      return { path, text: content, lines: refuseLeaks(parseIfcfg(files, link, debian12)) };
    }
    // What a profile of somebody else would make does not matter here; what is gone by it does.
    if (!/^id=eni-/m.test(content)) return { path, text: content, lines: nothing };
    // The profile is found by its MAC, also where the link has got another name.
    const file = { path: `${folder}/eni-${link}.nmconnection`, content, mode: 0o600, enis: [] };
    return { path, text: content, lines: refuseLeaks(parseBack([file], link, debian12)) };
  }

  #obey(args: readonly string[]): CommandResult {
    const words = args[0] === '--wait' ? args.slice(2) : args;
    const line = words.join(' ');
    if (line.startsWith('connection load /')) {
      for (const path of words.slice(2)) this.#load(path);
      return done;
    }
    const [, uuid, upOn] = /^connection up uuid (\S+) ifname (\S+)$/.exec(line) ?? [];
    const reapplied = /^device reapply (\S+)$/.exec(line)?.[1];
    const name = upOn ?? reapplied;
    if (name === undefined) throw new UnknownCommand(`nmcli ${line}`);
    if (!this.nics().some(l => l.name === name))
      return { ...done, exitCode: 10, stderr: `Error: Device '${name}' not found.\n` };
    const path =
      reapplied === undefined
        ? [...this.#loaded].find(([, text]) => text.toLowerCase().includes(`\nuuid=${uuid}\n`))?.[0]
        : this.activeOn(name)?.path;
    const text = this.#loaded.get(path ?? '');
    if (path === undefined || text === undefined)
      return { ...done, exitCode: 10, stderr: `Error: unknown connection '${uuid ?? name}'.\n` };
    const profile = this.#profile(path, text, name);
    // `up` ends what is active first. `reapply` goes by the difference, but IPv6 addresses go and come again.
    if (upOn !== undefined) this.configure(name, undefined);
    else
      for (const key of this.activeOn(name)?.lines.addresses ?? [])
        if (key.includes(':')) this.ip(`-6 addr del ${key.split(' ')[2]} dev ${name}`);
    this.configure(name, profile);
    if (upOn !== undefined) this.#preUp(name);
    return done;
  }

  /** It waits for these scripts before it calls the link activated. `reapply` runs none, and what they have added it leaves alone. */
  #preUp(name: string): void {
    if (this.activeOn(name) === undefined) return;
    for (const path of this.system.files.keys())
      if (path.startsWith(preUpFolder)) runDispatcherScript(this.system, path, name, this.step);
  }

  /** 1.42 returns 0 also for a file that has gone. */
  #load(path: string): void {
    const file = this.system.files.get(path);
    // A profile that anybody but root can read is refused, and so is a name with a leading dot: that of our temporary file.
    const isRead = (file?.mode === 0o600 && !path.startsWith(`${folder}/.`)) || ifcfgPath.test(path);
    if (file !== undefined && isRead) this.#loaded.set(path, file.content);
    else {
      this.#loaded.delete(path);
      for (const link of this.activeLinks)
        if (this.activeOn(link)?.path === path) this.configure(link, undefined);
    }
  }

  #answer(args: readonly string[]): string {
    const line = args.join(' ');
    if (line === '--version') return 'nmcli tool, version 1.42.4\n';
    const device = /^-g GENERAL\.STATE device show (\S+)$/.exec(line)?.[1];
    if (device !== undefined)
      return this.activeOn(device) === undefined ? '30 (disconnected)\n' : '100 (connected)\n';
    if (line === '-g DEVICE,FILENAME connection show --active')
      return this.activeLinks.map(link => `${link}:${this.activeOn(link)!.path}\n`).join('');
    throw new UnknownCommand(`nmcli ${line}`);
  }
}
