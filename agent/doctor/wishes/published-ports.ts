// Are the packets of published ports marked, where an ENI has rules by a mark? Nothing tells when somebody has emptied the rule set.
import { readNote } from '../../apply/published/loaded.ts';
import { marksOf } from '../../apply/published/marks.ts';
import { listed } from '../../model/listed.ts';
import type { Inspection } from '../../pass/inspect.ts';
import type { PassContext } from '../../pass/pass.ts';
import { type Finding, ok } from '../finding.ts';

const check = 'published ports';

/** No finding without the option. */
export async function publishedPorts(
  { enis, held, unmarked }: Inspection,
  { system }: Pick<PassContext, 'system'>,
): Promise<readonly Finding[]> {
  const marks = marksOf([...enis.map(e => e.plan), ...held]);
  if (marks.length === 0) return [];
  const { tools } = await readNote(system);
  const links = listed(marks.map(m => m.link));
  if (unmarked.length === 0) return [ok(check, `those of ${links} are marked, by ${tools[0] ?? 'somebody'}`)];
  const hint =
    'run "eni-agent once" as root, which marks them and says what fails; nft, or iptables and ip6tables, must be installed';
  return [{ check, verdict: 'failure', saw: unmarked.join('; '), hint }];
}
