// The steps of a made-up life: what a cloud, an administrator, other programs and bad luck do to a machine. Data, and how fast-check draws
// them; life-acts.ts does them.
import fc from 'fast-check';
import type { LifeFault, Says } from './life-cloud.ts';

/** ENIs are named by 1 to 4; numbers called `pick` choose among what is there. */
export type Act =
  | { readonly do: 'nothing' }
  | { readonly do: 'attach'; readonly eni: number; readonly stageMs: number }
  | { readonly do: 'detach'; readonly eni: number; readonly lagMs: number }
  | { readonly do: 'plug'; readonly eni: number; readonly asSpare: boolean }
  | { readonly do: 'unplug'; readonly eni: number }
  | { readonly do: 'rename'; readonly eni: number; readonly isUp: boolean }
  | {
      readonly do: 'assign' | 'unassign';
      readonly eni: number;
      readonly pick: number;
      readonly lagMs: number;
    }
  | { readonly do: 'service'; readonly fault: LifeFault | undefined }
  | { readonly do: 'kill' }
  | { readonly do: 'kill-in-apply'; readonly steps: number }
  | { readonly do: 'start' | 'stop' | 'reboot' | 'once' | 'refresh' | 'reload' | 'remove' }
  | { readonly do: 'foreign-rule' | 'foreign-route' | 'foreign-address'; readonly pick: number }
  | { readonly do: 'foreign-file'; readonly about: 'nothing' | 'claim' | 'our-path'; readonly eni: number }
  | { readonly do: 'foreign-goes'; readonly pick: number }
  | {
      readonly do: 'delete-rule' | 'delete-address' | 'delete-route';
      readonly pick: number;
      readonly times: number;
    }
  | { readonly do: 'flush-table'; readonly eni: number }
  | { readonly do: 'copy-rule'; readonly pick: number }
  | { readonly do: 'edit-file' | 'delete-file'; readonly pick: number }
  | { readonly do: 'link-down'; readonly eni: number }
  | { readonly do: 'leak-default'; readonly eni: number }
  /** An address is assigned, and the kernel refuses the next so many; 0: no more. */
  | { readonly do: 'add-fails'; readonly eni: number; readonly pick: number; readonly times: number }
  | { readonly do: 'config'; readonly ignored: number | undefined; readonly broken: boolean };

/** Those that are somebody else's doing: life-disturbances.ts. */
export type Disturbance = Extract<
  Act,
  {
    readonly do:
      | 'foreign-rule'
      | 'foreign-route'
      | 'foreign-address'
      | 'foreign-file'
      | 'foreign-goes'
      | 'delete-rule'
      | 'delete-address'
      | 'delete-route'
      | 'flush-table'
      | 'copy-rule'
      | 'edit-file'
      | 'delete-file'
      | 'link-down'
      | 'leak-default'
      | 'add-fails';
  }
>;

export interface LifeStep {
  readonly act: Act;
  /** Milliseconds until the next one. */
  readonly wait: number;
}

/** A life that begins with the first so many ENIs attached and plugged in. */
export interface LifeStory {
  readonly enis: number;
  readonly steps: readonly LifeStep[];
}

const eni = fc.integer({ min: 1, max: 4 });
const pick = fc.nat({ max: 30 });
const lagMs = fc.constantFrom(0, 0, 400, 3000, 30_000, 200_000);
const stageMs = fc.constantFrom(0, 0, 100, 1500, 20_000);
const wait = fc.constantFrom(
  0,
  100,
  300,
  700,
  1500,
  1500,
  3000,
  10_000,
  10_000,
  65_000,
  130_000,
  600_000,
  600_000,
);

const says = fc.constantFrom<Says>('404', '404', '503', 'html', 'empty', 'garbage');
const fault = fc.oneof(
  fc.constant<LifeFault>({ kind: 'down' }),
  fc.record({ kind: fc.constant('hangs' as const), ms: fc.constantFrom(50, 700, 5000) }),
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('answers' as const),
      about: fc.constantFrom(
        'address' as const,
        'address' as const,
        'list' as const,
        'eni' as const,
        'any' as const,
      ),
      says,
    }),
  },
  fc.record({
    kind: fc.constant('lies' as const),
    how: fc.constantFrom('old' as const, 'without-eni' as const, 'without-addresses' as const),
  }),
);

const act = <D extends Act['do'], T extends object>(
  name: D,
  more: fc.Arbitrary<T>,
): fc.Arbitrary<{ readonly do: D } & T> => more.map(m => ({ do: name, ...m }));
const plain = fc.constant({});

const weighted: readonly (readonly [weight: number, arbitrary: fc.Arbitrary<Act>])[] = [
  [6, act('attach', fc.record({ eni, stageMs }))],
  [6, act('plug', fc.record({ eni, asSpare: fc.boolean() }))],
  [3, act('detach', fc.record({ eni, lagMs }))],
  [3, act('unplug', fc.record({ eni }))],
  [2, act('rename', fc.record({ eni, isUp: fc.boolean() }))],
  [5, act('assign', fc.record({ eni, pick, lagMs }))],
  [4, act('unassign', fc.record({ eni, pick, lagMs }))],
  [9, act('service', fc.record({ fault }))],
  [4, act('service', fc.constant({ fault: undefined }))],
  [1, act('kill', plain)],
  [4, act('kill-in-apply', fc.record({ steps: fc.integer({ min: 1, max: 60 }) }))],
  [5, act('start', plain)],
  [1, act('stop', plain)],
  [2, act('reboot', plain)],
  [3, act('once', plain)],
  [2, act('refresh', plain)],
  [2, act('remove', plain)],
  [1, act('reload', plain)],
  [3, act('foreign-rule', fc.record({ pick }))],
  [2, act('foreign-route', fc.record({ pick }))],
  [2, act('foreign-address', fc.record({ pick }))],
  [
    2,
    act(
      'foreign-file',
      fc.record({
        about: fc.constantFrom('nothing' as const, 'claim' as const, 'our-path' as const),
        eni,
      }),
    ),
  ],
  [2, act('foreign-goes', fc.record({ pick }))],
  [5, act('delete-rule', fc.record({ pick, times: fc.constantFrom(1, 1, 1, 7) }))],
  [2, act('delete-address', fc.record({ pick, times: fc.constantFrom(1, 1, 7) }))],
  [2, act('delete-route', fc.record({ pick, times: fc.constantFrom(1, 1, 7) }))],
  [2, act('flush-table', fc.record({ eni }))],
  [1, act('copy-rule', fc.record({ pick }))],
  [2, act('edit-file', fc.record({ pick }))],
  [2, act('delete-file', fc.record({ pick }))],
  [2, act('link-down', fc.record({ eni }))],
  [1, act('leak-default', fc.record({ eni }))],
  [5, act('add-fails', fc.record({ eni, pick, times: fc.constantFrom(0, 1, 3, 1000) }))],
  [
    2,
    act(
      'config',
      fc.record({
        ignored: fc.option(eni, { nil: undefined }),
        broken: fc.constantFrom(false, false, true),
      }),
    ),
  ],
];

/** A life of so many steps. It shrinks by steps that become nothing, by waits that become short, and by ENIs. */
export function arbitraryStory(steps: number): fc.Arbitrary<LifeStory> {
  const nothing = { weight: 1, arbitrary: fc.constant<Act>({ do: 'nothing' }) };
  const others = weighted.map(([weight, arbitrary]) => ({ weight, arbitrary }));
  const step = fc.record({ act: fc.oneof({ withCrossShrink: true }, nothing, ...others), wait });
  return fc.record({
    enis: fc.integer({ min: 0, max: 4 }),
    steps: fc.array(step, { minLength: steps, maxLength: steps }),
  });
}

/** One line per step that does something. */
export function describeStory({ enis, steps }: LifeStory): string {
  const lines = steps
    .filter(({ act: { do: name }, wait: ms }) => name !== 'nothing' || ms > 0)
    .map(({ act: { do: name, ...more }, wait: ms }) => `${name} ${JSON.stringify(more)}, then ${ms} ms`);
  return [`${enis} ENIs`, ...lines].join('\n');
}
