// One thing that changes on a made-up machine: an ENI or an address comes, goes or moves, a container network comes.
import type { Dice } from './dice.ts';
import { type Machine, managed, type Nic, type OtherLink } from './machine.ts';
import { isIn, type Net, same } from './net.ts';

export interface Change {
  readonly what: string;
  readonly before: Machine;
  readonly after: Machine;
  /** A network that comes with its bridge. */
  readonly bridge?: OtherLink;
}

const families = [4, 6] as const;

/** @returns undefined where this machine has nothing to change in this way */
export function changeOf(machine: Machine, dice: Dice): Change | undefined {
  const kind = dice.pick(['eni', 'eni', 'address', 'move', 'move', 'bridge', 'prefix', 'forward', 'behind']);
  const turned = (change: Change | undefined): Change | undefined =>
    change !== undefined && dice.chance(0.5)
      ? { what: `back: ${change.what}`, before: change.after, after: change.before }
      : change;
  if (kind === 'bridge') return bridgeComes(machine, dice);
  if (kind === 'eni') return turned(eniComes(machine, dice));
  if (kind === 'move') return addressMoves(machine, dice);
  if (kind === 'behind') return turned(behindComes(machine, dice));
  if (kind === 'forward') return turned(forwardComes(machine, dice));
  return turned(kind === 'address' ? addressComes(machine, dice) : prefixComes(machine, dice));
}

function eniComes(machine: Machine, dice: Dice): Change | undefined {
  const ours = managed(machine);
  if (ours.length < 2) return undefined;
  const nic = dice.pick(ours);
  const held = machine.others.filter(o => !o.addresses.some(a => prefixesOf(nic).some(p => isIn(a, p))));
  const before = { ...machine, others: held, nics: machine.nics.filter(n => n !== nic) };
  return { what: `eth${nic.number} comes`, before, after: { ...machine, others: held } };
}

function addressComes(machine: Machine, dice: Dice): Change | undefined {
  const places = managed(machine).flatMap(nic =>
    families.filter(f => nic.sides[f].addresses.length > 1).map(f => ({ nic, f })),
  );
  if (places.length === 0) return undefined;
  const { nic, f } = dice.pick(places);
  const gone = dice.pick(nic.sides[f].addresses.slice(1));
  return {
    what: `an address of eth${nic.number} comes`,
    before: swap(machine, without(nic, gone)),
    after: machine,
  };
}

function addressMoves(machine: Machine, dice: Dice): Change | undefined {
  const ours = managed(machine);
  const moves = ours.flatMap(from =>
    families.flatMap(f =>
      from.sides[f].addresses
        .slice(1)
        .flatMap(address =>
          ours
            .filter(
              to =>
                to !== from &&
                to.sides[f].addresses.length > 0 &&
                to.sides[f].subnets.some(s => isIn(address, s)),
            )
            .map(to => ({ from, to, f, address })),
        ),
    ),
  );
  if (moves.length === 0) return undefined;
  const { from, to, f, address } = dice.pick(moves);
  const side = to.sides[f];
  const taker = { ...to, sides: { ...to.sides, [f]: { ...side, addresses: [...side.addresses, address] } } };
  const after = swap(swap(machine, without(from, address)), taker);
  return { what: `an address moves from eth${from.number} to eth${to.number}`, before: machine, after };
}

function prefixComes(machine: Machine, dice: Dice): Change | undefined {
  const places = managed(machine).filter(n => prefixesOf(n).length > 0);
  if (places.length === 0) return undefined;
  const nic = dice.pick(places);
  const bare = (f: 4 | 6) => ({ ...nic.sides[f], prefixes: [] });
  const held = machine.others.filter(o => !o.addresses.some(a => prefixesOf(nic).some(p => isIn(a, p))));
  const after = { ...machine, others: held };
  return {
    what: `a prefix of eth${nic.number} comes`,
    before: swap(after, { ...nic, sides: { 4: bare(4), 6: bare(6) } }),
    after,
  };
}

function forwardComes(machine: Machine, dice: Dice): Change | undefined {
  const ours = managed(machine);
  if (ours.length === 0) return undefined;
  const nic = dice.pick(ours);
  const turn = (forwards: boolean) => swap(machine, { ...nic, forwards });
  return { what: `eth${nic.number} forwards`, before: turn(false), after: turn(true) };
}

function behindComes(machine: Machine, dice: Dice): Change | undefined {
  const ours = managed(machine).filter(n => n.behind !== undefined);
  if (ours.length === 0) return undefined;
  const nic = dice.pick(ours);
  const what = `eth${nic.number} has networks behind it`;
  return { what, before: swap(machine, { ...nic, behind: [] }), after: machine };
}

function bridgeComes(machine: Machine, dice: Dice): Change | undefined {
  const bridges = machine.others.filter(o => o.routes.length === 0 && o.addresses.length > 0);
  if (bridges.length === 0) return undefined;
  const bridge = dice.pick(bridges);
  const before = { ...machine, others: machine.others.filter(o => o !== bridge) };
  return { what: `${bridge.link} comes`, before, after: machine, bridge };
}

export const prefixesOf = ({ sides }: Nic): readonly Net[] => [...sides[4].prefixes, ...sides[6].prefixes];

function without(nic: Nic, address: Net): Nic {
  const keep = (f: 4 | 6) => ({
    ...nic.sides[f],
    addresses: nic.sides[f].addresses.filter(a => !same(a, address)),
  });
  return { ...nic, sides: { 4: keep(4), 6: keep(6) } };
}

const swap = (machine: Machine, nic: Nic): Machine => ({
  ...machine,
  nics: machine.nics.map(n => (n.number === nic.number ? nic : n)),
});
