// The cloud of a made-up life, in memory: what it has given (the truth), what its metadata service knows of that by now, and how the
// service fails. Nothing here is random: the same calls at the same times give the same answers.
import { AgentError } from '../../agent/errors.ts';
import type { OpenClient } from '../../agent/metadata/client.ts';
import { judgeAnswer } from '../../agent/metadata/judge-answer.ts';
import type { Response } from '../../agent/metadata/provider.ts';
import { answer } from '../../agent/metadata/recording.ts';
import type { Ip, Mac } from '../../agent/model/address.ts';
import { type LifeEni, type LifeProvider, lifePrimary, lifeResponses, type ShownEni } from './life-enis.ts';

/** How the service fails. `lies`: now and then one read is served by a replica that is behind, or that has lost something. */
export type LifeFault =
  | { readonly kind: 'down' }
  | { readonly kind: 'hangs'; readonly ms: number }
  | { readonly kind: 'answers'; readonly about: 'list' | 'eni' | 'address' | 'any'; readonly says: Says }
  | { readonly kind: 'lies'; readonly how: 'old' | 'without-eni' | 'without-addresses' };

export type Says = '404' | '503' | 'html' | 'empty' | 'garbage';

/** Something that the cloud gives from one moment to another, as the metadata shows it. */
interface Grant {
  readonly from: number;
  until: number;
}

interface Attached extends Grant {
  readonly eni: LifeEni;
  /** Milliseconds from one stage of the metadata to the next. */
  readonly stageMs: number;
  readonly addresses: (Grant & { readonly ip: Ip; gone: boolean })[];
  gone: boolean;
}

export interface LifeCloud {
  readonly provider: LifeProvider;
  faults: readonly LifeFault[];
  attach(eni: LifeEni, stageMs: number): void;
  /** The metadata goes on listing it for so long. */
  detach(eni: LifeEni, lagMs: number): void;
  assign(eni: LifeEni, ip: Ip, lagMs: number): void;
  unassign(eni: LifeEni, ip: Ip, lagMs: number): void;
  isAttached(eni: LifeEni): boolean;
  /** What is attached and assigned in truth, and has reached the metadata once. */
  given(): ReadonlyMap<Mac, readonly Ip[]>;
  /** True if the service works and says the truth. */
  isHonest(): boolean;
  /** Opens a client of the metadata. */
  connect(): OpenClient;
  /** A client that always has the truth. */
  honest(): OpenClient;
}

/** @param pause lets so much time of the machine pass */
export function createLifeCloud(
  provider: LifeProvider,
  clock: { readonly now: () => number; readonly pause: (ms: number) => Promise<void> },
): LifeCloud {
  let attached: Attached[] = [];
  let honestUntil = 0;
  let liedAt: number | undefined;
  const start = clock.now();
  const find = (eni: LifeEni) => attached.find(a => a.eni === eni && !a.gone);
  const forever = Number.POSITIVE_INFINITY;

  /** What the metadata shows at a time; `truth` is a moment behind all lags. */
  function shownAt(time: number | 'truth'): readonly ShownEni[] {
    const holds = (g: Grant & { gone: boolean }) =>
      time === 'truth' ? !g.gone : g.from <= time && time < g.until;
    const listed = attached.filter(holds).map(({ eni, from, stageMs, addresses }): ShownEni => {
      const ips = addresses.filter(holds).map(a => a.ip);
      const stage = time === 'truth' || stageMs === 0 ? 3 : Math.min(3, Math.floor((time - from) / stageMs));
      const list = (pool: readonly Ip[]) => pool.filter(ip => ips.includes(ip));
      return { eni, v4: list(eni.pool4), v6: list(eni.pool6), stage };
    });
    const own = (pool: readonly Ip[]) => pool.slice(0, 1);
    const { pool4, pool6 } = lifePrimary;
    return [{ eni: lifePrimary, v4: own(pool4), v6: own(pool6), stage: 3 }, ...listed];
  }

  /** What a replica that is wrong shows; undefined if this read meets a good one. */
  function lie(faults: readonly LifeFault[]): readonly ShownEni[] | undefined {
    const fault = faults.find(f => f.kind === 'lies');
    const now = clock.now();
    if (fault?.kind !== 'lies' || (now < honestUntil && now !== liedAt)) return undefined;
    // Whoever asks at this moment asks the same replica.
    liedAt = now;
    honestUntil = now + betweenLiesMs;
    if (fault.how === 'old') return shownAt(Math.max(start, now - 120_000));
    const shown = shownAt(now);
    if (fault.how === 'without-eni') return shown.filter((s, i) => s.eni === lifePrimary || i !== 1);
    return shown.map(s => (s.eni === lifePrimary ? s : { ...s, v4: s.v4.slice(0, 1), v6: [] }));
  }

  function open(faults: () => readonly LifeFault[], view: () => readonly ShownEni[]): OpenClient {
    const openedAt = clock.now();
    let requests = 0;
    return {
      async get(path) {
        requests += 1;
        const hang = faults().find(f => f.kind === 'hangs');
        if (hang?.kind === 'hangs') {
          const left = openedAt + totalMs - clock.now();
          if (left <= 0) return { status: 0, body: 'the time limit for reading the metadata is over' };
          await clock.pause(Math.min(hang.ms, requestMs, left));
          if (hang.ms >= requestMs) return { status: 0, body: 'no answer within 3 s' };
        }
        if (faults().some(f => f.kind === 'down'))
          throw new AgentError('metadata-unreachable', 'no metadata service: connection refused');
        const fault = faults().find(f => f.kind === 'answers' && places[f.about].test(path));
        const wrong = fault?.kind === 'answers' ? bad[fault.says] : undefined;
        const recording = {
          provider,
          token: 'optional' as const,
          responses: lifeResponses(provider, view()),
        };
        const { status, body } = wrong ?? answer(recording, path);
        return judgeAnswer(status, body);
      },
      requests: () => requests,
      endpoint: () => 'http://169.254.169.254',
      close: () => undefined,
    };
  }

  return {
    provider,
    faults: [],
    attach(eni, stageMs) {
      if (find(eni) !== undefined) return;
      // A listing that was behind shows the new one from now on.
      for (const old of attached.filter(a => a.eni === eni)) old.until = Math.min(old.until, clock.now());
      attached = attached.filter(a => a.until > clock.now() - 600_000);
      const grant = { from: clock.now(), until: forever, gone: false };
      const first = [...eni.pool4.slice(0, 1), ...eni.pool6.slice(0, 1)];
      attached.push({ ...grant, eni, stageMs, addresses: first.map(ip => ({ ...grant, ip })) });
    },
    detach(eni, lagMs) {
      const found = find(eni);
      if (found !== undefined) Object.assign(found, { gone: true, until: clock.now() + lagMs });
    },
    assign(eni, ip, lagMs) {
      const found = find(eni);
      if (found === undefined || found.addresses.some(a => a.ip === ip && !a.gone)) return;
      for (const old of found.addresses.filter(a => a.ip === ip))
        old.until = Math.min(old.until, clock.now());
      found.addresses.push({ ip, from: clock.now() + lagMs, until: forever, gone: false });
    },
    unassign(eni, ip, lagMs) {
      const found = find(eni)?.addresses.find(a => a.ip === ip && !a.gone);
      if (found !== undefined) Object.assign(found, { gone: true, until: clock.now() + lagMs });
    },
    isAttached: eni => find(eni) !== undefined,
    given() {
      const shown = new Set(shownAt(clock.now()).flatMap(s => (s.stage === 3 ? [...s.v4, ...s.v6] : [])));
      const truth = shownAt('truth').filter(s => s.eni !== lifePrimary);
      return new Map(truth.map(s => [s.eni.mac, [...s.v4, ...s.v6].filter(ip => shown.has(ip))]));
    },
    isHonest() {
      const now = JSON.stringify(shownAt(clock.now()));
      return this.faults.length === 0 && now === JSON.stringify(shownAt('truth'));
    },
    connect() {
      const lied = lie(this.faults);
      return open(
        () => this.faults,
        () => lied ?? shownAt(clock.now()),
      );
    },
    honest: () =>
      open(
        () => [],
        () => shownAt('truth'),
      ),
  };
}

/** Two readings that agree are believed, whoever answers them: a service that lies twice in a row is beyond what is promised. */
const betweenLiesMs = 90_000;
const totalMs = 15_000;
const requestMs = 3000;

const places = {
  list: /\/macs\/$/,
  eni: /\/macs\/[0-9a-f:]+\/$/,
  address: /\/(local-ipv4s|ipv6s|private-ipv4s)$/,
  any: /./,
} as const;

const bad: Readonly<Record<Says, Response>> = {
  '404': { status: 404, body: '' },
  '503': { status: 503, body: '' },
  html: { status: 200, body: '<html><body>172.31.99.99</body></html>' },
  empty: { status: 200, body: '' },
  garbage: { status: 200, body: 'ERROR 500 internal' },
};
