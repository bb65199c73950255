// Writes down a life that was lived to its end: per step what was seen, with the digests of the files that the agent had written. A life of
// which a step failed leaves nothing behind.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { release as kernelRelease } from 'node:os';
import path from 'node:path';
import { expect } from 'vitest';
import type { HostFacts } from '../../../agent/model/host.ts';
import { readGuestFile } from '../../lab/guest-files.ts';
import {
  type LivedStep,
  livesRoot,
  planFile,
  planNameFor,
  planText,
  type RecordedLife,
  renderedDigests,
} from '../../support/recorded-lives.ts';
import { sha256 } from '../../support/recorded-proofs.ts';
import type { Column } from '../columns.ts';
import type { Machine } from '../machine.ts';
import { stepNamesOf } from '../steps.ts';
import { servicesOf } from './agreement.ts';

/** Does nothing in a column of the matrix. In a life that is not to be recorded it compares the files all the same. */
export class Recorder {
  private readonly column: Column;
  private readonly cycles: number;
  private readonly steps: LivedStep[] = [];
  /** Text by name. */
  private readonly plans = new Map<string, string>();

  constructor(column: Column, cycles: number) {
    this.column = column;
    this.cycles = cycles;
  }

  /** Runs a step; it is written down if it ends well. */
  async during(name: string, machine: Machine, action: () => Promise<void>): Promise<void> {
    machine.notes = {};
    const start = Date.now();
    await action();
    if (this.column.life === undefined) return;
    const { primaryEvents, lostPings } = machine.notes;
    this.steps.push({
      name,
      milliseconds: Date.now() - start,
      ...(primaryEvents === undefined ? {} : { primaryEvents }),
      ...(lostPings === undefined ? {} : { lostPings }),
      ...this.planned(machine),
    });
  }

  private planned(machine: Machine): Partial<LivedStep> {
    const { planned } = machine.notes;
    if (planned === undefined) return {};
    const { step, plan, kernel } = planned;
    const text = planText(plan);
    const name = planNameFor(step, this.column.addressing, text);
    this.plans.set(name, text);
    // As a recording is read: from the plan that is kept, and by the facts that are kept.
    const files = renderedDigests(this.column.image, JSON.parse(text), factsOf(machine));
    for (const [file, digest] of Object.entries(files)) {
      const content = readGuestFile(machine.guest, file);
      expect(content === undefined ? 'missing' : sha256(content), `${file} on the machine`).toBe(digest);
    }
    return { plan: name, kernel: sha256(kernel.join('\n')), files };
  }

  /** @param machine undefined if it did not even boot */
  write(machine: Machine | undefined): void {
    const { life, image, addressing } = this.column;
    if (life?.record === undefined) return;
    const lacking = stepNamesOf(image, life.release).filter(
      name => !this.steps.some(step => step.name === name),
    );
    if (machine === undefined || lacking.length > 0) {
      console.error(`not recorded: ${machine === undefined ? 'no machine' : lacking.join(', ')}`);
      return;
    }
    const facts = factsOf(machine);
    const recorded: RecordedLife = {
      ...{ backend: image, release: life.release, addressing, services: servicesOf(life, facts) },
      date: new Date().toISOString().slice(0, 10),
      // Without the suffix of whoever built it.
      kernelVersion: /^\d+(\.\d+)*/.exec(kernelRelease())?.[0] ?? '',
      cycles: this.cycles,
      facts,
      steps: this.steps,
    };
    mkdirSync(path.dirname(planFile('x')), { recursive: true });
    for (const [name, text] of this.plans)
      if (!existsSync(planFile(name))) writeFileSync(planFile(name), text);
    writeFileSync(path.join(livesRoot, `${life.record}.json`), `${JSON.stringify(recorded, null, 2)}\n`);
    console.log(`recorded: test/fixtures/lives/${life.record}.json`);
  }
}

/**
 * What is kept of the facts. Of files what the lab has written and netplan has made of it: the others are other people's text, and say nothing that
 * a renderer asks for. Nothing of the real machine (`machine`) either.
 */
function factsOf({
  facts: { machine: _machine, unreadFiles: _unread, ...facts },
  vpc,
  guest,
}: Machine): HostFacts {
  const [primary] = vpc.enis.values();
  const own = primary === undefined ? {} : guest.image.files(primary, 'dhcp');
  const isOwn = (file: string) =>
    Object.hasOwn(own, file.slice(1)) || file.startsWith('/run/systemd/network/');
  return { ...facts, files: Object.fromEntries(Object.entries(facts.files).filter(([file]) => isOwn(file))) };
}
