// Asks the kernel which way a packet of this host would take, without sending one: `ip route get TARGET from SOURCE`, all of a family
// in one process. The answer is the kernel's own, whatever rules and routes there are, those that this program cannot read included.
import { type Family, familyOf, type Ip, parseIp } from '../../model/address.ts';
import type { System } from '../system.ts';

export interface RouteQuestion {
  readonly from: Ip;
  readonly to: Ip;
}

export interface RouteAnswer {
  readonly from: Ip;
  readonly to: Ip;
  /** Undefined: the packet goes nowhere, and `refusal` says why. */
  readonly link: string | undefined;
  readonly gateway: Ip | undefined;
  /** The kernel's words, such as `Network is unreachable`. */
  readonly refusal: string | undefined;
}

/** Answers in the order of the questions, IPv4 first. */
export async function lookUpRoutes(
  system: System,
  questions: readonly RouteQuestion[],
): Promise<readonly RouteAnswer[]> {
  const of = (family: Family) => questions.filter(q => familyOf(q.from) === family);
  const answers = await Promise.all([lookUpFamily(system, 4, of(4)), lookUpFamily(system, 6, of(6))]);
  return answers.flat();
}

async function lookUpFamily(
  system: System,
  family: Family,
  questions: readonly RouteQuestion[],
): Promise<readonly RouteAnswer[]> {
  const answers: RouteAnswer[] = [];
  while (answers.length < questions.length) {
    const asked = questions.slice(answers.length);
    const input = asked.map(q => `route get ${q.to} from ${q.from}\n`).join('');
    const { stdout, stderr } = await system.run(['ip', `-${family}`, '-o', '-force', '-batch', '-'], {
      input,
    });
    const read = parseAnswers(asked, stdout, stderr);
    answers.push(...read);
    // With -force the batch goes on behind a refused line (seen with iproute2 5.9, 6.1 and 6.15). One that ends there all the same is
    // asked again for the rest; each turn settles one question at least.
    const stopped = asked[read.length];
    if (stopped !== undefined) answers.push(refused(stopped, lastLine(stderr)));
  }
  return answers;
}

/**
 * What a batch has printed: one line per answer on standard output, and for a refused question its reason and `Command failed -:N` on
 * standard error. Ends with the last question that has been settled.
 */
export function parseAnswers(
  asked: readonly RouteQuestion[],
  stdout: string,
  stderr: string,
): readonly RouteAnswer[] {
  const reasons = parseRefusals(stderr);
  const lines = stdout.split('\n').filter(line => line.trim() !== '');
  return asked.slice(0, lines.length + reasons.size).map((question, index) => {
    const reason = reasons.get(index + 1);
    return reason === undefined ? parseAnswer(question, lines.shift() ?? '') : refused(question, reason);
  });
}

function parseAnswer({ from, to }: RouteQuestion, line: string): RouteAnswer {
  const words = line.replaceAll('\\', ' ').trim().split(/\s+/);
  const after = (word: string) => (words.includes(word) ? words[words.indexOf(word) + 1] : undefined);
  const link = after('dev');
  // An answer may itself say that there is no way: `unreachable 2001:db8::1 from ... dev lo`. Taken for a way, it would be one by lo.
  const type = ['unreachable', 'prohibit', 'blackhole', 'throw'].find(word => word === words[0]);
  if (type !== undefined || link === undefined) return refused({ from, to }, type ?? 'no route');
  return { from, to, link, gateway: parseIp(after('via') ?? ''), refusal: undefined };
}

/** Line number to reason. */
function parseRefusals(stderr: string): ReadonlyMap<number, string> {
  const reasons = new Map<number, string>();
  let reason = '';
  for (const line of stderr.split('\n')) {
    const number = /^Command failed \S*:(\d+)$/.exec(line.trim())?.[1];
    if (number === undefined) reason = line === '' ? reason : line;
    else reasons.set(Number(number), plain(reason));
  }
  return reasons;
}

function refused({ from, to }: RouteQuestion, reason: string): RouteAnswer {
  return { from, to, link: undefined, gateway: undefined, refusal: reason };
}

function lastLine(stderr: string): string {
  return plain(stderr.trim().split('\n').at(-1) || 'no answer from ip');
}

function plain(reason: string): string {
  return reason.replace(/^(RTNETLINK answers|Error): /, '').trim();
}
