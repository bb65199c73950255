// A made-up machine behind the System interface: files in memory, a kernel that obeys `ip`, ifupdown and dhclient, a virtual
// clock, and a journal of everything that was changed. A test can make an effect fail, act between two effects as another
// program would, and kill the agent before any single step. A command that is not modelled throws, and is remembered.
import { AgentError } from '../../agent/errors.ts';
import { lockPath } from '../../agent/pass/lock.ts';
import { temporaryName } from '../../agent/system/disk.ts';
import type { CommandResult, FileStamp, RunOptions, System, TakenNames } from '../../agent/system/system.ts';
import type { Offer } from './fake-dhclient.ts';
import { type FakeFile, inodeOf, namesIn, ownFlaw, rememberDisk } from './fake-disk.ts';
import { type IfupdownHost, ifdown, ifup, ifupAll } from './fake-ifupdown.ts';
import { onlyLooks, runIp } from './fake-ip.ts';
import { UnknownCommand } from './fake-ip-words.ts';
import { FakeKernel } from './fake-kernel.ts';
import { groupByUdev, preUpFolder, runDispatcherScript } from './fake-link-hooks.ts';
import { FakeFirewall, publishedScript } from './fake-nft.ts';
import { FakePlot, type Interference } from './fake-plot.ts';

/** The agent's process is dead: every call from it ends in this, until `restart`. */
export class CrashError extends Error {}

/** A program that a test brings to the machine. */
export interface FakeProgram {
  /** True for a command line that changes nothing. */
  readonly looks: (args: readonly string[]) => boolean;
  readonly run: (args: readonly string[], step: (words: string) => void) => CommandResult;
}

/** A network service in the place of ifupdown. */
export interface BootService {
  /** What it does when the machine starts. */
  boot(): void;
  /** Its memory, for a snapshot. */
  remember(): () => void;
}

const bootIdPath = '/proc/sys/kernel/random/boot_id';

/** Counted up at its end. */
function nextBootId(bootId: string): string {
  const id = bootId.trim();
  return `${id.slice(0, -12)}${String(Number(id.slice(-12)) + 1).padStart(12, '0')}\n`;
}

export class FakeSystem implements System {
  readonly files = new Map<string, FakeFile>();
  readonly folders = new Set<string>();
  /** Folders of the agent that others may write to: path, and what is wrong. */
  readonly unsafe = new Map<string, string>();
  kernel = new FakeKernel();
  readonly dhcp = new Map<string, Offer>();
  readonly sysctls = new Map<string, string>();
  readonly firewall = new FakeFirewall();
  /** By name; in front of those that every machine here has. */
  readonly programs = new Map<string, FakeProgram>();
  /** Undefined: ifupdown. */
  service: BootService | undefined;
  /** What the agent changed, as it asked for it: `write PATH`, `remove PATH`, `run COMMAND LINE`, and each line of a batch. */
  journal: string[] = [];
  /** Every single change, those of ifup's own lines included: what `crashBefore` counts. */
  steps: string[] = [];
  /** Commands that nothing here understands. A test ends by looking that there is none. */
  readonly unknown: string[] = [];
  /** What logger(1) was told: facility and severity, and the line. */
  readonly systemLog: string[] = [];
  /** Called after every single step, and once before the first: for what must hold at every moment. */
  watch: (() => void) | undefined;
  /** Kills the agent before this step, counted from 1; undefined: never. */
  crashBefore: number | undefined;
  /** The cloud's metadata address, in whose place an emulator on loopback stands: its route is what matters. */
  metadataAddress = '169.254.169.254';
  /** What a ping from an address to another one ends with: everybody answers, unless told. */
  ping: (program: string, from: string, to: string) => CommandResult = () => ({
    exitCode: 0,
    stdout: '',
    stderr: '',
  });
  #dead = false;
  #ticks = 1000;
  readonly #bootedAt = this.#ticks - 3_600_000;
  /** How the clock is set. */
  #setBy = Date.parse('2026-01-15T10:00:00Z') - this.#ticks;
  #events: { readonly at: number; readonly act: () => void }[] = [];
  readonly #plot = new FakePlot();
  #locked = { path: '', until: 0 };
  readonly #holders = new Map<string, Promise<void>>();

  /** A new process of the agent on the same machine: nothing of the old one is left but files and kernel. */
  restart(): void {
    this.#dead = false;
    this.crashBefore = undefined;
    this.#holders.clear();
    this.journal = [];
    this.steps = [];
  }

  get isDead(): boolean {
    return this.#dead;
  }

  /** Remembers disk, kernel and service; the result puts them back, as often as wanted. */
  snapshot(): () => void {
    const putBack = rememberDisk(this.files, this.kernel);
    const putServiceBack = this.service?.remember();
    const sysctls = [...this.sysctls];
    const putRulesBack = this.firewall.remember();
    return () => {
      putBack(this.kernel);
      this.sysctls.clear();
      for (const [key, value] of sysctls) this.sysctls.set(key, value);
      putServiceBack?.();
      putRulesBack();
      this.restart();
    };
  }

  /** Does something at a moment of another program, as often as `times` says. */
  interfere(what: Interference): void {
    this.#plot.interfere(what);
  }

  /** Makes effects fail: a write with `reason`, a command with `reason` on standard error and exit code 1. Nothing is done. */
  fail(match: RegExp, reason: string, times = 1): void {
    this.#plot.fail(match, reason, times);
  }

  /** Something is still to fail. */
  get isFailing(): boolean {
    return this.#plot.isFailing;
  }

  /** Nothing fails any more. */
  heal(): void {
    this.#plot.heal();
  }

  /** Does something when the virtual clock has reached that time. */
  after(ms: number, act: () => void): void {
    this.#events.push({ at: this.#ticks + ms, act });
  }

  /** Time of the next planned event; undefined if there is none. */
  get nextEventAt(): number | undefined {
    return this.#events.length === 0 ? undefined : Math.min(...this.#events.map(e => e.at));
  }

  /** Somebody sets the clock; the time since the boot goes on. */
  setClock(byMs: number): void {
    this.#setBy += byMs;
  }

  /** Another process holds a lock for so long: that of a pass unless told. */
  holdLock(ms: number, path = lockPath): void {
    this.#locked = { path, until: this.#ticks + ms };
  }

  // A file of the machine itself, written by nobody of ours.
  put(path: string, content: string, mode = 0o644): void {
    this.files.set(path, { content, mode });
  }

  async readFile(path: string): Promise<string | undefined> {
    this.#alive();
    return this.#read(path);
  }

  async readOwn(path: string): Promise<string | undefined> {
    this.#alive();
    const file = this.files.get(path);
    const flaw = file === undefined ? undefined : ownFlaw(path, file, this.unsafe);
    if (flaw !== undefined) throw new AgentError('state-unreadable', `cannot read ${path}: it ${flaw}`);
    return this.readFile(path);
  }

  async secureFolder(path: string): Promise<string | undefined> {
    this.#alive();
    const flaw = this.unsafe.get(path);
    if (flaw === undefined) return undefined;
    this.#step(`secure ${path}`);
    this.unsafe.delete(path);
    return flaw;
  }

  async moveAside(from: string, to: string): Promise<void> {
    this.#alive();
    const moved = [...this.files].filter(([path]) => path === from || path.startsWith(`${from}/`));
    if (moved.length === 0) return;
    const reason = this.#effect(`move ${from} ${to}`);
    if (reason !== undefined) throw new AgentError('file-failed', `cannot move ${from} to ${to}: ${reason}`);
    this.#step(`move ${from}`);
    for (const path of this.files.keys())
      if (path === to || path.startsWith(`${to}/`)) this.files.delete(path);
    for (const [path, file] of moved) {
      this.files.delete(path);
      this.files.set(to + path.slice(from.length), file);
    }
    this.#done(`move ${from} ${to}`);
  }

  async listFolder(path: string): Promise<readonly string[]> {
    this.#alive();
    return this.#list(path);
  }

  async exists(path: string): Promise<boolean> {
    this.#alive();
    const device = /^\/sys\/class\/net\/([^/]+)\/device$/.exec(path)?.[1];
    if (device !== undefined)
      return this.kernel.links.some(l => l.name === device && l.kind === undefined && l.name !== 'lo');
    if (this.firewall.tools.some(tool => path === `/usr/sbin/${tool}`)) return true;
    return this.files.has(path) || this.folders.has(path) || this.#list(path).length > 0;
  }

  async readLink(path: string): Promise<string | undefined> {
    this.#alive();
    const name = /^\/sys\/class\/net\/([^/]+)\/device\/driver$/.exec(path)?.[1];
    const driver = this.kernel.links.find(l => l.name === name)?.driver;
    if (name === undefined) return this.files.get(path)?.target;
    return driver === undefined ? undefined : `../../../../bus/pci/drivers/${driver}`;
  }

  async writeFile(path: string, content: string, mode: number): Promise<void> {
    this.#alive();
    const reason = this.#effect(`write ${path}`);
    if (reason !== undefined) throw new AgentError('file-failed', `cannot write ${path}: ${reason}`);
    const temporary = `${path.slice(0, path.lastIndexOf('/'))}/${temporaryName}`;
    this.#step(`open ${temporary}`);
    this.files.set(temporary, { content, mode: 0o600 });
    this.#step(`rename to ${path}`);
    this.files.delete(temporary);
    this.files.set(path, { content, mode, modified: this.now() });
    this.#done(`write ${path}`);
  }

  async removeFile(path: string): Promise<void> {
    this.#alive();
    if (!this.files.has(path)) return;
    const reason = this.#effect(`remove ${path}`);
    if (reason !== undefined) throw new AgentError('file-failed', `cannot remove ${path}: ${reason}`);
    this.#step(`remove ${path}`);
    this.files.delete(path);
    this.#done(`remove ${path}`);
  }

  async stat(path: string): Promise<FileStamp | undefined> {
    this.#alive();
    const file = this.files.get(path);
    if (file !== undefined)
      return { inode: inodeOf(file), modified: file.modified ?? 0, mode: 0o100000 | file.mode, uid: 0 };
    const isFolder = this.folders.has(path) || this.#list(path).length > 0;
    return isFolder ? { inode: 0, modified: 0, mode: 0o040755, uid: 0 } : undefined;
  }

  async link(from: string, to: string): Promise<void> {
    this.#alive();
    const file = this.files.get(from);
    const reason = this.#effect(`link ${from} ${to}`) ?? (file === undefined ? 'ENOENT' : undefined);
    if (file === undefined || reason !== undefined)
      throw new AgentError('file-failed', `cannot link ${from} as ${to}: ${reason}`);
    this.#step(`link ${to}`);
    this.files.set(to, file);
    this.#done(`link ${from} ${to}`);
  }

  async copy(from: string, to: string): Promise<void> {
    this.#alive();
    const file = this.files.get(from);
    const reason = this.#effect(`copy ${from} ${to}`) ?? (file === undefined ? 'ENOENT' : undefined);
    if (file === undefined || reason !== undefined)
      throw new AgentError('file-failed', `cannot copy ${from} to ${to}: ${reason}`);
    const temporary = `${to.slice(0, to.lastIndexOf('/'))}/${temporaryName}`;
    this.#step(`open ${temporary}`);
    this.files.set(temporary, { ...file });
    this.#step(`rename to ${to}`);
    this.files.delete(temporary);
    this.files.set(to, { ...file });
    this.#done(`copy ${from} ${to}`);
  }

  async takeNames(folder: string, most: number): Promise<TakenNames> {
    this.#alive();
    const found = this.#list(folder).filter(name => !name.startsWith('.'));
    const names = found.slice(0, most);
    for (const name of names)
      await this.removeTree(`${folder}/${name}`).catch((error: unknown) => {
        if (!(error instanceof AgentError)) throw error;
      });
    return { names, hasMore: found.length > most };
  }

  async removeTree(path: string): Promise<void> {
    this.#alive();
    for (const file of [...this.files.keys()].filter(p => p === path || p.startsWith(`${path}/`)))
      await this.removeFile(file);
    this.folders.delete(path);
  }

  async lock(path: string, waitMs: number): Promise<(() => Promise<void>) | undefined> {
    this.#alive();
    // A pass of this test holds it: the wait is real and ends with that pass. A daemon holds its lock for good, and nobody waits for it.
    while (this.#holders.has(path)) {
      if (waitMs === 0) return undefined;
      await this.#holders.get(path);
    }
    const heldMs = path === this.#locked.path ? this.#locked.until - this.#ticks : 0;
    if (heldMs > waitMs) {
      await this.sleep(waitMs);
      return undefined;
    }
    if (heldMs > 0) await this.sleep(heldMs);
    let free = () => {};
    const held = new Promise<void>(resolve => {
      free = resolve;
    });
    this.#holders.set(path, held);
    return async () => {
      if (this.#holders.get(path) === held) this.#holders.delete(path);
      free();
    };
  }

  async run(argv: readonly [string, ...string[]], options: RunOptions = {}): Promise<CommandResult> {
    this.#alive();
    try {
      return this.#run(argv, options.input ?? '');
    } catch (error) {
      // Probes of the host swallow every exception, so it is remembered as well.
      if (error instanceof UnknownCommand) this.unknown.push(`${argv.join(' ')}: ${error.message}`);
      throw error;
    }
  }

  now(): number {
    return this.#ticks + this.#setBy;
  }

  ticks(): number {
    return this.#ticks;
  }

  async sleep(ms: number): Promise<void> {
    this.#alive();
    this.#ticks += ms;
    const due = this.#events.filter(e => e.at <= this.#ticks);
    this.#events = this.#events.filter(e => e.at > this.#ticks);
    for (const { act } of due) act();
    await new Promise(resolve => setImmediate(resolve));
  }

  /** Power cycle: memory and /run are empty, the links are new, and the network service does what it does at boot. */
  reboot(): void {
    const links = this.kernel.links.filter(l => l.driver !== undefined);
    this.kernel = new FakeKernel();
    this.sysctls.clear();
    for (const link of links) this.kernel.addLink({ ...link, up: false, mtu: 1500 });
    groupByUdev(this.kernel, this.files);
    for (const path of this.files.keys()) if (path.startsWith('/run/')) this.files.delete(path);
    const bootId = this.files.get(bootIdPath)?.content;
    if (bootId !== undefined) this.put(bootIdPath, nextBootId(bootId));
    this.restart();
    this.bootNetwork();
    this.firewall.flush();
    // The unit of the package.
    const script = this.files.get(publishedScript);
    if (script !== undefined) this.firewall.runScript(script.content, this);
  }

  /** `ifup -a`, or what the service does. */
  bootNetwork(): void {
    if (this.service === undefined) ifupAll(this.#ifupdown(() => undefined));
    else this.service.boot();
    this.steps = [];
  }

  /** An administrator's own command, which is no effect of the agent. Throws if it fails. */
  sh(line: string): string {
    const [program = '', ...words] = line.split(' ');
    const host = this.#ifupdown(() => undefined);
    const tool = { ifup, ifdown }[program];
    const result = tool === undefined ? runIp(this.kernel, words) : tool(host, words);
    if (result.exitCode !== 0) throw new Error(`${line}: ${result.stderr}`);
    return result.stdout;
  }

  #run(argv: readonly [string, ...string[]], input: string): CommandResult {
    const [program, ...args] = argv;
    const line = argv.join(' ');
    const step = (words: string) => this.#step(words);
    const brought = this.programs.get(program);
    if (brought !== undefined)
      return brought.looks(args)
        ? brought.run(args, step)
        : this.#change(line, () => brought.run(args, step));
    if (program.startsWith(preUpFolder))
      return this.#change(line, () => runDispatcherScript(this, program, args[0] ?? '', step));
    switch (program) {
      case 'ip':
        if (args[0] === '-V') return runIp(this.kernel, args);
        if (args[0] === 'route' && args[1] === 'get' && args[2] === '127.0.0.1')
          return runIp(this.kernel, ['route', 'get', this.metadataAddress]);
        if (onlyLooks(args, input)) return runIp(this.kernel, args, input);
        return this.#change(line, () => runIp(this.kernel, args, input, step), input);
      case 'unshare':
        if (line !== 'unshare -n ip -force -batch -') break;
        // The probe of the kernel, in a namespace of its own.
        return runIp(new FakeKernel(this.kernel.hasAltNames), args.slice(2), input);
      case 'ping':
      case 'ping6':
        return this.ping(program, args.at(-2) ?? '', args.at(-1) ?? '');
      case 'ifup':
        return this.#change(line, () => ifup(this.#ifupdown(step), args));
      case 'ifdown':
        return this.#change(line, () => ifdown(this.#ifupdown(step), args));
      case 'rm':
        if (args[0] !== '-f') break;
        return this.#change(line, () => {
          step(line);
          for (const path of args.slice(1)) this.files.delete(path);
          return { exitCode: 0, stdout: '', stderr: '' };
        });
      case 'logger': {
        const reason = this.#plot.failureOf(line);
        if (reason !== undefined) return { exitCode: 1, stdout: '', stderr: reason };
        this.systemLog.push(
          ...input.split('\n').flatMap(text => (text === '' ? [] : [`${args.at(-1)} ${text}`])),
        );
        return { exitCode: 0, stdout: '', stderr: '' };
      }
      case 'sysctl':
        return this.#change(line, () => {
          step(line);
          this.#sysctl(args);
          return { exitCode: 0, stdout: '', stderr: '' };
        });
      case 'nft':
      case 'iptables':
      case 'ip6tables':
        if (this.firewall.looks(argv)) return this.firewall.run(argv);
        return this.#change(line, () => {
          step(line);
          return this.firewall.run(argv);
        });
      case 'sh': {
        const script = this.files.get(args[0] ?? '');
        if (args[0] !== publishedScript || script === undefined) break;
        return this.#change(line, () => {
          step(line);
          return this.firewall.runScript(script.content, this);
        });
      }
      case 'ifquery':
        if (args[0] === '--version') return { exitCode: 0, stdout: 'ifquery version 0.8.41\n', stderr: '' };
        break;
      default:
    }
    throw new UnknownCommand(`${line} is not modelled`);
  }

  #change(line: string, make: () => CommandResult, input = ''): CommandResult {
    const prefix = line.startsWith('ip -6') ? 'ip -6' : 'ip -4';
    const lines = input.split('\n').filter(l => l !== '');
    const texts = lines.length === 0 ? [`run ${line}`] : lines.map(l => `run ${prefix} ${l}`);
    for (const text of texts) {
      const reason = this.#effect(text);
      if (reason !== undefined) return { exitCode: 1, stdout: '', stderr: `${reason}\n` };
    }
    const result = make();
    for (const text of texts) this.#done(text);
    return result;
  }

  /** @returns why the effect is to fail; undefined if it is not */
  #effect(text: string): string | undefined {
    this.#plot.happens(text, 'before');
    this.journal.push(text);
    return this.#plot.failureOf(text);
  }

  #done(text: string): void {
    this.#plot.happens(text, 'after');
  }

  #step(text: string): void {
    this.#alive();
    if (this.crashBefore === this.steps.length + 1) {
      this.#dead = true;
      throw new CrashError(`killed before step ${this.crashBefore}: ${text}`);
    }
    this.watch?.();
    this.steps.push(text);
  }

  #alive(): void {
    if (this.#dead) throw new CrashError('a dead process does nothing');
  }

  #ifupdown(step: (words: string) => void): IfupdownHost {
    return {
      kernel: this.kernel,
      readFile: path => this.#read(path),
      writeFile: (path, content) => this.put(path, content),
      listFolder: path => this.#list(path),
      dhcp: this.dhcp,
      sysctl: words => this.#sysctl(words),
      step,
    };
  }

  /** The first separator of a key is that of the whole key. */
  #sysctl(words: readonly string[]): void {
    for (const [name = '', value = ''] of words.filter(w => w.includes('=')).map(w => w.split('=')))
      this.sysctls.set(/[./]/.exec(name)?.[0] === '.' ? name.replaceAll('.', '/') : name, value);
  }

  #read(path: string): string | undefined {
    if (path === '/proc/uptime') return `${((this.#ticks - this.#bootedAt) / 1000).toFixed(2)} 1.00\n`;
    const [, key = '', link] =
      /^\/proc\/sys\/(net\/ipv6\/conf\/([^/]+)\/(?:accept_ra|autoconf))$/.exec(path) ?? [];
    // The kernel's own default is on.
    if (this.kernel.links.some(l => l.name === link)) return `${this.sysctls.get(key) ?? '1'}\n`;
    const [, marked = ''] = /^\/proc\/sys\/(net\/ipv4\/conf\/[^/]+\/src_valid_mark)$/.exec(path) ?? [];
    if (this.kernel.links.some(l => l.name === marked.split('/')[3]))
      return `${this.sysctls.get(marked) ?? '0'}\n`;
    const file = this.files.get(path);
    return file?.target === undefined ? file?.content : this.#read(file.target);
  }

  #list(path: string): readonly string[] {
    return namesIn([...this.files.keys(), ...this.folders], path);
  }
}
